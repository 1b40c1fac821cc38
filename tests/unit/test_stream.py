"""The paced writer, in virtual time: what is shown and when, and that trouble with showing never touches the turn."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from channels.base import ChannelDown, LiveMessage, MessageRefused, RateLimited, Streaming, Traits
from channels.messages import Account, Address, Ref
from channels.running.stream import Audience, Writer

HOME = Address(channel="chat", room="1")
ALICE = Account(channel="chat", id="7")
REF = Ref(address=HOME, id="9")
AUDIENCE = Audience(address=HOME, recipient=ALICE, answers=REF)
EDITS = Traits(max_text=4096, streaming=Streaming.EDIT, stream_interval_seconds=1.0, can_edit=True)


class Clock:
    """Time that passes only when `advance` is called."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self._sleepers.append((self.now + seconds, event))
        await event.wait()

    async def advance(self, seconds: float) -> None:
        end = self.now + seconds
        await _settle()
        while due := [sleeper for sleeper in self._sleepers if sleeper[0] <= end + 1e-9]:
            at, event = min(due, key=lambda sleeper: sleeper[0])
            self._sleepers.remove((at, event))
            self.now = max(self.now, at)
            event.set()
            await _settle()
        self.now = end


async def _settle() -> None:
    """Let every task run until it waits for something."""
    for _ in range(20):
        await asyncio.sleep(0)


class Screen:
    """A channel that shows progress, and the sight of it; `troubles` are raised by its calls one after another."""

    def __init__(self, clock: Clock, troubles: Sequence[Exception] = ()) -> None:
        self.clock = clock
        self.shown: list[tuple[float, str]] = []
        self.tried = 0
        self.closed = 0
        self.opened: list[tuple[Address, Account, Ref | None]] = []
        self.resumed: list[Ref | None] = []
        self.told: list[Ref] = []
        self.gate: asyncio.Event | None = None
        self._troubles = iter(troubles)

    async def open_live(
        self, address: Address, recipient: Account, answers: Ref | None, resumes: Ref | None = None
    ) -> LiveMessage:
        self.opened.append((address, recipient, answers))
        self.resumed.append(resumes)
        return self

    async def show(self, text: str) -> None:
        self.tried += 1
        if self.gate is not None:
            await self.gate.wait()
        if trouble := next(self._troubles, None):
            raise trouble
        self.shown.append((round(self.clock.now, 3), text))

    async def stood(self, ref: Ref) -> None:
        self.told.append(ref)

    def standing(self) -> Ref | None:
        return REF if self.shown else self.resumed[-1]

    async def close(self) -> Ref | None:
        self.closed += 1
        return REF if self.shown else None


def writer_on(screen: Screen, traits: Traits = EDITS) -> Writer:
    return Writer(screen, traits, AUDIENCE, sleep=screen.clock.sleep)


async def test_an_answer_of_a_hundred_chunks_over_two_seconds_costs_two_sights() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = writer_on(screen)
    for number in range(100):
        await writer.write(f"{number} ")
        await clock.advance(0.023)

    assert await writer.close() == REF
    assert [at for at, _ in screen.shown] == [0.4, 1.4]
    assert screen.shown[0][1] == "".join(f"{number} " for number in range(18))
    assert screen.opened == [(HOME, ALICE, REF)]


async def test_a_quick_answer_is_never_shown_and_opens_nothing() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = writer_on(screen)
    await writer.write("quick")
    await clock.advance(0.3)

    assert await writer.close() is None
    assert (screen.shown, screen.opened) == ([], [])


async def test_nothing_is_shown_again_while_no_words_come() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = writer_on(screen)
    await writer.write("thinking")
    await clock.advance(30)
    await writer.write(" done")
    await clock.advance(1)
    await writer.close()

    assert [text for _, text in screen.shown] == ["thinking", "thinking done"]


