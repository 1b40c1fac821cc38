"""A turn that goes round in circles is seen by what came of its calls, and never for words that it repeats."""

from itertools import cycle
from typing import Any

import pytest

from agents.models.context import CallOutcome, Prepared, answer_message, message, result_message
from agents.models.protocol import ToolCallRequest
from agents.tools.tool import Tool, ToolContext, ToolResult
from agents.turn.brake import ANSWERED, ENDS, REPEATED, Brake
from agents.turn.found import so_far
from governance.values.verdicts import Effect

READ, TESTS, EDIT = ("read_file", '{"path":"a"}'), ("shell", '{"command":"pytest -q"}'), ("edit_file", '{"path":"a"}')
FAILED_TESTS = "1 failed in {seconds} s\nexit 1 · {seconds} s"


async def never(_: ToolContext, __: Any) -> ToolResult:
    raise AssertionError("nothing runs here")


TOOLS = {
    name: Tool(name=name, description="", parameters={}, run=never, effect=effect)
    for name, effect in {"read_file": Effect.READS, "shell": Effect.RUNS, "edit_file": Effect.WRITES}.items()
}


def asked(call: tuple[str, str]) -> ToolCallRequest:
    return ToolCallRequest(id="call_1", name=call[0], arguments=call[1])


def made(brake: Brake, call: tuple[str, str], text: str, outcome: CallOutcome = CallOutcome.DONE) -> str:
    """What the model is told of one call by itself, which comes to this when it runs."""
    (is_held,) = brake.held([asked(call)])
    return brake.saw(asked(call), REPEATED if is_held else text, CallOutcome.NOT_RUN if is_held else outcome)


def test_the_third_identical_result_says_so_the_fifth_call_does_not_run_and_the_eighth_ends_the_turn() -> None:
    brake = Brake(TOOLS)

    told = [made(brake, READ, "text") for _ in range(ENDS - 1)]

    assert told[:2] == ["text", "text"]
    assert told[2:4] == [f"text\n(same result as the last {times} times)" for times in (2, 3)]
    assert told[4:] == [REPEATED] * 3
    assert not brake.is_spent
    assert made(brake, READ, "text") == REPEATED
    assert brake.is_spent


def test_tests_after_edits_run_as_often_as_they_are_needed_however_long_they_take() -> None:
    brake = Brake(TOOLS)

    for number in range(20):
        assert made(brake, TESTS, FAILED_TESTS.format(seconds=number / 7), CallOutcome.FAILED).endswith(" s")
        made(brake, (EDIT[0], f'{{"path":"a","new":"{number}"}}'), "Replaced 1 place in a.")

    assert not brake.is_spent


def test_the_same_tests_with_nothing_between_are_the_same_whatever_they_took() -> None:
    brake = Brake(TOOLS)

    told = [made(brake, TESTS, FAILED_TESTS.format(seconds=number / 7), CallOutcome.FAILED) for number in range(5)]

    assert told[2].endswith("(same result as the last 2 times)")
    assert told[4] == REPEATED


@pytest.mark.parametrize("between", [(EDIT, CallOutcome.FAILED), (READ, CallOutcome.DONE)])
def test_what_changes_nothing_clears_nothing(between: tuple[tuple[str, str], CallOutcome]) -> None:
    brake = Brake(TOOLS)

    for number in range(4):
        made(brake, TESTS, "1 failed", CallOutcome.FAILED)
        made(brake, (between[0][0], f'{{"path":"{number}"}}'), f"{number}", between[1])

    assert made(brake, TESTS, "1 failed", CallOutcome.FAILED) == REPEATED


@pytest.mark.parametrize("length", [2, 3, 4])
def test_cycles_of_several_calls_that_each_succeed_are_seen(length: int) -> None:
    brake, calls = Brake(TOOLS), cycle([("shell", f'{{"command":"echo {number}"}}') for number in range(length)])

    told = [made(brake, next(calls), "same") for _ in range(length * (ENDS + 1))]

    assert "same\n(same result as the last 2 times)" in told
    assert REPEATED in told
    assert brake.is_spent


def test_the_order_and_the_blanks_of_arguments_make_no_other_call() -> None:
    brake = Brake(TOOLS)

    for arguments in ('{"path":"a","lines":3}', '{ "lines": 3, "path": "a" }') * 2:
        made(brake, ("read_file", arguments), "text")

    assert made(brake, ("read_file", '{"lines":3,"path":"a"}'), "text") == REPEATED


def test_many_of_one_call_in_one_answer_are_counted_and_a_change_before_the_last_lets_it_run() -> None:
    brake = Brake(TOOLS)
    for _ in range(3):
        made(brake, TESTS, "1 failed", CallOutcome.FAILED)

    assert brake.held([asked(TESTS)] * 3) == [False, True, True]
    assert brake.held([asked(TESTS), asked(EDIT), asked(TESTS)]) == [False, False, False]
    assert brake.held([asked(TESTS), asked(READ), asked(TESTS)]) == [False, False, True]


@pytest.mark.parametrize("before", range(1, ENDS))
def test_a_turn_that_is_taken_up_again_counts_on_where_it_was(before: int) -> None:
    """Its calls have other ids, and its results carry the notes, as they were stored."""
    whole, own = Brake(TOOLS), list[Prepared]()
    for number in range(before):
        text = made(whole, TESTS, "1 failed", CallOutcome.FAILED)
        outcome = CallOutcome.NOT_RUN if text == REPEATED else CallOutcome.FAILED
        call = ToolCallRequest(id=f"call_{number}", name=TESTS[0], arguments=TESTS[1])
        own += [answer_message("", [call]), result_message(call.id, text, outcome)]

    again = Brake.after(own, TOOLS)

    rest = [made(again, TESTS, "1 failed", CallOutcome.FAILED) for _ in range(before, ENDS)]
    assert rest == [made(whole, TESTS, "1 failed", CallOutcome.FAILED) for _ in range(before, ENDS)]
    assert again.is_spent
    assert (rest[-1] == REPEATED) is (ENDS >= ANSWERED)


def step(number: int, text: str, call: tuple[str, str], result: str, outcome: CallOutcome | None) -> list[Prepared]:
    request = ToolCallRequest(id=f"call_{number}", name=call[0], arguments=call[1])
    return [answer_message(text, [request]), result_message(request.id, result, outcome)]


def test_what_was_found_is_shown_in_a_few_lines_without_what_was_meant_for_the_model() -> None:
    own = [
        message("user", "mend it"),
        *step(1, "I look.", READ, "x = 1\ny = 2\nz = 3\n(lines 1-3 of 9; read on with first_line=4)", CallOutcome.DONE),
        *step(2, "", EDIT, "the old text is not in a; read the file and copy it exactly", CallOutcome.FAILED),
        *step(
            3,
            "Tests fail.",
            TESTS,
            "E   assert 1 == 2\n1 failed\n(Only listed hosts pass.)\nexit 1 · 3 s",
            CallOutcome.FAILED,
        ),
        *step(4, "", TESTS, REPEATED, CallOutcome.NOT_RUN),
        *step(5, "", ("shell", '{"command":"rm x"}'), "The program ended, so nobody knows. Do not repeat it", None),
    ]

    assert so_far(own, TOOLS, "en").splitlines() == [
        "Found so far:",
        "“Tests fail.”",
        "- read_file “a”: “x = 1 y = 2”",
        "- edit_file “a”: did not work",
        "- shell “pytest -q”: “1 failed exit 1 · 3 s”",
    ]
    assert so_far(own, TOOLS, "zh").startswith("目前得到的结果：\n")
    assert so_far([message("user", "hi")], TOOLS, "en") == ""
