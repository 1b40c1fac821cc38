"""A token is asked for once by however many need it, in time before its end, and anew when it was not taken."""

import asyncio

import pytest

from channels.base import ChannelDown
from channels.shared.tokens import RenewedToken


class Platform:
    """Gives out numbered tokens of some seconds; `trouble` is what it says instead, once."""

    def __init__(self, seconds: float = 100.0) -> None:
        self.seconds = seconds
        self.given = 0
        self.trouble: Exception | None = None

    async def ask(self) -> tuple[str, float]:
        await asyncio.sleep(0)
        if trouble := self.trouble:
            self.trouble = None
            raise trouble
        self.given += 1
        return f"t{self.given}", self.seconds


async def test_many_who_need_it_at_once_ask_once() -> None:
    platform = Platform()
    token = RenewedToken(platform.ask, early_seconds=10)

    assert set(await asyncio.gather(*(token.value() for _ in range(20)))) == {"t1"}
    assert await token.value() == "t1"


@pytest.mark.parametrize(("seconds", "early", "asked"), [(0.2, 0.1, 2), (0.2, 5.0, 2), (1000.0, 10.0, 1)])
async def test_it_is_renewed_before_its_end_and_a_short_one_after_half_its_life(
    seconds: float, early: float, asked: int
) -> None:
    platform = Platform(seconds)
    token = RenewedToken(platform.ask, early_seconds=early)
    await token.value()
    await asyncio.sleep(0.02)
    assert await token.value() == "t1"
    await asyncio.sleep(0.1)

    assert await token.value() == f"t{asked}"


async def test_one_that_was_not_taken_is_asked_for_anew_and_a_newer_one_is_kept() -> None:
    platform = Platform()
    token = RenewedToken(platform.ask, early_seconds=10)
    old = await token.value()
    token.forget(old)
    assert await token.value() == "t2"
    token.forget(old)  # somebody who was slower says so again

    assert await token.value() == "t2"


async def test_a_refusal_reaches_who_waits_and_the_next_one_asks_again() -> None:
    platform = Platform()
    platform.trouble = ChannelDown("not now")
    token = RenewedToken(platform.ask, early_seconds=10)
    with pytest.raises(ChannelDown, match="not now"):
        await token.value()

    assert await token.value() == "t1"