async def test_writing_never_waits_for_a_platform_that_hangs() -> None:
    clock = Clock()
    screen = Screen(clock)
    screen.gate = asyncio.Event()
    writer = writer_on(screen)
    await writer.write("a")
    await clock.advance(1)
    for _ in range(50):
        await asyncio.wait_for(writer.write("b"), 0.5)
    screen.gate.set()
    await clock.advance(2)
    await writer.close()

    assert [text for _, text in screen.shown] == ["a", "a" + "b" * 50]


async def test_closing_waits_for_a_call_in_flight_so_that_its_message_can_be_replaced() -> None:
    clock = Clock()
    screen = Screen(clock)
    screen.gate = asyncio.Event()
    writer = writer_on(screen)
    await writer.write("a")
    await clock.advance(0.5)
    closing = asyncio.create_task(writer.close())
    await _settle()
    waited = not closing.done()
    screen.gate.set()

    assert waited
    assert await closing == REF
    assert [text for _, text in screen.shown] == ["a"]


async def test_the_platforms_seconds_are_obeyed_and_the_newest_text_is_shown_after_them() -> None:
    clock = Clock()
    screen = Screen(clock, [RateLimited(7)])
    writer = writer_on(screen)
    await writer.write("a")
    await clock.advance(3)
    await writer.write("b")
    await clock.advance(4.3)
    early = list(screen.shown)
    await clock.advance(0.2)
    await writer.close()

    assert early == []
    assert screen.shown == [(7.4, "ab")]


async def test_one_failure_is_forgotten_and_what_it_missed_is_shown_later() -> None:
    clock = Clock()
    screen = Screen(clock, [ChannelDown("gone")])
    writer = writer_on(screen)
    await writer.write("a")
    await clock.advance(2)
    await writer.close()

    assert screen.shown == [(1.4, "a")]


async def test_after_repeated_failures_it_gives_up_and_the_turn_goes_on() -> None:
    clock = Clock()
    screen = Screen(clock, [ChannelDown("gone")] * 99)
    writer = writer_on(screen)
    for _ in range(20):
        await writer.write("a")
        await clock.advance(1)

    assert await writer.close() is None
    assert screen.tried == 3


async def test_a_fault_of_the_adapter_itself_does_not_reach_the_turn() -> None:
    clock = Clock()
    screen = Screen(clock, [ZeroDivisionError("a bug")])
    writer = writer_on(screen)
    await writer.write("a")
    await clock.advance(1)
    await writer.write("b")
    await clock.advance(5)

    assert await writer.close() is None
    assert screen.tried == 1


async def test_a_text_that_outgrows_one_message_shows_its_end() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = writer_on(screen, Traits(max_text=10, streaming=Streaming.EDIT))
    await writer.write("0123456789abcdef")
    await clock.advance(1)
    await writer.close()

    assert screen.shown == [(0.4, "…789abcdef")]


@pytest.mark.parametrize("channel", [lambda clock: object(), Screen])
async def test_a_channel_that_shows_nothing_gets_no_task(channel: Callable[[Clock], object]) -> None:
    traits = Traits(max_text=10, streaming=Streaming.NONE)
    before = asyncio.all_tasks()
    writer = Writer(channel(Clock()), traits, AUDIENCE)
    await writer.write("words")

    assert asyncio.all_tasks() == before
    assert await writer.close() is None


async def test_words_after_the_end_are_ignored_and_no_task_stays() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = writer_on(screen)
    await writer.write("a")
    await clock.advance(1)
    await writer.close()
    await writer.write("late")
    await clock.advance(5)

    assert [text for _, text in screen.shown] == ["a"]
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("writer")]


