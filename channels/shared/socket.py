"""The life of a WebSocket that we open: opened within a time, read, kept awake, bounded, drained, and opened again.

Several things run beside each other on it. The first of them that ends ends all, and its reason is the reason. What was
heard is worked on while more is read, up to a number; beyond it nothing more is read, so that the platform waits too.
Whoever has a socket says what its frames mean, what is acknowledged, and which end another connection mends.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Never, Self, TypeVar

import aiohttp
import structlog
from yarl import URL

from channels.base import ChannelDown, ChannelError
from channels.sayings import saying
from channels.shared.certificates import why

_log = structlog.get_logger(__name__)

T = TypeVar("T")

Json = dict[str, Any]
Work = Callable[[], Awaitable[object]]
NotLetIn = Callable[[aiohttp.WSServerHandshakeError], ChannelError]

CONNECT_SECONDS = 15.0
GREETING_SECONDS = 15.0
PONG_SECONDS = 5.0
DRAIN_SECONDS = 3.0
LAST_SECONDS = 1.0
"""The same for what nobody repeats, when we are told to stop."""
CLOSE = aiohttp.ClientWSTimeout(ws_close=1.0)
MOST_BYTES = 16 << 20
MOST_IN_FLIGHT = 200
PAUSES = (0.1, 0.5, 2.0, 5.0)
"""Before each attempt to come back; after the last the supervisor builds everything anew."""
PROVEN_SECONDS = 30.0
AT_ONCE = (0.0, 0.0)
"""The pauses where the platform asks for another connection in the course of things; with a third it asks too often."""
SHORT_LIFE_SECONDS = 5.0


class Socket:
    """An open WebSocket. Its end is a ChannelDown that names `platform` and what it calls the `thing`."""

    def __init__(
        self,
        wire: aiohttp.ClientWebSocketResponse,
        platform: str,
        thing: str,
        ping: Callable[[], str | bytes] | None = None,
    ) -> None:
        """`ping` makes a ping as the platform wants it; whoever reads its answer calls `answered`."""
        self.platform = platform
        self.thing = thing
        self._wire = wire
        self._ping = ping
        self._answered = asyncio.Event()
        self._is_reading = False

    @property
    def close_code(self) -> int | None:
        """With which number the platform closed, if it did."""
        return self._wire.close_code

    async def receive(self) -> str | bytes:
        """The next frame; pings are answered beside it. Raises ChannelDown at the end."""
        while True:
            self._is_reading = True
            try:
                frame = await self._wire.receive()
            finally:
                self._is_reading = False
            if frame.type is aiohttp.WSMsgType.TEXT or frame.type is aiohttp.WSMsgType.BINARY:
                return frame.data  # type: ignore[no-any-return]  # text or bytes, by its type
            if frame.type is aiohttp.WSMsgType.PING:
                await self._sent(self._wire.pong(frame.data))
            elif frame.type is aiohttp.WSMsgType.PONG:
                self.answered()
            else:
                raise ChannelDown(
                    self._says("closed", code=self.close_code) if self.close_code else self._says("closed_silently")
                )

    async def next_json(self) -> Json:
        """The next frame that is an object in JSON; others are logged and left out. Raises ChannelDown at the end."""
        while True:
            data = await self.receive()
            try:
                frame = json.loads(data)
            except ValueError:
                frame = None
            if isinstance(frame, dict):
                return frame
            _log.warning("frame_not_understood", platform=self.platform, characters=len(data))

    async def greeting(self, is_greeting: Callable[[Json], bool], seconds: float = GREETING_SECONDS) -> Json:
        """The frame with which the platform begins; raises ChannelDown where it is open but nobody speaks."""
        try:
            async with asyncio.timeout(seconds):
                while not is_greeting(frame := await self.next_json()):
                    continue
        except TimeoutError:
            raise ChannelDown(self._says("not_greeted")) from None
        return frame

    async def send(self, frame: Json | str | bytes) -> None:
        """Send one frame; raises ChannelDown."""
        if isinstance(frame, bytes):
            await self._sent(self._wire.send_bytes(frame))
        else:
            await self._sent(self._wire.send_str(frame if isinstance(frame, str) else json.dumps(frame)))

    async def _sent(self, sending: Awaitable[None]) -> None:
        try:
            await sending
        except (aiohttp.ClientError, OSError) as error:
            raise ChannelDown(self._says("gone", why=type(error).__name__)) from None

    def _says(self, key: str, **about: object) -> str:
        return saying(key, platform=self.platform, thing=self.thing, **about)

    # Is anybody there?

    def answered(self) -> None:
        """A ping of ours was answered."""
        self._answered.set()

    async def is_alive(self, seconds: float = PONG_SECONDS) -> bool:
        """Whether a ping is answered now; False once it is closed. Raises ChannelDown where it is open but silent."""
        if self._wire.closed:
            return False
        if not await self._is_answering(seconds):
            raise ChannelDown(self._says("no_pong"))
        return True

    async def beat(self, every: Callable[[], float]) -> Never:
        """A ping each so many seconds; raises ChannelDown when half of them pass without an answer."""
        while True:
            seconds = every()
            await asyncio.sleep(seconds)
            if not await self._is_answering(seconds / 2):
                raise ChannelDown(self._says("silent"))

    async def _is_answering(self, seconds: float) -> bool:
        """Where we ourselves have stopped reading, no answer says nothing about the platform."""
        self._answered.clear()
        try:
            async with asyncio.timeout(seconds):
                await (self._sent(self._wire.ping()) if self._ping is None else self.send(self._ping()))
                await self._answered.wait()
        except TimeoutError:
            return not self._is_reading
        return True


@asynccontextmanager
async def opened(
    http: aiohttp.ClientSession,
    url: str | URL,
    platform: str,
    thing: str,
    *,
    headers: Mapping[str, str] | None = None,
    ping: Callable[[], str | bytes] | None = None,
    not_let_in: NotLetIn | None = None,
) -> AsyncIterator[Socket]:
    """An open socket, closed at the end. The address may hold a key and stays unlogged.

    `not_let_in` says what a refused handshake means. Raises its error, or ChannelDown.
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            wire = await http.ws_connect(url, headers=headers, autoping=False, max_msg_size=MOST_BYTES, timeout=CLOSE)
    except aiohttp.WSServerHandshakeError as error:
        refusal = ChannelDown(saying("line_refused", platform=platform, thing=thing, status=error.status))
        raise (not_let_in(error) if not_let_in else refusal) from None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise ChannelDown(saying("line_unreachable", platform=platform, thing=thing, why=why(error))) from None
    try:
        yield Socket(wire, platform, thing, ping)
    finally:
        await wire.close()


