"""One conversation with one server, for as many calls at a time as there are: opened, asked and closed by one task.

Of what a server says by itself only two things are heard: that its listing may have changed, which makes us look, and
a question to the person of the one call that runs. Sampling and roots are refused, and its log is not read.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

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
OPENING_SECONDS = 60.0
CLOSING_SECONDS = 4.0
LISTING_SECONDS = 30.0
_GRACE_SECONDS = 2.0
_LINES = 8
_LINE = 300
_OLDER = frozenset({types.METHOD_NOT_FOUND, types.INVALID_REQUEST, types.INVALID_PARAMS})
"""How a server answers a greeting that it does not know."""

Connect = Callable[[ServerEnding], AbstractAsyncContextManager[TransportStreams]]
"""Opens a way to the server, and tells the ending when there is none any more."""
Asks = Callable[[ToolContext, types.ElicitRequestParams], Any]
"""Puts a question of the server before the person of a call, and brings the answer (types.ElicitResult)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """How a server is spoken with. `changed` is told when it says that its listing has changed."""

    server: str
    mode: HeardOver
    timeout_seconds: float
    changed: Callable[[], None]
    asks: Asks | None = None


class ServerSession:
    """An open conversation with a server. Open it once; when it has ended it is of no use any more."""

    def __init__(self, connect: Connect, terms: SessionTerms) -> None:
        self._connect = connect
        self._terms = terms
        self._leave = asyncio.Event()
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._in_flight: dict[object, ToolContext] = {}
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
        key, lines = object(), [""]

        async def progress(progress: float, total: float | None, message: str | None) -> None:
            if context.report is not None:
                of = f"{progress:g}/{total:g}" if total else f"{progress:g}"
                lines.append(f"{of} {(message or '')[:_LINE]}".rstrip())
                await context.report("\n".join(lines[-_LINES:]) + "\n")

        self._in_flight[key] = context
        try:
            async with self._failing(f"answer the call of {tool}", runs=True):
                async with asyncio.timeout(self._terms.timeout_seconds + _GRACE_SECONDS):
                    return await self._opened().call_tool(
                        tool, dict(arguments), self._terms.timeout_seconds, progress_callback=progress
                    )
        finally:
            del self._in_flight[key]

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
            client_info=types.Implementation(name="nexora", version="0.1.0"),
            cache=None,
        )

    async def _hear(self, message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._terms.changed()

    async def _ask(self, context: Any, params: types.ElicitRequestParams) -> types.ElicitResult | types.ErrorData:
        """Ask the person, where it is plain whose call the question is about, which the protocol does not say."""
        del context
        waiting: Sequence[ToolContext] = list(self._in_flight.values())
        people = {(context.person.id, context.conversation) for context in waiting}
        if self._terms.asks is None or len(people) != 1:
            return types.ElicitResult(action="decline")
        answer: types.ElicitResult = await self._terms.asks(waiting[-1], params)
        return answer


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
