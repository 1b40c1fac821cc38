"""Tokens by which a program speaks as its person. Each is shown once; what is kept of it opens nothing.

A token is `nxp_CODE_SECRET`. The code names it in lists and in the record; the secret is 32 random bytes, so that a
plain digest of it is enough: there is nothing to guess.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from channels.base import NexoraError
from governance.people.people import Origin, Person, person_of
from governance.record.transaction import Store, Transaction, load_queries

PREFIX = "nxp"
LONGEST_DAYS = 365
MOST_TOKENS = 50
"""So many of one person stand at a time."""
LONGEST_NAME = 64
_CODE_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 10
_SECRET_BYTES = 32
_FORM = re.compile(rf"{PREFIX}_([a-z0-9]{{{_CODE_LENGTH}}})_([A-Za-z0-9_-]{{43}})")
_SEEN_EVERY = timedelta(minutes=1)
_QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


class TokenMissing(NexoraError):
    """There is no such token, or it has ended; `nexora token list` prints those that there are."""


class TooManyTokens(NexoraError):
    """This person has as many tokens as one may have; revoke some first: `nexora token revoke CODE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenListed:
    """A token that stands, without what opens."""

    code: str
    name: str
    person_id: UUID
    person: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChecked:
    """What came of a token: whose it is while it stands; `is_ours` also when it has ended, so that nobody guessed."""

    person: Person | None
    is_ours: bool


class AccessTokens:
    """Makes, checks and ends tokens."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, person: Person, *, name: str, days: int, by: Person | None, origin: Origin) -> str:
        """A new token of that person, which is told this once. Raises TooManyTokens."""
        now = self._store.now()
        code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        ends = now + timedelta(days=min(max(days, 1), LONGEST_DAYS))
        async with self._store.transaction() as work:
            if await work.fetchval(_QUERIES["count"], person.id, now) >= MOST_TOKENS:
                raise TooManyTokens
            kept = name[:LONGEST_NAME]
            await work.execute(_QUERIES["create"], uuid4(), code, _digest(secret), person.id, kept, now, ends)
            detail = {"code": code, "name": kept, "until": ends.isoformat(timespec="seconds")}
            work.record(origin.event("token:created", by, resource=person.id, detail=detail))
        return f"{PREFIX}_{code}_{secret}"

    async def check(self, token: str) -> TokenChecked:
        """Whose token this is at this moment, asked of the database each time."""
        form = _FORM.fullmatch(token)
        if form is None:
            return TokenChecked(person=None, is_ours=False)
        now = self._store.now()
        row = await self._store.fetchrow(_QUERIES["find"], form[1], now)
        kept = row["digest"] if row else bytes(hashlib.sha256().digest_size)
        if not hmac.compare_digest(_digest(form[2]), kept) or row is None:
            return TokenChecked(person=None, is_ours=False)
        if not row["stands"]:
            return TokenChecked(person=None, is_ours=True)
        if row["used_at"] is None or now - row["used_at"] >= _SEEN_EVERY:
            await self._store.fetchval(_QUERIES["used"], row["token_id"], now)
        return TokenChecked(person=person_of(row), is_ours=True)

    async def list(self, person_id: UUID | None = None) -> list[TokenListed]:
        """Those that stand, of one person or of everybody."""
        rows = await self._store.fetch(_QUERIES["list"], person_id, self._store.now())
        return [TokenListed(**{name: row[name] for name in TokenListed.__slots__}) for row in rows]

    async def revoke(self, code: str, *, by: Person | None, of: UUID | None = None, origin: Origin) -> None:
        """End a token at once; with `of`, only one of that person. Raises TokenMissing."""
        async with self._store.transaction() as work:
            row = await work.fetchrow(_QUERIES["revoke"], code, self._store.now(), of)
            if row is None:
                raise TokenMissing
            detail = {"code": code, "name": row["name"]}
            work.record(origin.event("token:revoked", by, resource=row["user_id"], detail=detail))


async def end_all_tokens(work: Transaction) -> None:
    """End every token, as over a restored database."""
    await work.execute(_QUERIES["end_of_everybody"])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
