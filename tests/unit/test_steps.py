"""The lines of an answer's calls: what they say, how they fold, and what of them stays with the answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from channels.base import Streaming, Traits
from channels.messages import Address, Outbound, plain
from channels.running.degrade import degrade
from channels.steps import line, lines, summary
from channels.work import How, Step, Work
from gateway.messages.long_work import LongWorkView
from tests.unit.test_stream import Clock, Screen, writer_on

PYTEST = Step(id="1", what="Run", about="pytest -q", how=How.DONE, seconds=12.2)
SHOWS = Traits(max_text=4000, streaming=Streaming.EDIT)
SHOWS_NOTHING = Traits(max_text=4000)


def ended(number: int, seconds: float = 2.0) -> Step:
    return Step(id=str(number), what="Read", about=f"{number}.py", how=How.DONE, seconds=seconds)


def answered(steps: int, seconds: float, traits: Traits, language: str = "en") -> list[str]:
    message = Outbound(
        key="turn:1",
        address=Address(channel="c", room="1"),
        parts=plain("Done."),
        in_language=language,
        work=Work(count=steps, seconds=seconds),
    )
    return [each.text for each in degrade(message, traits)]


def test_a_line_says_what_how_long_and_in_a_word_what_did_not_go_well() -> None:
    refused = Step(id="2", what="Fetch", about="http://10.0.0.1/", how=How.REFUSED)
    waiting = Step(id="3", what="执行命令", about="make install", how=How.WAITING, code="6RMQ")

    assert line(PYTEST, "en") == "✓ Run `pytest -q` · 12 s"
    assert line(Step(id="1", what="Run", about="make", how=How.FAILED, seconds=3), "en") == (
        "✗ Run `make` · 3 s · did not work"
    )
    assert line(refused, "en") == "✗ Fetch `http://10.0.0.1/` · refused"
    assert line(waiting, "zh") == "⏸ 执行命令 `make install` · 等待审批 6RMQ"


def test_a_subject_is_one_short_line_that_closes_no_code_and_hides_no_sign() -> None:
    said = line(Step(id="1", what="Run", about=f"echo `id`\n\u202e{'x' * 100}", how=How.DONE), "en")

    assert "\n" not in said
    assert "\u202e" not in said
    assert said.count("`") == 2
    assert len(said) < 80


def test_many_lines_fold_and_the_newest_stay() -> None:
    shown = lines([ended(number) for number in range(12)], "en").split("  \n")

    assert shown == ["… 9 steps · 18 s", *(f"✓ Read `{number}.py` · 2 s" for number in (9, 10, 11))]
    assert len(lines([ended(number) for number in range(4)], "en").split("  \n")) == 4


def test_times_are_said_as_people_say_them() -> None:
    assert summary(1, 0.2, "en") == "1 step"
    assert summary(12, 48, "zh") == "12 步 · 48 秒"
    assert summary(2, 119.7, "en") == "2 steps · 2 min 0 s"
    assert summary(2, 3725, "en") == "2 steps · 1 h 2 min"


def test_an_answer_keeps_a_line_of_its_own_voice_only_after_many_calls() -> None:
    assert answered(5, 90, SHOWS) == ["Done."]
    assert answered(12, 48, SHOWS) == ["Done.\n\n❖ 12 steps · 48 s"]
    assert answered(12, 48, Traits(max_text=4000, streaming=Streaming.NATIVE, draws_steps=True)) == ["Done."]


def test_where_nothing_could_be_seen_long_work_leaves_a_line_too() -> None:
    assert answered(1, 19, SHOWS_NOTHING) == ["Done."]
    assert answered(1, 48, SHOWS_NOTHING, "zh") == ["Done.\n\n❖ 1 步 · 48 秒"]
    assert answered(0, 48, SHOWS_NOTHING) == ["Done."]
    assert answered(1, 48, Traits(max_text=4000, patience_seconds=0)) == ["Done."]


class Unseen:
    """Where nothing is shown."""

    async def write(self, delta: str) -> None:
        """Nobody reads it."""

    def note(self, text: str) -> None:
        """Nobody reads it."""

    def step(self, step: Step) -> None:
        """Nobody sees it."""

    async def close(self) -> None:
        """Nothing stands anywhere."""


async def test_where_nothing_can_be_seen_long_work_is_spoken_of_once() -> None:
    told: list[str] = []
    heard = asyncio.Event()

    async def tell(words: str) -> None:
        told.append(words)
        heard.set()

    view = LongWorkView(Unseen(), tell, "en", 0.01)
    view.step(PYTEST)
    async with asyncio.timeout(10):
        await heard.wait()
    view.step(ended(2))
    await view.close()

    assert told == ["Still working: 1 step so far, now Run `pytest -q`. The answer follows by itself; /stop ends it."]


async def test_quick_work_is_not_spoken_of() -> None:
    told: list[str] = []

    async def tell(words: str) -> None:
        told.append(words)

    view = LongWorkView(Unseen(), tell, "en", 600)
    view.step(PYTEST)
    await view.close()

    assert told == []


async def test_calls_are_lines_below_the_words_at_the_pace_of_the_platform_and_fold_once_words_follow() -> None:
    clock = Clock()
    screen = Screen(clock)
    writer = writer_on(screen)
    await writer.write("I look.")
    writer.step(replace(ended(1), how=How.RUNNING))
    await clock.advance(0.5)
    for number in range(1, 7):
        writer.step(ended(number))
    writer.note("```\n3 passed\n```")
    await clock.advance(1)
    writer.note("")
    await writer.write(" It is fine.")
    await clock.advance(1)
    await writer.close()

    newest = ("✓ Read `4.py` · 2 s", "\n✓ Read `5.py` · 2 s", "\n✓ Read `6.py` · 2 s")
    assert [text for _, text in screen.shown] == [
        "I look.\n\n⏳ Read `1.py` · 2 s",
        f"I look.\n\n… 3 steps · 6 s  \n{'  '.join(newest)}\n\n```\n3 passed\n```",
        "I look. It is fine.\n\n✓ 6 steps · 12 s",
    ]


async def test_a_platform_that_draws_calls_itself_is_given_all_of_them_apart_from_the_words() -> None:
    drawn: list[tuple[str, list[str]]] = []

    class Drawing(Screen):
        async def show_steps(self, text: str, steps: Sequence[Step]) -> None:
            drawn.append((text, [each.how for each in steps]))

    clock = Clock()
    writer = writer_on(Drawing(clock))
    writer.step(replace(ended(1), how=How.RUNNING))
    await clock.advance(0.5)
    writer.step(ended(1))
    await writer.write("Done.")
    await clock.advance(1)
    await writer.close()

    assert drawn == [("", ["running"]), ("Done.", ["done"])]
