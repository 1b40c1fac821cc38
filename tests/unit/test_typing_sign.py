"""Signs that an answer is being prepared, in virtual time: when they are given, and that trouble harms nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from agents.models.protocol import ModelUnavailable
from channels.base import ChannelDown, RateLimited, Streaming, Traits
from channels.messages import Account, Address, Ref
from channels.running.stream import Writer
from channels.running.typing_sign import FIRST_SIGN_SECONDS, typing_sign
from tests.unit.test_stream import ALICE, AUDIENCE, HOME, REF, Clock, Screen

SOON = FIRST_SIGN_SECONDS


class Types:
    """A platform whose sign can be seen for five seconds; `troubles` are raised by its calls one after another."""

    typing_seconds = 5.0

    def __init__(self, clock: Clock, troubles: Sequence[Exception] = ()) -> None:
        self.clock = clock
        self.given: list[float] = []
        self.where: list[tuple[Address, Account, Ref | None]] = []
        self._troubles = iter(troubles)

    async def show_typing(self, address: Address, recipient: Account, answers: Ref | None) -> None:
        self.given.append(round(self.clock.now, 3))
        self.where.append((address, recipient, answers))
        if trouble := next(self._troubles, None):
            raise trouble


class Marks(Types):
    """A platform whose sign stays until it is taken back."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.taken_back: list[float] = []
        self.gate: asyncio.Event | None = None

    async def show_typing(self, address: Address, recipient: Account, answers: Ref | None) -> None:
        if self.gate is not None:
            await self.gate.wait()
        await super().show_typing(address, recipient, answers)

    async def take_back_typing(self, address: Address, answers: Ref | None) -> None:
        assert (address, answers) == (HOME, REF)
        self.taken_back.append(round(self.clock.now, 3))


class Told:
    """An allowance that remembers what the platform asked for."""

    def __init__(self) -> None:
        self.limits: list[RateLimited] = []

    def may_show(self) -> bool:
        return True

    def limited(self, limited: RateLimited) -> None:
        self.limits.append(limited)


async def _fail_after(clock: Clock, seconds: float) -> None:
    await clock.advance(seconds)
    raise ModelUnavailable


async def test_a_quick_answer_needs_no_sign() -> None:
    clock = Clock()
    types = Types(clock)
    async with typing_sign(types, AUDIENCE, sleep=clock.sleep):
        await clock.advance(SOON - 0.1)

    assert types.given == []


async def test_a_sign_is_given_again_before_it_vanishes_and_not_after_the_end() -> None:
    clock = Clock()
    types = Types(clock)
    async with typing_sign(types, AUDIENCE, sleep=clock.sleep):
        await clock.advance(9.0)
    await clock.advance(20.0)

    assert types.given == [0.8, 4.8, 8.8]
    assert types.where[0] == (HOME, ALICE, REF)


async def test_once_something_of_the_answer_is_seen_no_sign_is_given() -> None:
    clock = Clock()
    types, screen = Types(clock), Screen(clock)
    traits = Traits(max_text=4096, streaming=Streaming.EDIT)
    async with typing_sign(types, AUDIENCE, sleep=clock.sleep) as sign:
        writer = Writer(screen, traits, AUDIENCE, sleep=clock.sleep, seen=sign.over)
        await clock.advance(2.0)
        await writer.write("Hello")
        await clock.advance(20.0)
        await writer.close()

    assert types.given == [0.8]
    assert screen.shown


async def test_no_sign_is_given_once_the_answer_is_about_to_be_sent() -> None:
    clock = Clock()
    types = Types(clock)
    async with typing_sign(types, AUDIENCE, sleep=clock.sleep) as sign:
        writer = Writer(None, Traits(max_text=10), AUDIENCE, seen=sign.over)
        await clock.advance(1.0)
        await writer.close()
        await clock.advance(20.0)

    assert types.given == [0.8]


async def test_a_sign_that_stays_is_taken_back_once() -> None:
    clock = Clock()
    marks = Marks(clock)
    async with typing_sign(marks, AUDIENCE, sleep=clock.sleep) as sign:
        await clock.advance(1.0)
        sign.over()
        await clock.advance(1.0)
        sign.over()

    assert (marks.given, marks.taken_back) == ([0.8], [1.0])


async def test_a_sign_that_stays_is_taken_back_when_the_turn_fails() -> None:
    clock = Clock()
    marks = Marks(clock)
    with pytest.raises(ModelUnavailable):
        async with typing_sign(marks, AUDIENCE, sleep=clock.sleep):
            await _fail_after(clock, 1.0)

    assert marks.taken_back == [1.0]


async def test_a_sign_that_stays_is_taken_back_though_the_platform_was_still_giving_it() -> None:
    clock = Clock()
    marks = Marks(clock)
    marks.gate = asyncio.Event()
    async with typing_sign(marks, AUDIENCE, sleep=clock.sleep) as sign:
        await clock.advance(1.0)
        sign.over()
        await clock.advance(1.0)
        assert marks.taken_back == []
        marks.gate.set()
        await clock.advance(1.0)

    assert (len(marks.given), len(marks.taken_back)) == (1, 1)


async def test_trouble_ends_the_signs_and_nothing_else() -> None:
    for trouble in (ChannelDown("gone"), RuntimeError("a fault of the adapter")):
        clock = Clock()
        types = Types(clock, [trouble])
        async with typing_sign(types, AUDIENCE, sleep=clock.sleep):
            await clock.advance(30.0)

        assert types.given == [0.8]


async def test_when_the_platform_asks_to_wait_messages_wait_and_no_sign_is_given() -> None:
    clock, told = Clock(), Told()
    types = Types(clock, [RateLimited(3)])
    async with typing_sign(types, AUDIENCE, sleep=clock.sleep, allowance=told):
        await clock.advance(30.0)

    assert types.given == [0.8]
    assert [each.retry_after_seconds for each in told.limits] == [3]


async def test_whoever_lost_the_work_gives_no_sign() -> None:
    clock = Clock()
    types = Types(clock)
    async with typing_sign(types, AUDIENCE, sleep=clock.sleep, may_act=lambda: False):
        await clock.advance(30.0)

    assert types.given == []


async def test_a_platform_without_a_sign_is_left_alone() -> None:
    clock = Clock()
    async with typing_sign(Screen(clock), replace(AUDIENCE, answers=None), sleep=clock.sleep) as sign:
        await clock.advance(30.0)
        sign.over()