class Meter:
    """An allowance of so many sights, which remembers what it was told."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.told: list[float] = []

    def may_show(self) -> bool:
        self.count -= 1
        return self.count >= 0

    def limited(self, limited: RateLimited) -> None:
        self.told.append(limited.retry_after_seconds)


async def test_sights_keep_within_what_the_platform_takes_and_the_last_words_are_not_lost() -> None:
    clock, meter = Clock(), Meter(2)
    screen = Screen(clock)
    writer = Writer(screen, EDITS, AUDIENCE, allowance=meter, sleep=clock.sleep)
    for number in range(6):
        await writer.write(f"{number} ")
        await clock.advance(1)
    meter.count = 1
    await clock.advance(1)
    await writer.close()

    assert [text for _, text in screen.shown] == ["0 ", "0 1 ", "0 1 2 3 4 5 "]


async def test_a_platform_that_asks_to_wait_is_heard_by_all_who_write_there() -> None:
    clock, meter = Clock(), Meter(9)
    screen = Screen(clock, [RateLimited(7)])
    writer = Writer(screen, EDITS, AUDIENCE, allowance=meter, sleep=clock.sleep)
    await writer.write("words")
    await clock.advance(10)
    await writer.close()

    assert meter.told == [7]
    assert [text for _, text in screen.shown] == ["words"]


async def test_where_an_answer_stays_is_told_once_however_often_it_is_shown() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = Writer(screen, EDITS, AUDIENCE, stood=screen.stood, sleep=clock.sleep)
    for word in ("a", "b", "c"):
        await writer.write(word)
        await clock.advance(1.5)
    await writer.close()

    assert len(screen.shown) == 3
    assert screen.told == [REF]


async def test_a_first_sight_that_a_close_interrupts_is_told_of_all_the_same() -> None:
    clock = Clock()
    screen = Screen(clock)
    screen.gate = asyncio.Event()
    writer = Writer(screen, EDITS, AUDIENCE, stood=screen.stood, sleep=clock.sleep)
    await writer.write("a")
    await clock.advance(0.5)
    closing = asyncio.create_task(writer.close())
    await _settle()
    screen.gate.set()
    await closing

    assert screen.told == [REF]


async def test_an_answer_made_again_goes_on_in_the_message_that_the_first_one_left() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = Writer(screen, EDITS, replace(AUDIENCE, resumes=REF), stood=screen.stood, sleep=clock.sleep)
    await writer.write("a")
    await clock.advance(1)

    assert await writer.close() == REF
    assert screen.resumed == [REF]
    assert screen.told == []


@pytest.mark.parametrize("streaming", [Streaming.EDIT, Streaming.NONE])
async def test_what_was_left_is_replaced_even_when_nothing_was_shown_this_time(streaming: Streaming) -> None:
    clock = Clock()
    traits = replace(EDITS, streaming=streaming)
    writer = Writer(Screen(clock), traits, replace(AUDIENCE, resumes=REF), sleep=clock.sleep)
    await writer.write("quick")

    assert await writer.close() == REF


async def test_what_takes_no_edit_any_more_is_left_and_the_answer_shown_anew() -> None:
    clock = Clock()
    screen = Screen(clock, [MessageRefused("message can't be edited")])
    writer = Writer(screen, EDITS, replace(AUDIENCE, resumes=REF), sleep=clock.sleep)
    await writer.write("a")
    await clock.advance(2)
    await writer.close()

    assert screen.resumed == [REF, None]
    assert [text for _, text in screen.shown] == ["a"]


async def test_a_note_stands_below_the_words_until_it_is_taken_away() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = writer_on(screen)
    writer.note("50 %")
    await clock.advance(1)
    await writer.write("Looking.")
    await clock.advance(1)
    writer.note("")
    await clock.advance(1)
    await writer.close()
    writer.note("late")

    assert [text for _, text in screen.shown] == ["50 %", "Looking.\n\n50 %", "Looking."]


async def test_a_note_never_pushes_the_words_out_of_the_message() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = writer_on(screen, Traits(max_text=20, streaming=Streaming.EDIT))
    await writer.write("0123456789abcdef")
    writer.note("50 %")
    await clock.advance(1)
    writer.note("n" * 12)
    await clock.advance(2)
    await writer.close()

    assert [text for _, text in screen.shown] == ["…3456789abcdef\n\n50 %", "0123456789abcdef"]


async def test_a_note_that_ends_before_any_words_shows_nothing_empty() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = writer_on(screen)
    writer.note("50 %")
    await clock.advance(0.1)
    writer.note("")
    await clock.advance(2)

    assert screen.shown == []
    assert await writer.close() is None
