"""What the benchmark says about its figures: aims, and the comparison with the document."""

import asyncio
import os
import sys

import pytest

from tests.load.aims import AIMS, figures_of
from tests.load.figures import BEGIN, DOCUMENT, END, Figure, Recorded, read, shown, table, warnings, write
from tests.load.processes import cpu_seconds, tree

CPU = Figure(name="chat_cpu", what="CPU per message", unit="ms", value=6.0, floor=2.0, aim=8)
EMPTY = f"# Speed\n\n{BEGIN}\n{END}\n\nMore words.\n"


def test_an_aim_is_a_limit_from_above_or_from_below():
    rate = Figure(name="r", what="rate", value=150, aim=200, at_most=False)

    assert (CPU.is_met, rate.is_met) == (True, False)
    assert Figure(name="p", what="p", value=1).is_met is None


def test_only_a_promise_that_is_missed_breaks_a_run():
    found = figures_of({"burst_lost": 1, "chat_cpu": 1000}, {})

    assert [(each.name, each.is_met, each.is_broken) for each in found] == [
        ("chat_cpu", False, False),
        ("burst_lost", False, True),
    ]


def test_what_the_document_holds_is_read_back():
    text = write(EMPTY, [CPU], "Taken yesterday.")

    assert read(text) == {"chat_cpu": Recorded(value=6, floor=2)}
    assert text.startswith("# Speed\n\n")
    assert text.endswith("\n\nMore words.\n")


def test_a_new_run_replaces_the_old_one():
    once = write(EMPTY, [CPU], "Taken yesterday.")
    twice = write(once, [Figure(name="prompt", what="prompt", unit="tokens", value=1234)], "Taken today.")

    assert read(twice) == {"prompt": Recorded(value=1234, floor=None)}
    assert "yesterday" not in twice


def test_a_document_without_a_table_is_not_overwritten():
    with pytest.raises(ValueError, match="no table"):
        write("# Speed\n", [CPU], "")


@pytest.mark.parametrize(
    ("value", "floor", "is_worse"),
    [(6.0, 2.0, False), (12.0, 4.0, False), (7.4, 2.0, False), (8.0, 2.0, True), (6.0, 1.0, True)],
)
def test_times_are_compared_by_their_ratio_to_the_floor(value: float, floor: float, *, is_worse: bool):
    now = Figure(name="chat_cpu", what="CPU per message", unit="ms", value=value, floor=floor)

    assert bool(warnings([now], read(write(EMPTY, [CPU], "")))) is is_worse


def test_a_rate_gets_worse_by_falling():
    before = Figure(name="burst_rate", what="rate", value=400, floor=1000, at_most=False)
    recorded = read(write(EMPTY, [before], ""))

    def now(value: float) -> list[str]:
        return warnings([Figure(name="burst_rate", what="rate", value=value, floor=1000, at_most=False)], recorded)

    assert now(200) == ["burst_rate: 100 % worse than recorded (rate)"]
    assert now(380) == []
    assert len(now(0)) == 1


def test_a_figure_of_which_none_was_recorded_is_compared_with_nothing():
    before = Figure(name="stop_left", what="left", value=0, floor=400)
    now = Figure(name="stop_left", what="left", value=50, floor=400)

    assert warnings([now], read(write(EMPTY, [before], ""))) == []


def test_a_time_without_a_floor_says_nothing_about_another_machine():
    cold = Figure(name="start_cold", what="cold", unit="s", value=2.0)
    tokens = Figure(name="prompt", what="prompt", unit="tokens", value=1000)
    recorded = read(write(EMPTY, [cold, tokens], ""))
    later = [
        Figure(name="start_cold", what="cold", unit="s", value=9.0),
        Figure(name="prompt", what="prompt", unit="tokens", value=1500),
    ]

    assert warnings(later, recorded) == ["prompt: 50 % worse than recorded (prompt)"]


def test_the_table_shows_floor_aim_and_what_is_recorded():
    lines = table([CPU], read(write(EMPTY, [CPU], ""))).splitlines()

    assert lines[1].split() == ["CPU", "per", "message", "ms", "2", "6", "≤", "8", "yes", "6"]


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (3.14159, "3.14"), (31.4159, "31.4"), (3141.59, "3,142")])
def test_numbers_show_three_figures_that_matter(value: float, text: str):
    assert shown(value) == text


def test_the_document_has_every_figure_and_no_other():
    assert read(DOCUMENT.read_text(encoding="utf-8")).keys() == AIMS.keys()


async def test_cpu_time_counts_children_that_run_and_that_have_ended():
    burn = "import time\nwhile time.process_time() < 0.15: pass\n"
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\nprint('', flush=True)\ninput()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    await process.stdout.readline()

    assert cpu_seconds(process.pid) >= 0.14
    assert process.pid in tree(os.getpid())

    process.stdin.close()
    await process.wait()
