"""Sign-ins that were begun and wait for their person: each for one server, one person, one browser, and one use.

What a person is given is a link of ours; what goes to the authorisation server is a state. Of both only a digest is
kept, and the verifier lies sealed, so that whoever reads the database can finish none of them.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from agents.mcp.sign_in.terms import ClientAccount, SignInPlace
from governance.keys.master_key import KeyChanged, MasterKey
from governance.record.transaction import Row, Store, Transaction, load_queries
from governance.secrets.sealing import Sealed, bound_to, seal, unseal

LASTS = timedelta(minutes=10)
_QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
_LINK_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBack:
    """What is sealed until the person comes back."""

    place: SignInPlace
    client: ClientAccount
    url: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunSignIn:
    """One of them. `for_all`: what comes of it is for everybody who may use the server."""

    id: UUID
    server: str
    person: UUID
    for_all: bool
    browser: bytes | None
    expires_at: datetime
    finished_at: datetime | None
    kept: KeptBack | None = field(repr=False)

    @property
    def owner(self) -> UUID | None:
        """Whose the tokens will be; None is the installation."""
        return None if self.for_all else self.person


class BegunSignIns:
    """All of them."""

    def __init__(self, store: Store, master: MasterKey) -> None:
        self._store = store
        self._master = master

    async def begin(
        self, work: Transaction, server: str, person: UUID, kept: KeptBack, state: str, *, for_all: bool
    ) -> tuple[UUID, str]:
        """Begin one in the place of older ones of the same person; its id, and what stands in the link."""
        now, number, link = self._store.now(), uuid4(), secrets.token_urlsafe(_LINK_BYTES)
        held = seal(self._master, _place(number), json.dumps(asdict(kept)))
        await work.execute(_QUERIES["sweep"], now)
        await work.execute(_QUERIES["end_older"], server, person, for_all, now)
        await work.execute(
            _QUERIES["begin"],
            number,
            server,
            person,
            for_all,
            digest(link),
            digest(state),
            held.nonce,
            held.sealed,
            held.key_nonce,
            held.wrapped_key,
            held.master,
            now,
            now + LASTS,
        )
        return number, link

    async def by_link(self, link: str) -> BegunSignIn | None:
        """The one of a link, also when it is over."""
        row = await self._store.fetchrow(_QUERIES["by_link"], digest(link))
        return None if row is None else self._begun(row)

    async def by_state(self, work: Transaction, state: str) -> BegunSignIn | None:
        """The one of a state, also when it is over; nobody else finishes it until the transaction ends."""
        row = await work.fetchrow(_QUERIES["by_state"], digest(state))
        return None if row is None else self._begun(row)

    async def go_on(self, begun: BegunSignIn, browser: str) -> bool:
        """Bind it to this browser; False when it is over."""
        now = self._store.now()
        return await self._store.fetchval(_QUERIES["go_on"], begun.id, digest(browser), now) is not None

    async def finish(self, work: Transaction, begun: BegunSignIn) -> None:
        """It is used."""
        await work.execute(_QUERIES["finish"], begun.id, self._store.now())

    def is_open(self, begun: BegunSignIn) -> bool:
        """Whether it can still come to something."""
        return begun.finished_at is None and begun.expires_at > self._store.now() and begun.kept is not None

    def _begun(self, row: Row) -> BegunSignIn:
        names = ("id", "server", "person", "for_all", "browser", "expires_at", "finished_at")
        return BegunSignIn(**{name: row[name] for name in names}, kept=self._kept(row))

    def _kept(self, row: Row) -> KeptBack | None:
        """What was sealed; None when another master key has sealed it, and it has to be begun again."""
        try:
            stored = json.loads(unseal(self._master, _place(row["id"]), _sealed(row)))
        except KeyChanged:
            return None
        return _kept_back(stored)


def digest(text: str) -> bytes:
    """What is kept of a link, a state or a cookie. They are random, so a plain digest is enough."""
    return hashlib.sha256(text.encode()).digest()


def _kept_back(stored: Mapping[str, Any]) -> KeptBack:
    place = SignInPlace(**{**stored["place"], "methods": tuple(stored["place"]["methods"])})
    client = ClientAccount.read(stored["client"])
    return KeptBack(place=place, client=client, url=stored["url"], verifier=stored["verifier"])


def _sealed(row: Row) -> Sealed:
    return Sealed(**{name: row[name] for name in Sealed.__dataclass_fields__})


def _place(number: UUID) -> str:
    return bound_to(f"sign-in {number}", None, 1)
