"""A supervisor whose channel, pauses and probes a test decides."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import web

from channels.base import (
    ChannelError,
    ChannelState,
    Health,
    Receive,
    Traits,
)
from channels.messages import Account, Address, Inbound, Outbound, Ref, plain
from channels.running.lacks import LackChange
from channels.running.pace import Pace
from channels.running.supervisor import Supervisor
from channels.seat import Seat

HOME = Address(channel="chat", room="1")
HANG_SECONDS = 30
"""Nothing here waits for time; on a machine with much else to do, a turn of the loop may still be long in coming."""
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
EVENT = Inbound(event_id="1", at=NOON, address=HOME, sender=Account(channel="chat", id="7"), parts=plain("hi"))
WORDS = Outbound(key="k", address=HOME, parts=plain("hello"))


class Line:
    """A channel whose end, events and probes a test decides."""

    name = "chat"
    traits = Traits(max_text=100)

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.health = Health(state=ChannelState.UP)
        self.hangs = False
        self.receive: Receive | None = None
        self.refusals: list[ChannelError] = []

    async def listen(self, receive: Receive) -> None:
        self.receive = receive
        await asyncio.shield(self.ended)

    async def send(self, message: Outbound) -> Ref:
        if self.refusals:
            raise self.refusals.pop()
        return Ref(address=message.address, id=message.key)

    async def probe(self) -> Health:
        if self.hangs:
            await asyncio.Event().wait()
        return self.health

    def fail(self, error: BaseException) -> None:
        self.ended.set_exception(error)


class Door(Line):
    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        async def called(request: web.Request) -> web.Response:
            await receive(EVENT)
            return web.Response(text=f"heard by {id(self)}")

        return [web.post("/channels/chat/events", called)]


class Stand:
    """A supervisor with everything injected: its pauses are recorded, and end when the test says so."""

    def __init__(self, kind: Callable[[], Line] = Line, pace: Pace | None = None, seat: Seat | None = None) -> None:
        self.lines: list[Line] = []
        self.pauses: list[float] = []
        self.naps: list[float] = []
        self.heard: list[Inbound] = []
        self.changes: list[LackChange] = []
        self.refusal: Exception | None = None
        self._kind = kind
        self._seat = seat
        self._downs = 0
        self._ends: list[asyncio.Event] = []
        self.pace = pace or Pace(probe_every=5, last_words=0.05)
        self.supervisor = Supervisor(
            "chat",
            now=lambda: NOON,
            pace=self.pace,
            sleep=self._sleep,
            jitter=lambda: 0.5,
            told=self.changes.append,
        )

    async def run(self) -> None:
        await self.supervisor.run(self._build, self._receive, self._seat)

    def _build(self) -> Line:
        line = self._kind()
        self.lines.append(line)
        return line

    async def _receive(self, inbound: Inbound) -> None:
        if self.refusal:
            raise self.refusal
        self.heard.append(inbound)

    async def _sleep(self, seconds: float) -> None:
        end = asyncio.Event()
        self.naps.append(round(seconds, 1))
        if self.supervisor.health.state is ChannelState.DOWN:
            self.pauses.append(seconds)
        self._ends.append(end)
        await end.wait()

    def wake(self) -> None:
        """Every sleep ends now."""
        ends, self._ends = self._ends, []
        for end in ends:
            end.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(HANG_SECONDS):
            while not is_so():  # noqa: ASYNC110 -- any of several things may make it so
                await asyncio.sleep(0)

    async def up(self, count: int = 1) -> Line:
        """The newest of so many lines, once it is up."""
        await self.until(lambda: len(self.lines) >= count and self.supervisor.health.state is ChannelState.UP)
        return self.lines[-1]

    async def down(self) -> None:
        """It is down once more, and waits before the next attempt."""
        downs = self._downs = self._downs + 1
        await self.until(lambda: self.supervisor.health.state is ChannelState.DOWN and len(self.pauses) == downs)


@asynccontextmanager
async def running(stand: Stand) -> AsyncIterator[Stand]:
    task = asyncio.create_task(stand.run(), name="supervisor")
    try:
        yield stand
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for line in stand.lines:
            line.ended.cancel()
