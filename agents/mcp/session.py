"""One conversation with one server, for as many calls at a time as there are: opened, asked and closed by one task.

Of what a server says by itself only two things are heard: that its listing may have changed, which makes us look, and
what it asks within a call, of the person or of the model. Roots are refused, and its log is not read.
"""

import asyncio
import contextvars
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import mcp_types as types
import structlog
from mcp import Client
from mcp.client._transport import TransportStreams
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from agents.mcp.definition import HeardOver
from agents.mcp.ending import ServerEnding, ServerFailed
from agents.mcp.listing import MOST_TOOLS, ToolListing, listing_of
from agents.tools.tool import ToolContext

_log = structlog.get_logger(__name__)
T = TypeVar("T")
OPENING_SECONDS = 60.0
CLOSING_SECONDS = 4.0
LISTING_SECONDS = 30.0
_GRACE_SECONDS = 2.0
_LONGEST_CALL = 7_200.0
"""For the SDK, whose clock goes on while a person is asked; ours ends a call in time."""
_LINES = 8
_LINE = 300
_OLDER = frozenset({types.METHOD_NOT_FOUND, types.INVALID_REQUEST, types.INVALID_PARAMS})
"""How a server answers a greeting that it does not know."""

Connect = Callable[[ServerEnding], AbstractAsyncContextManager[TransportStreams]]
"""Opens a way to the server, and tells the ending when there is none any more."""
Asks = Callable[[str, ToolContext, types.ElicitRequestParams], Coroutine[Any, Any, types.ElicitResult]]
"""Puts a question of that server before the person of a call, and brings the answer."""
Sampled = types.CreateMessageResult | types.ErrorData
Samples = Callable[[str, ToolContext, types.CreateMessageRequestParams], Coroutine[Any, Any, Sampled]]
"""Has the model of the agent of a call answer what that server asks of it, or says why not."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Flight:
    """A call that runs, and what it runs in. Its clock stands still while a person is asked."""

    context: ToolContext
    around: contextvars.Context
    clock: asyncio.Timeout
    asking: set[asyncio.Task[Any]] = field(default_factory=set)
    left: float = 0.0
    is_over: bool = False

    def begin(self, asking: asyncio.Task[Any]) -> None:
        """A person, or a model, is asked."""
        when = self.clock.when()
        if not self.asking and when is not None:
            self.left = when - asyncio.get_running_loop().time()
            self.clock.reschedule(None)
        self.asking.add(asking)

    def end(self, asking: asyncio.Task[Any]) -> None:
        """They have answered, or are not asked any more."""
        asking.cancel()
        self.asking.discard(asking)
        if not self.asking and not self.is_over:
            self.clock.reschedule(asyncio.get_running_loop().time() + max(self.left, _GRACE_SECONDS))

    def close(self) -> None:
        """The call has ended, so nobody is asked for it any more."""
        self.is_over = True
        for asking in self.asking:
            asking.cancel()


_flight: contextvars.ContextVar[tuple[object, _Flight] | None] = contextvars.ContextVar("mcp_call", default=None)
"""The session and the call on whose way the code runs, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """How a server is spoken with. `changed` is told when it says that its listing has changed."""

    server: str
    mode: HeardOver
    timeout_seconds: float
    changed: Callable[[], None]
    asks: Asks | None = None
    samples: Samples | None = None


