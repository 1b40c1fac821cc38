"""Keeps one connection alive: builds it anew after every failure, and asks now and then whether it still hears.

A call that fails as if the connection or its credentials were gone is no proof of that: the platform is asked at once,
and what it answers decides between a channel that is down and one that cannot do this one thing.

A failure stays here. Whoever runs several supervisors in one task group loses none of them to another's trouble.
Where a platform bears one listener, only the gateway that has the channel's seat listens; the others stand by.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from channels.base import (
    Channel,
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    Deed,
    FetchesFiles,
    FindsRoom,
    HasRoutes,
    Health,
    Lack,
    Listeners,
    MessageRefused,
    RateLimited,
    Receive,
    StreamsFiles,
)
from channels.messages import Account, Address, File, Inbound, Outbound, Ref
from channels.running.lacks import Lacks, Told, deed_of, ignore
from channels.running.pace import Pace, Record, raise_failure, trouble_of
from channels.running.rates import Rates, rates_of
from channels.sayings import saying
from channels.seat import Seat

_log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Build = Callable[[], Channel]


@dataclass(slots=True)
class _Life:
    """One built channel and the webhooks that the platform may call while it lives."""

    channel: Channel
    hooks: dict[tuple[str, str], Callable[[web.Request], Awaitable[web.StreamResponse]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubt:
    """A call that failed as if the channel were gone."""

    deed: Deed
    room: str
    error: ChannelError


def _nothing_to_hold() -> None:
    """Nobody else sends."""


class Supervisor:
    """One connection, whatever becomes of it. `run` ends only when cancelled."""

    def __init__(
        self,
        name: str,
        *,
        now: Callable[[], datetime],
        pace: Pace | None = None,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        told: Told = ignore,
        must_hold: Callable[[], None] = _nothing_to_hold,
    ) -> None:
        """`jitter` gives numbers from 0 to 1.

        `told` hears of each thing that cannot be done any more, and when it can be done again. `must_hold` is called
        directly before something is sent and raises when somebody else may be sending it.
        """
        self.name = name
        self.record = Record()
        self.rates = Rates(sleep=sleep)
        self._lacks = Lacks(name, now, told)
        self._now = now
        self._pace = pace or Pace()
        self._sleep = sleep
        self._jitter = jitter
        self._must_hold = must_hold
        self._health = Health(state=ChannelState.STARTING, at=now())
        self._life: _Life | None = None
        self._retry = asyncio.Event()
        self._anew = asyncio.Event()
        self._doubt: _Doubt | None = None
        self._doubts = asyncio.Event()
        self._asked_at = 0.0
        self._pause = self._pace.first_pause

    @property
    def health(self) -> Health:
        """How the channel is now, and what it cannot do."""
        return replace(self._health, lacking=self._lacks.current)

    @property
    def is_up(self) -> bool:
        """Whether the channel works, as far as is known."""
        return self._health.state is ChannelState.UP

    @property
    def channel(self) -> Channel:
        """The living channel; raises ChannelDown when there is none."""
        if self._life is None or self._health.state is ChannelState.DOWN:
            raise ChannelDown(self._health.reason or saying("not_connected", name=self.name))
        return self._life.channel

    @property
    def is_elsewhere(self) -> bool:
        """Whether another gateway listens and nobody but it can send."""
        return self._life is None and self._health.state is ChannelState.ELSEWHERE

    async def send(self, message: Outbound, *, urgent: bool = False) -> Ref:
        """Send through the living channel, within its rates, of which a share is kept for what is urgent.

        Raises what `Channel.send` raises.
        """
        channel, room = self.channel, message.address.room
        await self.rates.pass_through(room, *rates_of(channel, room), urgent=urgent)
        channel = self.channel
        try:
            self._must_hold()
            with self._watched(deed_of(message), room):
                ref = await channel.send(message)
        except RateLimited as limited:
            self.rates.close(room, limited)
            raise
        self.record.last_out = self._now()
        return ref

    async def direct_room(self, account: Account) -> Address:
        """The private conversation with an account; raises what `FindsRoom.direct_room` raises."""
        channel = self.channel
        if not isinstance(channel, FindsRoom):
            raise MessageRefused("this platform does not let us write to somebody first")
        with self._watched(Deed.BEGIN, ""):
            return await channel.direct_room(account)

    async def pieces(self, file: File, limit_bytes: int) -> AsyncGenerator[bytes]:
        """The bytes of a file that was sent to us, in one piece where the platform has no smaller ones.

        Raises what `StreamsFiles.pieces` raises.
        """
        channel = self.channel
        with self._watched(Deed.FETCH, ""):
            if isinstance(channel, StreamsFiles):
                async with aclosing(channel.pieces(file, limit_bytes)) as pieces:
                    async for piece in pieces:
                        yield piece
            elif isinstance(channel, FetchesFiles):
                yield await channel.fetch(file, limit_bytes)
            else:
                raise ChannelDown(saying("no_files"))

    @contextmanager
    def _watched(self, deed: Deed, room: str) -> Iterator[None]:
        """Learn from a call what the channel can do and what not."""
        try:
            yield
        except MessageRefused as refusal:
            if refusal.lack is not None:
                self._lacks.refused(deed, room, refusal.lack)
            raise
        except (ChannelDown, ChannelRefused) as error:
            self._question(_Doubt(deed=deed, room=room, error=error))
            raise
        else:
            self._lacks.taken(deed, room)

    def _question(self, doubt: _Doubt) -> None:
        """Have the channel asked soon whether it works at all."""
        if asyncio.get_running_loop().time() - self._asked_at >= self._pace.doubted:
            self._doubt = doubt
            self._doubts.set()

    def allowance(self, room: str) -> "RoomAllowance":
        """What the rates leave for updates of live messages in that room."""
        return RoomAllowance(self, room)

    def retry(self) -> None:
        """Try again at once, as after somebody mended the settings."""
        self._retry.set()

    def restart(self) -> None:
        """End this connection and build it anew at once, as where its adapter is another, or gone."""
        self._anew.set()
        self._retry.set()

    def routes(self) -> Sequence[web.RouteDef]:
        """One stable route for whatever paths the living channel has; mounted before the server starts."""
        return [web.route("*", f"/channels/{self.name}/{{tail:.*}}", self._called)]

    async def _called(self, request: web.Request) -> web.StreamResponse:
        if self._life is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "5"})
        hooks = self._life.hooks
        hook = hooks.get((request.method, request.path)) or hooks.get(("*", request.path))
        return await hook(request) if hook else web.Response(status=HTTPStatus.NOT_FOUND)

    async def run(self, build: Build, receive: Receive, seat: Seat | None = None) -> None:
        """Connect, and connect again, until cancelled.

        `build` makes a new channel each time and may raise. Without a `seat` this gateway is the only one.
        """
        heard = partial(self._heard, receive)
        try:
            while True:
                pause = await self._live_once(build, heard, seat)
                if not pause:  # the seat changed hands; nothing is wrong
                    continue
                self.record.reconnects += 1
                if seat is not None and pause > self._pace.yields:
                    seat.leave()
                await self._wait(pause)
        finally:
            self._life = None
            self._health = Health(state=ChannelState.DOWN, reason=saying("stopped"), at=self._now())

    async def _live_once(self, build: Build, heard: Receive, seat: Seat | None) -> float:
        """One life of the channel; how long to wait before the next, 0 when it ended without a fault."""
        begun, asked = asyncio.get_running_loop().time(), 0.0
        self._anew.clear()
        try:
            await self._live(build(), heard, seat)
        except ChannelRefused as error:
            self._went_down(error)
            return self._pace.refused
        except RateLimited as error:
            self._went_down(error)
            asked = error.retry_after_seconds
        except ChannelError as error:
            self._went_down(error)
        except Exception as error:  # noqa: BLE001 -- the border of this connection
            # Whatever an SDK raises, the other channels live on and this one is built again.
            _log.exception("channel_failed", channel=self.name)
            self._went_down(error)
        else:
            return 0.0
        if asyncio.get_running_loop().time() - begun >= self._pace.proven:
            self._pause = self._pace.first_pause
        pause, self._pause = self._pause, min(self._pause * 2, self._pace.longest_pause)
        return max(asked, pause * (0.75 + self._jitter() / 2))

    async def _live(self, channel: Channel, heard: Receive, given: Seat | None) -> None:
        """Listen, or stand by where another gateway does; returns once that changes, raises what went wrong."""
        seat = None if channel.traits.hearing is Listeners.EVERY else given
        self._health = Health(state=ChannelState.STARTING, at=self._now())
        if seat is None or await seat.take():
            await self._listen(channel, heard, seat)
        else:
            await self._stand_by(channel, heard, seat)

    async def _stand_by(self, channel: Channel, heard: Receive, seat: Seat) -> None:
        """Send where the platform allows that to more than one, until the seat is ours."""
        self._life = self._with_doors(channel, heard) if channel.traits.hearing is Listeners.ONE else None
        self._health = Health(state=ChannelState.ELSEWHERE, at=self._now())
        waits = [asyncio.create_task(each) for each in (seat.until_taken(), self._anew.wait())]
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            self._life = None
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _listen(self, channel: Channel, heard: Receive, seat: Seat | None) -> None:
        """Listen and probe; whichever fails first ends both, as does a lost seat, and no task outlives them."""
        self._life = self._with_doors(channel, heard)
        listening = asyncio.create_task(channel.listen(heard), name=f"listen {self.name}")
        probing = asyncio.create_task(self._probe(channel), name=f"probe {self.name}")
        doubting = asyncio.create_task(self._settle_doubts(channel), name=f"doubt {self.name}")
        sitting = asyncio.create_task(seat.until_lost(), name=f"seat {self.name}") if seat else None
        anew = asyncio.create_task(self._anew.wait(), name=f"restart {self.name}")
        tasks: tuple[asyncio.Task[Any], ...] = (listening, probing, doubting, anew, *([sitting] if sitting else []))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if sitting is not None and sitting.done():
                _log.info("listener_changed", channel=self.name)
                return
            if anew.done():
                _log.info("channel_restarted", channel=self.name)
                return
            if not listening.done():
                # At the start both may fail of one cause, and only `listen` tells a refusal from a breakdown.
                await asyncio.wait((listening,), timeout=self._pace.last_words)
            for task in (listening, probing, doubting):
                raise_failure(task)
            raise ChannelDown(saying("ended_silently"))
        finally:
            self._life = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _with_doors(self, channel: Channel, heard: Receive) -> _Life:
        if not isinstance(channel, HasRoutes):
            return _Life(channel)
        return _Life(channel, {(route.method, route.path): route.handler for route in channel.routes(heard)})

    async def _heard(self, receive: Receive, inbound: Inbound) -> None:
        await receive(inbound)
        self.record.last_in = self._now()

    async def _probe(self, channel: Channel) -> None:
        """Ask the platform now and then; ends by raising ChannelDown when it does not hear us, or we not it."""
        while True:
            health = await self._ask(channel)
            await self._sleep(self._pace.probe_every if health.state is ChannelState.UP else self._pace.starting)

    async def _settle_doubts(self, channel: Channel) -> None:
        """Ask the platform when a call has failed; ends as `_probe` does, or by raising ChannelRefused."""
        while True:
            await self._doubts.wait()
            self._doubts.clear()
            await self._ask(channel)

    async def _ask(self, channel: Channel) -> Health:
        self._asked_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._pace.probe_timeout):
                health = await channel.probe()
        except TimeoutError as error:
            raise ChannelDown(saying("no_probe", seconds=f"{self._pace.probe_timeout:g}")) from error
        self._judge(health)
        if health.state is not self._health.state:
            _log.info("channel_changed", channel=self.name, state=health.state)
        self._health = replace(health, at=health.at or self._now())
        return health

    def _judge(self, health: Health) -> None:
        """What a probe says of the channel and of the call that was in doubt; raises what it says against both."""
        doubt, self._doubt = self._doubt, None
        is_refused = doubt is not None and isinstance(doubt.error, ChannelRefused)
        if health.state is ChannelState.DOWN:
            raise (ChannelRefused if is_refused else ChannelDown)(health.reason or saying("deaf"))
        if doubt is not None and is_refused and health.state is ChannelState.UP:
            self._lacks.refused(doubt.deed, doubt.room, Lack(word=str(doubt.error)))

    def _went_down(self, error: Exception) -> None:
        reason = str(error) or type(error).__name__
        self.record.last_error, self.record.trouble = reason, trouble_of(error)
        self._health = Health(state=ChannelState.DOWN, reason=reason, at=self._now())
        _log.warning("channel_went_down", channel=self.name, reason=reason)

    async def _wait(self, seconds: float) -> None:
        """The pause, cut short by `retry`."""
        waits = [
            asyncio.ensure_future(self._sleep(seconds)),
            asyncio.ensure_future(self._retry.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        self._retry.clear()


@dataclass(frozen=True, slots=True)
class RoomAllowance:
    """A `channels.running.stream.Allowance` for one room."""

    supervisor: Supervisor
    room: str

    def may_show(self) -> bool:
        """Whether the rates leave room for one more update; counts it if so."""
        try:
            channel = self.supervisor.channel
        except ChannelDown:
            return False
        return self.supervisor.rates.has_spare(self.room, *rates_of(channel, self.room))

    def limited(self, limited: RateLimited) -> None:
        """The platform asked to wait; messages of the room wait too."""
        self.supervisor.rates.close(self.room, limited)