async def not_elsewhere(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """For the session: a socket is opened where we asked for it. `ws_connect` follows redirects and has no switch."""
    response = await send(request)
    if "Upgrade" in request.headers and response.status // 100 == 3:  # noqa: PLR2004 -- the class of redirects
        response.close()
        raise aiohttp.WSServerHandshakeError(
            response.request_info,
            response.history,
            status=response.status,
            message="redirect",
            headers=response.headers,
        )
    return response


async def first_of(name: str, **parts: Coroutine[Any, Any, T]) -> T:
    """Run them beside each other until one ends, then cancel the others; what it returned or raised."""
    tasks = [asyncio.create_task(part, name=f"{name} {key}") for key, part in parts.items()]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task.result() for task in tasks if task in done)
    finally:
        await ended(tasks)


class InFlight:
    """Work on what was heard, begun in the order of its arrival; drained for a while when the socket ends.

    The first that raises is the last: no other begins after it, and `failed` raises its error.
    """

    def __init__(self, name: str, *, in_turn: bool = False, most: int = MOST_IN_FLIGHT, repeats: bool = True) -> None:
        """`in_turn` does one after the other. What a platform repeats need not be drained when we are cancelled."""
        self._name = name
        self._turn = asyncio.Semaphore(1 if in_turn else most)
        self._most = most
        self._repeats = repeats
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None
        self._has_failed = asyncio.Event()

    async def begin(self, work: Work) -> None:
        """Have it done; returns once there is room for more."""
        # Tasks begin in the order of their creation, and a semaphore lets them in as they came.
        task = asyncio.create_task(self._do(work), name=f"{self._name} event")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if len(self._tasks) >= self._most:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def _do(self, work: Work) -> None:
        async with self._turn:
            if self._has_failed.is_set():
                return
            try:
                await work()
            except Exception as error:  # noqa: BLE001 -- the border of this task; `failed` raises it
                self._failure = self._failure or error
                self._has_failed.set()

    async def failed(self) -> Never:
        """Wait for the first failure and raise it."""
        await self._has_failed.wait()
        raise self._failure or ChannelDown(saying("ended_silently"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = DRAIN_SECONDS
        if isinstance(error, asyncio.CancelledError):
            seconds = 0.0 if self._repeats else LAST_SECONDS
        await ended(self._tasks, seconds)


async def ended(tasks: Iterable[asyncio.Task[Any]], seconds: float = 0.0) -> None:
    """Give them so many seconds, then cancel them; none is left."""
    left = list(tasks)
    try:
        if left and seconds:
            await asyncio.wait(left, timeout=seconds)
    finally:
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def renew(
    name: str,
    live: Callable[[], Awaitable[str]],
    *,
    pauses: tuple[float, ...] | None = None,
    proven_seconds: float = PROVEN_SECONDS,
) -> Never:
    """Live one connection after another; `live` returns why one ended, or raises what no other connection mends.

    Raises ChannelDown once none has lived for `proven_seconds` before each of the pauses.
    """
    failures, clock = 0, asyncio.get_running_loop().time
    pauses = PAUSES if pauses is None else pauses
    while True:
        began = clock()
        reason = await live()
        if clock() - began >= proven_seconds:
            failures = 0
        if failures == len(pauses):
            raise ChannelDown(reason)
        _log.info("line_renewed", channel=name, reason=reason)
        await asyncio.sleep(pauses[failures])
        failures += 1