class ServerSession:
    """An open conversation with a server. Open it once; when it has ended it is of no use any more."""

    def __init__(self, connect: Connect, terms: SessionTerms) -> None:
        self._connect = connect
        self._terms = terms
        self._leave = asyncio.Event()
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._in_flight: list[_Flight] = []
        self.ending = ServerEnding()

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._client is not None and not self.ending.because

    @property
    def is_busy(self) -> bool:
        """Whether a call runs."""
        return bool(self._in_flight)

    async def open(self) -> None:
        """Greet the server. Raises ServerFailed."""
        greeted: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(greeted), name=f"mcp session {self._terms.server}")
        try:
            async with asyncio.timeout(OPENING_SECONDS):
                self._client = await asyncio.shield(greeted)
        except TimeoutError as problem:
            await self.close()
            raise ServerFailed(f"{self._terms.server} did not greet within {OPENING_SECONDS:g} s") from problem
        except asyncio.CancelledError:
            await self.close()
            raise

    async def close(self) -> None:
        """End it, and whatever runs for it, within some seconds."""
        self.ending.set("it was ended")
        self._leave.set()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=CLOSING_SECONDS)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task})

    async def listing(self) -> ToolListing:
        """What it offers now. Raises ServerFailed, ListingRefused."""
        tools: list[Mapping[str, Any]] = []
        cursor: str | None = None
        async with self._failing("list its tools"), asyncio.timeout(LISTING_SECONDS):
            while len(tools) <= MOST_TOOLS:
                page = await self._opened().list_tools(cursor=cursor)
                tools += [_plain(tool) for tool in page.tools]
                cursor = page.next_cursor
                if not cursor or not page.tools:
                    break
        return listing_of(self._terms.server, tools)

    async def call(self, tool: str, arguments: Mapping[str, Any], context: ToolContext) -> types.CallToolResult:
        """Call a tool. When it takes too long or is cancelled, the server is told. Raises ServerFailed."""
        lines = [""]

        async def progress(progress: float, total: float | None, message: str | None) -> None:
            if context.report is not None:
                of = f"{progress:g}/{total:g}" if total else f"{progress:g}"
                lines.append(f"{of} {(message or '')[:_LINE]}".rstrip())
                await context.report("\n".join(lines[-_LINES:]) + "\n")

        async def once() -> types.CallToolResult:
            return await self._opened().call_tool(tool, dict(arguments), _LONGEST_CALL, progress_callback=progress)

        async with self._failing(f"answer the call of {tool}", runs=True):
            async with asyncio.timeout(self._terms.timeout_seconds) as clock:
                flight = _Flight(context=context, around=contextvars.copy_context(), clock=clock)
                self._in_flight.append(flight)
                token = _flight.set((self, flight))
                try:
                    return await self._with_addresses(flight, once)
                finally:
                    _flight.reset(token)
                    self._in_flight.remove(flight)
                    flight.close()

    async def _with_addresses(
        self, flight: _Flight, once: Callable[[], Awaitable[types.CallToolResult]]
    ) -> types.CallToolResult:
        """Call, and once more when the server first wants the person to have opened addresses (edition 2025-11-25)."""
        try:
            return await once()
        except MCPError as problem:
            if problem.code != types.URL_ELICITATION_REQUIRED or self._terms.asks is None:
                raise
            wanted = types.ElicitationRequiredErrorData.model_validate(problem.error.data)
            for each in wanted.elicitations:
                if (await self._put(flight, each)).action != "accept":
                    raise
            return await once()

    def _opened(self) -> Client:
        if self._client is None or self.ending.because:
            raise ServerFailed(f"{self._terms.server} has ended: {self.ending.because or 'it was never opened'}")
        return self._client

    @asynccontextmanager
    async def _failing(self, what: str, *, runs: bool = False) -> Any:
        """Whatever goes wrong with a request, in our words."""
        server = self._terms.server
        try:
            yield
        except TimeoutError as problem:
            raise ServerFailed(f"{server} took too long to {what}", may_have_run=runs) from problem
        except MCPError as problem:
            if problem.code == types.REQUEST_TIMEOUT:
                raise ServerFailed(f"{server} took too long to {what}", may_have_run=runs) from problem
            if problem.code == types.CONNECTION_CLOSED:
                why = self.ending.because or "its connection was closed"
                raise ServerFailed(f"{server} did not {what}: {why}", may_have_run=runs) from problem
            raise ServerFailed(f"{server} did not {what}: {str(problem)[:500]}") from problem
        except (ValidationError, RuntimeError, ValueError) as problem:
            _log.info("mcp_answer_unread", server=server, reason=str(problem)[:300])
            raise ServerFailed(f"{server} answered in a form that the protocol does not know", may_have_run=runs) from (
                problem
            )

    # The task

    async def _hold(self, greeted: "asyncio.Future[Client]") -> None:
        """Keep the connection open until somebody leaves or the server ends; anyio wants one task for all of it."""
        try:
            async with AsyncExitStack() as stack:
                client = await self._greeting(stack)
                client.session.validate_tool_result = _unjudged  # type: ignore[method-assign]  # see there
                greeted.set_result(client)
                await _first(self._leave.wait(), self.ending.wait())
        except Exception as problem:  # noqa: BLE001  # the border of one server: whoever waits is told
            _log.info("mcp_session_broke", server=self._terms.server, reason=_innermost(problem))
            self.ending.set(_innermost(problem))
        finally:
            self.ending.set("it was ended")
            if not greeted.done():
                greeted.set_exception(ServerFailed(f"{self._terms.server} did not start: {self.ending.because}"))

    async def _greeting(self, stack: AsyncExitStack) -> Client:
        """The client, over the edition that is wanted, or the newest one where the server does not know that."""
        if self._terms.mode is HeardOver.LEGACY:
            first = AsyncExitStack()
            try:
                client = await first.enter_async_context(self._made(HeardOver.LEGACY))
            except MCPError as problem:
                await first.aclose()
                if problem.code not in _OLDER:
                    raise
            else:
                stack.push_async_exit(first)
                return client
        return await stack.enter_async_context(self._made(HeardOver.AUTO))

    def _made(self, mode: HeardOver) -> Client:
        return Client(
            self._connect(self.ending),
            mode=mode.value,
            read_timeout_seconds=OPENING_SECONDS,
            message_handler=self._hear,
            elicitation_callback=self._ask if self._terms.asks else None,
            sampling_callback=self._sample if self._terms.samples else None,
            client_info=types.Implementation(name="nexora", version="0.1.0"),
            cache=None,
        )

    async def _hear(self, message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._terms.changed()

    async def _ask(self, context: Any, params: types.ElicitRequestParams) -> types.ElicitResult | types.ErrorData:
        """Ask the person, where it is plain whose call the question is about, which the protocol does not say."""
        del context
        flight = self._asking_call()
        return types.ElicitResult(action="decline") if flight is None else await self._put(flight, params)

    def _asking_call(self) -> _Flight | None:
        """The call for which the server asks: the one on whose way it does, else one of the only person with calls."""
        session, flight = _flight.get() or (None, None)
        if session is self and flight in self._in_flight:
            return flight
        people = {(each.context.person.id, each.context.conversation) for each in self._in_flight}
        return self._in_flight[-1] if len(people) == 1 else None

    async def _put(self, flight: _Flight, params: types.ElicitRequestParams) -> types.ElicitResult:
        """Put it before the person, in the surroundings of the call, whose time stands still meanwhile."""
        if self._terms.asks is None:
            return types.ElicitResult(action="decline")
        answer = await _within(flight, self._terms.asks(self._terms.server, flight.context, params))
        return answer or types.ElicitResult(action="cancel")

    async def _sample(self, context: Any, params: types.CreateMessageRequestParams) -> Sampled:
        """Let the model answer, where it is plain for whose call, whose time stands still meanwhile."""
        del context
        flight = self._asking_call()
        if flight is None or self._terms.samples is None:
            return types.ErrorData(code=types.INVALID_REQUEST, message="Refused: it is not plain for whose call.")
        answer = await _within(flight, self._terms.samples(self._terms.server, flight.context, params))
        return answer or types.ErrorData(code=types.INTERNAL_ERROR, message="The call has ended.")


async def _within(flight: _Flight, asks: Coroutine[Any, Any, T]) -> T | None:
    """What comes of asking; None when the call ends before."""
    asking = asyncio.create_task(asks, name="mcp server asks", context=flight.around)
    flight.begin(asking)
    try:
        await asyncio.wait({asking})
    finally:
        flight.end(asking)
    return None if asking.cancelled() else asking.result()


async def _unjudged(name: str, result: types.CallToolResult) -> None:
    """A model reads what was answered whatever its schema says, and a schema of others may take for ever to check."""


async def _first(*waits: Any) -> None:
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _innermost(problem: BaseException) -> str:
    """What really went wrong, below the groups in which anyio raises it."""
    while isinstance(problem, BaseExceptionGroup) and problem.exceptions:
        problem = problem.exceptions[0]
    return str(problem)[:300] or type(problem).__name__


def _plain(value: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(value.model_dump_json(by_alias=True, exclude_none=True))
    return found
