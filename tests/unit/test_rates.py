"""Keeping within a platform's rates, told by a clock that the tests turn."""

import asyncio

import pytest

from channels.base import Rate, RateLimited
from channels.running.rates import PATIENCE_SECONDS, ROOMS, Rates

ROOM = (Rate(count=4, seconds=4.0), Rate(count=12, seconds=1.2))
"""Of these, three and ten are for everybody, the others for what is urgent."""
FREE = (None, None)


class Clock:
    """A loop's clock that moves when somebody sleeps, and remembers how long."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        await asyncio.sleep(0)


def rates() -> tuple[Rates, Clock]:
    clock = Clock()
    return Rates(sleep=clock.sleep, clock=clock), clock


async def test_a_room_takes_its_burst_at_once_and_then_one_in_each_interval() -> None:
    kept, clock = rates()
    for _ in range(5):
        await kept.pass_through("a", *ROOM)

    assert clock.slept == [1.0, 2.0]


async def test_rooms_do_not_wait_for_each_other_but_share_the_bot() -> None:
    kept, clock = rates()
    for number in range(12):
        await kept.pass_through(f"room {number}", *ROOM)

    assert clock.slept == [0.1, 0.2]


async def test_tokens_come_back_with_time() -> None:
    kept, clock = rates()
    for _ in range(3):
        await kept.pass_through("a", *ROOM)
    clock.time += 3
    for _ in range(3):
        await kept.pass_through("a", *ROOM)

    assert clock.slept == []


async def test_whoever_waits_longer_than_a_moment_is_told_how_long() -> None:
    kept, _ = rates()
    slow = (Rate(count=1, seconds=60.0), None)
    await kept.pass_through("a", *slow)
    with pytest.raises(RateLimited) as caught:
        await kept.pass_through("a", *slow)

    assert caught.value.retry_after_seconds == pytest.approx(60)
    assert caught.value.retry_after_seconds > PATIENCE_SECONDS


@pytest.mark.parametrize(("whole_bot", "other_waits"), [(False, False), (True, True)])
async def test_what_the_platform_says_closes_the_room_or_the_whole_bot(whole_bot: bool, other_waits: bool) -> None:
    kept, clock = rates()
    kept.close("a", RateLimited(2, whole_bot=whole_bot))
    await kept.pass_through("a", *ROOM)
    await kept.pass_through("b", *ROOM)

    assert clock.slept == ([2.0, 2.0] if other_waits else [2.0])


async def test_a_shorter_word_of_the_platform_does_not_open_what_a_longer_one_closed() -> None:
    kept, clock = rates()
    kept.close("a", RateLimited(4))
    kept.close("a", RateLimited(1))
    await kept.pass_through("a", *ROOM)

    assert clock.slept == [4.0]


async def test_a_sight_is_left_out_rather_than_take_the_last_token() -> None:
    kept, clock = rates()
    shown = [kept.has_spare("a", *ROOM) for _ in range(4)]
    await kept.pass_through("a", *ROOM)

    assert shown == [True, True, False, False]
    assert clock.slept == []


async def test_without_a_rate_nothing_waits() -> None:
    kept, clock = rates()
    for _ in range(100):
        await kept.pass_through("a", *FREE)

    assert kept.has_spare("a", *FREE)
    assert clock.slept == []


async def test_many_rooms_do_not_grow_without_end() -> None:
    kept, _ = rates()
    for number in range(ROOMS + 10):
        kept.has_spare(str(number), *FREE)

    assert len(kept._rooms) == ROOMS


async def test_what_is_urgent_finds_a_token_in_a_room_and_a_bot_that_others_have_used_up() -> None:
    kept, clock = rates()
    for _ in range(8):
        await kept.pass_through("a", *ROOM)
    clock.slept.clear()
    await kept.pass_through("a", *ROOM, urgent=True)

    assert clock.slept == []


async def test_what_is_urgent_counts_for_those_who_come_after_it() -> None:
    kept, clock = rates()
    for _ in range(3):
        await kept.pass_through("a", *ROOM, urgent=True)
    await kept.pass_through("a", *ROOM)

    assert clock.slept == [1.0]


async def test_all_tokens_are_there_for_what_is_urgent_where_nobody_else_speaks() -> None:
    kept, clock = rates()
    for _ in range(5):
        await kept.pass_through("a", *ROOM, urgent=True)

    assert clock.slept == [1.0]


async def test_what_is_urgent_waits_as_well_when_the_platform_says_so() -> None:
    kept, clock = rates()
    kept.close("a", RateLimited(2))
    await kept.pass_through("a", *ROOM, urgent=True)

    assert clock.slept == [2.0]
