"""Servers of others at work: started when they are needed, ended when idle, held when they change what they offer.

One session serves everybody who may use a server, or each person their own where it acts as a person. Before a call its
listing is compared with the approved one when nobody has looked for a minute; what differs is not called any more until
somebody has looked at it. What a server announces by itself is at most a reason to look earlier.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from agents.mcp.definition import ActsAs, ServerDefinition
from agents.mcp.ending import ServerFailed, SignInNeeded
from agents.mcp.listing import Difference, ToolListing, difference
from agents.mcp.sign_in.asking import SIGN_INS_OF_A_CALL, SignsIn, signs_nobody_in
from agents.mcp.tools import SAFE_TO_REPEAT, guarded_effect, tools_from
from agents.mcp.ways import Ways
from agents.tools.tool import Run, Tool, ToolContext, ToolResult
from channels.base import NexoraError
from governance.people.people import Person

if TYPE_CHECKING:
    from agents.mcp.session import Asks, Samples, ServerSession

_log = structlog.get_logger(__name__)
LOOKED_SECONDS = 60.0
"""So long a listing that was compared counts as the one of now."""
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 120.0
HELD = "server.held"
_UNKNOWN = (
    "{why}. The call may have had its effect, so nobody knows what it did. Do not repeat it: tell the person, and find "
    "out first what has happened."
)

OnChange = Callable[[str, Difference, ToolListing], Awaitable[None]]
"""Told once of each listing that differs from the approved one: which server, how, and what it offers now."""


async def nobody_told(server: str, changed: Difference, now: ToolListing) -> None:
    """Tell nobody."""
    del server, changed, now


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """How a server stands, to be shown. `held` are the tools that wait for somebody to look at them."""

    name: str
    sessions: int
    held: tuple[str, ...]
    because: str
    restarts_in_seconds: float


@dataclass(slots=True, kw_only=True)
class _Opened:
    """One session, and when its listing was compared."""

    session: "ServerSession"
    looked_at: float
    used_at: float


@dataclass(slots=True, kw_only=True)
class _Entry:
    """One server. `generation` goes up with each definition, so that a call of an older one starts nothing."""

    server: ServerDefinition
    approved: ToolListing
    tools: tuple[Tool, ...] = ()
    open: dict[UUID | None, _Opened] = field(default_factory=dict)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    held: frozenset[str] = frozenset()
    told: set[str] = field(default_factory=set)
    failures: int = 0
    not_before: float = 0.0
    because: str = ""
    is_gone: bool = False


class Servers:
    """All servers that may be used. `now` is monotonic seconds. Close it when the gateway ends."""

    def __init__(
        self,
        ways: Ways,
        *,
        on_change: OnChange = nobody_told,
        asks: "Asks | None" = None,
        signs_in: SignsIn = signs_nobody_in,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ways = ways
        self._on_change = on_change
        self._asks = asks
        self._signs_in = signs_in
        self._samples: Samples | None = None
        self._now = now
        self._entries: dict[str, _Entry] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self.version = 0
        """Goes up whenever a server is defined or removed."""

    def let_sample(self, samples: "Samples") -> None:
        """From now on models may answer what servers ask of them; before that it is refused."""
        self._samples = samples

    # What there is

    async def put(self, server: ServerDefinition, approved: ToolListing) -> None:
        """Define a server, or define it anew after somebody has looked: nothing is held then, and an older one ends."""
        await self.remove(server.name)
        entry = _Entry(server=server, approved=approved)
        runs: Mapping[str, Run] = {tool.name: partial(self._run, entry, tool.name) for tool in approved.tools}
        entry.tools = tools_from(server, approved, runs)
        self._entries[server.name] = entry
        self.version += 1

    async def remove(self, name: str) -> None:
        """End it within some seconds; its calls that run are told. Nothing happens when there is none."""
        entry = self._entries.pop(name, None)
        if entry is not None:
            self.version += 1
            entry.is_gone = True
            await self._close_all(entry)

    def tools(self, name: str) -> tuple[Tool, ...]:
        """The tools of a server as they were approved, the same objects until it is defined anew."""
        entry = self._entries.get(name)
        return entry.tools if entry else ()

    @property
    def names(self) -> list[str]:
        """All that are defined, sorted."""
        return sorted(self._entries)

    def definition(self, name: str) -> ServerDefinition | None:
        """How a server is defined."""
        entry = self._entries.get(name)
        return entry.server if entry else None

    @property
    def states(self) -> list[ServerState]:
        """How all stand, by name."""
        now = self._now()
        return [
            ServerState(
                name=name,
                sessions=sum(opened.session.is_open for opened in entry.open.values()),
                held=tuple(sorted(entry.held)),
                because=entry.because,
                restarts_in_seconds=max(0.0, entry.not_before - now),
            )
            for name, entry in sorted(self._entries.items())
        ]

    def look_again(self, name: str) -> None:
        """Compare its listing before the next call, however lately that was done."""
        entry = self._entries.get(name)
        _look_again(list(entry.open.values()) if entry else [])

    async def look(self, server: ServerDefinition, person: Person | None = None) -> ToolListing:
        """What a server offers that is not used yet: it is started, asked and ended. Raises NexoraError."""
        session = self._session(server, person, lambda: None, tries=True)
        try:
            await session.open()
            return await session.listing()
        except ServerFailed as problem:
            raise _as_asked(server.name, session, problem) from problem
        finally:
            await session.close()

    async def compare(self, name: str, person: Person) -> None:
        """Compare what a server offers to whoever has just signed in with what was approved. Raises NexoraError."""
        entry = self._entries.get(name)
        if entry is not None:
            self.look_again(name)
            await self._ready(entry, person)

    async def part(self, name: str, person: UUID | None) -> None:
        """End the session of a person, or the one for everybody."""
        entry = self._entries.get(name)
        opened = entry.open.pop(person, None) if entry else None
        if opened is not None:
            await opened.session.close()

    async def close(self) -> None:
        """End all of them."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        await asyncio.gather(*(self.remove(name) for name in list(self._entries)))
        await asyncio.gather(*self._ending, return_exceptions=True)

    # One call

    async def _run(self, entry: _Entry, tool: str, context: ToolContext, arguments: Mapping[str, Any]) -> ToolResult:
        """Call it, and once more after each time that the person had to sign in for it."""
        for _ in range(SIGN_INS_OF_A_CALL):
            try:
                return await self._attempt(entry, tool, context, arguments)
            except SignInNeeded as needed:
                if why := await self._signs_in(entry.server, needed.challenge, context):
                    return ToolResult(text=why, ok=False, ran=False)
        try:
            return await self._attempt(entry, tool, context, arguments)
        except SignInNeeded:
            text = (
                f"{entry.server.name} does not take the sign-in of this person. The call did not run; tell the person."
            )
            return ToolResult(text=text, ok=False, ran=False)

    async def _attempt(
        self, entry: _Entry, tool: str, context: ToolContext, arguments: Mapping[str, Any]
    ) -> ToolResult:
        """One call. Raises SignInNeeded."""
        try:
            opened = await self._ready(entry, context.person)
            if why := self._held(entry, tool):
                return ToolResult(text=why, ok=False, ran=False, refused=HELD)
        except SignInNeeded:
            raise
        except NexoraError as problem:
            return ToolResult(text=f"{problem}. The call did not run.", ok=False, ran=False)
        opened.used_at = self._now()
        try:
            result = await opened.session.call(tool, arguments, context)
        except ServerFailed as problem:
            if (challenge := opened.session.ending.take_challenge()) is not None:
                raise SignInNeeded(entry.server.name, challenge) from problem
            self._note_end(entry, opened)
            effect = guarded_effect(entry.server, entry.server.declared(tool).effect)
            is_unknown = problem.may_have_run and effect not in SAFE_TO_REPEAT
            return ToolResult(text=_UNKNOWN.format(why=problem) if is_unknown else f"{problem}.", ok=False)
        finally:
            opened.used_at = self._now()
            self._sweep_in(entry.server.idle_seconds)
        entry.failures, entry.because = 0, ""
        from agents.mcp.results import told  # noqa: PLC0415  # loads with the first answer

        return await told(result, f"{entry.server.name}-{tool}", context)

    def _held(self, entry: _Entry, tool: str) -> str:
        if entry.is_gone:
            return f"{entry.server.name} was removed meanwhile. The call did not run."
        if tool not in entry.held:
            return ""
        return (
            f"{entry.server.name} describes {tool} otherwise than it was approved, so it is held until somebody has "
            "looked at it. The call did not run; tell the person."
        )

    async def _ready(self, entry: _Entry, asker: Person) -> _Opened:
        """An open session whose listing is the approved one, as far as it was looked at. Raises NexoraError."""
        person = asker if entry.server.acts_as is ActsAs.PERSON else None
        key = person.id if person else None
        async with entry.opening:
            if entry.is_gone:
                raise ServerFailed(f"{entry.server.name} was removed")
            opened = entry.open.get(key)
            if opened is not None and not opened.session.is_open:
                self._note_end(entry, opened)
                opened = None
            if opened is None:
                opened = entry.open[key] = await self._open(entry, person)
            if self._now() - opened.looked_at > LOOKED_SECONDS:
                await self._compare(entry, opened)
        return opened

    async def _open(self, entry: _Entry, person: Person | None) -> _Opened:
        wait = entry.not_before - self._now()
        if wait > FIRST_WAIT_SECONDS:
            raise ServerFailed(
                f"{entry.server.name} failed {entry.failures} times, and is started again in {wait:.0f} s: "
                f"{entry.because}"
            )
        if wait > 0:
            await asyncio.sleep(wait)
        opened: list[_Opened] = []
        session = self._session(entry.server, person, lambda: _look_again(opened))
        try:
            await session.open()
        except ServerFailed as problem:
            found = _as_asked(entry.server.name, session, problem)
            if not isinstance(found, SignInNeeded):
                self._note_failure(entry, str(problem))
            raise found from problem
        except NexoraError as problem:
            self._note_failure(entry, str(problem))
            raise
        opened.append(_Opened(session=session, looked_at=float("-inf"), used_at=self._now()))
        return opened[0]

    def _session(
        self, server: ServerDefinition, person: Person | None, changed: Callable[[], None], *, tries: bool = False
    ) -> "ServerSession":
        from agents.mcp.session import ServerSession, SessionTerms  # noqa: PLC0415  # the SDK loads with the first server

        terms = SessionTerms(
            server=server.name,
            mode=server.mode,
            timeout_seconds=server.timeout_seconds,
            changed=changed,
            asks=self._asks,
            samples=self._samples,
        )
        return ServerSession(self._ways.to(server, person, tries=tries), terms)

    async def _compare(self, entry: _Entry, opened: _Opened) -> None:
        """Look at what it offers now, and hold what differs. Raises NexoraError."""
        try:
            now = await opened.session.listing()
        except ServerFailed as problem:
            raise _as_asked(entry.server.name, opened.session, problem) from problem
        opened.looked_at = self._now()
        if now.digest == entry.approved.digest:
            return
        changed = difference(entry.approved, now)
        entry.held |= changed.held
        if now.digest not in entry.told:
            entry.told.add(now.digest)
            _log.warning("mcp_listing_changed", server=entry.server.name, held=sorted(changed.held))
            try:
                await self._on_change(entry.server.name, changed, now)
            except BaseException:
                entry.told.discard(now.digest)  # nobody was told, so the next look tells
                raise

    # Ends

    def _note_end(self, entry: _Entry, opened: _Opened) -> None:
        """A session that has ended is let go, and counts as a failure unless we ended it."""
        if opened.session.is_open:
            return
        for key, one in list(entry.open.items()):
            if one is opened:
                del entry.open[key]
                self._note_failure(entry, opened.session.ending.because)
                self._end(opened)

    def _note_failure(self, entry: _Entry, because: str) -> None:
        wait = min(FIRST_WAIT_SECONDS * 2**entry.failures, LONGEST_WAIT_SECONDS)
        entry.failures += 1
        entry.because = because
        entry.not_before = self._now() + wait
        _log.warning("mcp_server_failed", server=entry.server.name, reason=because, again_in_seconds=wait)

    def _sweep_in(self, seconds: float) -> None:
        """Look for idle sessions when this one may be."""
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(seconds, self.sweep)

    def sweep(self) -> None:
        """End what nobody has called for as long as its server may stay."""
        self._sweeping = None
        now, next_look = self._now(), float("inf")
        for entry in self._entries.values():
            for key, opened in list(entry.open.items()):
                left = opened.used_at + entry.server.idle_seconds - now
                if left > 0 or opened.session.is_busy:
                    next_look = min(next_look, max(left, 1.0))
                    continue
                del entry.open[key]
                self._end(opened)
        if next_look != float("inf"):
            self._sweep_in(next_look)

    def _end(self, opened: _Opened) -> None:
        task = asyncio.create_task(opened.session.close(), name="mcp session ends")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _close_all(self, entry: _Entry) -> None:
        sessions = [opened.session for opened in entry.open.values()]
        entry.open.clear()
        await asyncio.gather(*(session.close() for session in sessions))


def _as_asked(server: str, session: "ServerSession", problem: ServerFailed) -> ServerFailed:
    """The same failure, or that somebody has to sign in, where that is why."""
    challenge = session.ending.take_challenge()
    return problem if challenge is None else SignInNeeded(server, challenge)


def _look_again(opened: list[_Opened]) -> None:
    """The server says that its listing has changed, so the next call looks."""
    for one in opened:
        one.looked_at = float("-inf")
