"""One-time links by which a person keeps one secret on a page, so that its value never stands in a chat.

A link says which secret, whose, and who may have it then; it opens nothing else and shows nothing. Only a digest of
its code is kept.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from governance.people.people import Origin, People, Person
from governance.record.audit import canonical
from governance.record.transaction import Row, Store, load_queries
from governance.secrets.names import Holder, SecretLinkUsed, holder_of, require_name
from governance.secrets.store import Secrets, require_may_change

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
TTL = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretLink:
    """What a link is for. `owner` None is the installation; `holder` may have the secret once it is kept."""

    person: Person
    name: str
    owner: UUID | None
    holder: Holder | None = None


class SecretLinks:
    """Makes them, and keeps what is typed on their pages. Every method raises DatabaseAway."""

    def __init__(self, store: Store, people: People, secrets_kept: Secrets) -> None:
        self._store = store
        self._people = people
        self._secrets = secrets_kept

    async def make(self, wanted: SecretLink, *, origin: Origin) -> str:
        """The code at the end of a new link; an older one of this person ends.

        Raises SecretWrong for a name that none can have, and SecretForbidden.
        """
        require_name(wanted.name)
        require_may_change(wanted.person, wanted.owner)
        code, now = secrets.token_urlsafe(24), self._store.now()
        holder = [wanted.holder.kind, wanted.holder.name] if wanted.holder else []
        subject = canonical({"name": wanted.name, "installation": wanted.owner is None, "holder": holder})
        async with self._store.transaction() as work:
            await work.execute(QUERIES["end_older"], wanted.person.id, now)
            await work.execute(QUERIES["create"], _digest(code), wanted.person.id, now + TTL, subject)
            detail = {"owner": str(wanted.owner or "installation")}
            work.record(origin.event("secret:link_sent", wanted.person, resource=wanted.name, detail=detail))
        return code

    async def find(self, code: str) -> SecretLink | None:
        """What the link is for; None when it is wrong, used, over, or its person is disabled."""
        row = await self._store.fetchrow(QUERIES["find"], _digest(code), self._store.now())
        return await self._read(row) if row else None

    async def keep(self, code: str, value: str, *, origin: Origin) -> SecretLink:
        """Keep the value and use the link up, in one transaction.

        Raises SecretLinkUsed, SecretWrong for a value that cannot be kept (the link is good still), SecretForbidden.
        """
        link = await self.find(code)
        if link is None:
            raise SecretLinkUsed
        async with self._store.transaction() as work:
            if await work.fetchval(QUERIES["use"], _digest(code), self._store.now()) is None:
                raise SecretLinkUsed
            holders = [link.holder] if link.holder else []
            await self._secrets.set_within(
                work, link.name, value, by=link.person, owner=link.owner, holders=holders, origin=origin
            )
        return link

    async def _read(self, row: Row) -> SecretLink | None:
        person = await self._people.get(row["user_id"])
        if person is None:
            return None
        subject = json.loads(row["subject"])
        holder = holder_of(*subject["holder"]) if subject["holder"] else None
        owner = None if subject["installation"] else person.id
        return SecretLink(person=person, name=subject["name"], owner=owner, holder=holder)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()
