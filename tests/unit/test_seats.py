"""A supervisor where one gateway listens: with the seat, without it, and when it changes hands."""

import asyncio

import pytest

from channels.base import ChannelDown, ChannelState, Listeners, Traits
from channels.messages import Ref
from tests.unit.supervisor_stand import HOME, WORDS, Line, Stand, running


class Seat:
    """A seat that a test gives and takes."""

    def __init__(self) -> None:
        self.is_ours = False
        self.left = 0
        self._changed = asyncio.Event()

    def pass_on(self, *, is_ours: bool) -> None:
        self.is_ours = is_ours
        self._changed.set()
        self._changed = asyncio.Event()

    async def take(self) -> bool:
        return self.is_ours

    async def until_taken(self) -> None:
        while not self.is_ours:
            await self._changed.wait()

    async def until_lost(self) -> None:
        while self.is_ours:
            await self._changed.wait()

    def leave(self) -> None:
        self.left += 1


class OneListens(Line):
    traits = Traits(max_text=100, hearing=Listeners.ONE)


class OneSpeaks(Line):
    traits = Traits(max_text=100, hearing=Listeners.SOLE)


async def test_without_the_seat_a_channel_sends_and_does_not_listen_until_the_seat_is_ours() -> None:
    seat = Seat()
    async with running(Stand(OneListens, seat=seat)) as stand:
        await stand.until(lambda: stand.supervisor.health.state is ChannelState.ELSEWHERE)
        assert await stand.supervisor.send(WORDS) == Ref(address=HOME, id="k")
        assert not stand.supervisor.is_elsewhere
        assert stand.lines[-1].receive is None
        seat.pass_on(is_ours=True)
        assert (await stand.up(2)).receive is not None
        seat.pass_on(is_ours=False)
        await stand.until(lambda: stand.supervisor.health.state is ChannelState.ELSEWHERE)

        assert stand.supervisor.record.reconnects == 0
        assert stand.pauses == []


async def test_where_only_the_listener_can_send_the_others_say_so() -> None:
    async with running(Stand(OneSpeaks, seat=Seat())) as stand:
        await stand.until(lambda: stand.supervisor.health.state is ChannelState.ELSEWHERE)
        assert stand.supervisor.is_elsewhere
        with pytest.raises(ChannelDown):
            await stand.supervisor.send(WORDS)


async def test_a_channel_that_every_gateway_hears_needs_no_seat() -> None:
    async with running(Stand(seat=Seat())) as stand:
        await stand.up()


async def test_a_listener_that_cannot_connect_for_long_lets_another_try() -> None:
    seat = Seat()
    seat.is_ours = True
    async with running(Stand(OneListens, seat=seat)) as stand:
        for count in range(1, 5):
            (await stand.up(count)).fail(ChannelDown("no way out"))
            await stand.down()
            stand.wake()
        await stand.up(5)

        assert stand.pauses == [1, 2, 4, 8]
        assert seat.left == 2
