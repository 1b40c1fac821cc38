"""The tokens of people for servers of others, kept among the secrets and renewed in one place, whichever gateway asks.

Each request looks whether they are still the same, so that a sign-out counts at once everywhere. Whoever renews holds a
lock of the database meanwhile, for a renewal may be used once and both would be signed out by the second use.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from agents.mcp.definition import HttpTransport, ServerDefinition
from agents.mcp.ending import ServerEnding
from agents.mcp.names import server_label
from agents.mcp.sign_in.terms import ClientAccount, GivenAccess, SignInEnded, SignInFailed
from governance.egress.egress import Egress, judge_url
from governance.masking.known import HANDED_OUT
from governance.record.audit import Event, Status
from governance.record.transaction import Store, Transaction
from governance.secrets.names import SIGN_INS, Holder, HolderKind
from governance.secrets.store import Secrets
from governance.values.verdicts import Refused

if TYPE_CHECKING:
    from agents.mcp.sign_in.protocol import SignInClient

_log = structlog.get_logger(__name__)
EARLY_SECONDS = 30.0
"""So long before its end a token is renewed."""
AT_ONCE = 2
"""Renewals of one gateway at a time: each holds a connection to the database while it waits for others."""
_LOCK = "select pg_advisory_xact_lock(hashtextextended($1, 7235447))"


class ServerTokens:
    """All of them. `now` is Unix time."""

    def __init__(self, store: Store, secrets: Secrets, egress: Egress, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._secrets = secrets
        self._egress = egress
        self._now = now
        self._renewals = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def client(self) -> AsyncIterator["SignInClient"]:
        """What speaks with authorisation servers, behind the guard of all egress."""
        import httpx2  # noqa: PLC0415  # loads with the first server that wants a sign-in

        from agents.mcp.http import GuardedTransport  # noqa: PLC0415  # as above
        from agents.mcp.sign_in.protocol import SignInClient  # noqa: PLC0415  # as above

        guarded = GuardedTransport(self._egress, ServerEnding())
        async with httpx2.AsyncClient(transport=guarded, timeout=httpx2.Timeout(None), trust_env=False) as http:
            yield SignInClient(http, self._judged, self._now)

    def _judged(self, url: str) -> str:
        verdict = judge_url(url, self._egress.allow)
        return str(verdict.because) if isinstance(verdict, Refused) else ""

    def source(self, server: ServerDefinition, owner: UUID | None) -> "OneSource":
        """The tokens for one server and one person, None being the installation."""
        return OneSource(self, server, owner)

    async def owners(self, server: str) -> frozenset[UUID | None]:
        """Who is signed in."""
        return await self._secrets.owners(secret_of(server))

    async def version(self, server: str, owner: UUID | None) -> int:
        """Which tokens are kept, 0 for none."""
        return await self._secrets.version(secret_of(server), owner)

    async def given(self, server: ServerDefinition, owner: UUID | None) -> GivenAccess | None:
        """What is kept for this address of the server."""
        async with self._store.transaction() as work:
            return await self._given(work, server, owner)

    async def keep(self, work: Transaction, server: str, owner: UUID | None, given: GivenAccess) -> None:
        """Keep new ones in the place of the old ones."""
        _learn(given)
        name, holder = secret_of(server), _holder(server)
        await self._secrets.keep_within(work, name, json.dumps(given.to_stored()), owner=owner, holder=holder)

    async def forget(self, work: Transaction, server: str, owner: UUID | None) -> bool:
        """Remove them; False when there are none."""
        return await self._secrets.forget_within(work, secret_of(server), owner)

    async def registered(self, server: str) -> ClientAccount | None:
        """As what the installation made itself known for that server."""
        name = _client_secret_of(server)
        if not await self._secrets.version(name, None):
            return None
        values = await self._secrets.reveal(_holder(server), None, [name])
        return ClientAccount.read(json.loads(values[name]))

    async def keep_registered(self, work: Transaction, server: str, client: ClientAccount) -> None:
        """Keep that."""
        if client.client_secret:
            HANDED_OUT.learn({"client_secret": client.client_secret}, are_named=False)
        stored = json.dumps({name: getattr(client, name) for name in ClientAccount.__dataclass_fields__})
        name = _client_secret_of(server)
        await self._secrets.keep_within(work, name, stored, owner=None, holder=_holder(server))

    async def configured_secret(self, server: str, name: str) -> str:
        """The value of the secret that an admin named in the definition. Raises SecretRefused."""
        holder = Holder(HolderKind.MCP.value, server)
        return (await self._secrets.reveal(holder, None, [name]))[name] if name else ""

    async def renewed(self, server: ServerDefinition, owner: UUID | None, refused: str) -> GivenAccess | None:
        """Others than the refused one, which another gateway may have fetched already; None where they have ended.

        Raises SignInFailed when nobody can tell, and what is kept stays.
        """
        async with self._renewals, self._store.transaction() as work:
            await work.execute(_LOCK, f"{secret_of(server.name)} {owner or ''}")
            given = await self._given(work, server, owner)
            if given is None or (given.token != refused and not self.has_ended(given)):
                return given
            try:
                async with self.client() as client:
                    fresh = await client.renew(given)
            except SignInEnded as ended:
                await self.forget(work, server.name, owner)
                work.record(_line("ended", server.name, owner, {"because": str(ended)}, Status.DENIED))
                return None
            await self.keep(work, server.name, owner, fresh)
            work.record(_line("renewed", server.name, owner, {}))
            return fresh

    def has_ended(self, given: GivenAccess) -> bool:
        """Whether a token is no good by its own time."""
        return bool(given.ends_at) and given.ends_at - EARLY_SECONDS <= self._now()

    async def _given(self, work: Transaction, server: ServerDefinition, owner: UUID | None) -> GivenAccess | None:
        name = secret_of(server.name)
        if not await self._secrets.version(name, owner, work):
            return None
        values = await self._secrets.reveal_for(work, _holder(server.name), owner, [name])
        try:
            given = GivenAccess.read(json.loads(values[name]))
        except (KeyError, TypeError, ValueError):
            return None
        is_its_own = isinstance(server.transport, HttpTransport) and given.server_url == server.transport.url
        if is_its_own:
            _learn(given)
        return given if is_its_own else None


class OneSource:
    """The tokens for one server and one person (`agents.mcp.sign_in.bearer.TokenSource`)."""

    def __init__(self, tokens: ServerTokens, server: ServerDefinition, owner: UUID | None) -> None:
        self._tokens = tokens
        self._server = server
        self._owner = owner
        self._version = 0
        self._given: GivenAccess | None = None

    async def token(self) -> str:
        """The one to use now."""
        version = await self._tokens.version(self._server.name, self._owner)
        if version != self._version or self._given is None:
            self._given = await self._tokens.given(self._server, self._owner) if version else None
            self._version = version
        if self._given is None:
            return ""
        if self._tokens.has_ended(self._given):
            return await self.token_after("")
        return self._given.token

    async def token_after(self, refused: str) -> str:
        """Another than the refused one."""
        try:
            self._given = await self._tokens.renewed(self._server, self._owner, refused)
        except SignInFailed as problem:
            _log.warning("mcp_sign_in_not_renewed", server=self._server.name, reason=str(problem))
            return ""
        self._version = await self._tokens.version(self._server.name, self._owner)
        return self._given.token if self._given else ""


def secret_of(server: str) -> str:
    """Under which name the tokens for a server are kept."""
    return f"{SIGN_INS}{server_label(server)}"


def _client_secret_of(server: str) -> str:
    return f"{SIGN_INS}client.{server_label(server)}"


def _holder(server: str) -> Holder:
    return Holder(HolderKind.MCP.value, server)


def _learn(given: GivenAccess) -> None:
    """Know them by heart, so that they are masked wherever they turn up."""
    values = {"token": given.token, "renewal": given.renewal, "client": given.client.client_secret}
    HANDED_OUT.learn({name: value for name, value in values.items() if value}, are_named=False)


def _line(what: str, server: str, owner: UUID | None, detail: dict[str, object], status: Status = Status.OK) -> Event:
    whose = {"owner": str(owner) if owner else "installation"}
    return Event(tag=f"servers:sign_in:{what}", resource=server, status=status, detail={**whose, **detail})
