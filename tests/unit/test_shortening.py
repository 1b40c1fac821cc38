"""What a conversation looks like once it no longer fits: parts go, pairs stay, and nobody's words are cut."""

import json
from collections.abc import Sequence

import pytest

from agents.conversation.conversation import MOST_BYTES, History
from agents.models.context import CallOutcome, answer_message, message, result_message
from agents.models.pictures import Picture, Pictured
from agents.models.protocol import Message, ToolCallRequest
from agents.models.shortening import LONG_RESULT, shortened, size_of
from tests.platforms.model_rules import complaint_about

SYSTEM = message("system", "You help.")


def step(number: int, text: str, name: str = "read_file", **arguments: object) -> list[Message]:
    given = json.dumps(arguments or {"path": f"{number}.txt"})
    call = ToolCallRequest(id=f"call_{number}", name=name, arguments=given)
    signed = {"anthropic": [{"type": "thinking", "thinking": "…", "signature": f"sig-{number}"}]}
    return [answer_message("", [call], signed=signed), result_message(call.id, text, CallOutcome.DONE)]


def turn(number: int, size: int = 1_000) -> list[Message]:
    return [
        message("user", f"question {number}"),
        *step(number, "r" * size),
        message("assistant", f"answer {number}"),
    ]


def size(messages: Sequence[Message]) -> int:
    return sum(map(size_of, messages))


def complaint(messages: Sequence[Message]) -> str:
    return complaint_about({"model": "m", "messages": [dict(each) for each in messages]})


def said(messages: Sequence[Message]) -> list[str]:
    return [each["content"] for each in messages if each["role"] == "user"]


def results(messages: Sequence[Message]) -> list[str]:
    return [each["content"] for each in messages if each["role"] == "tool"]


def test_what_fits_is_left_as_it_is_and_a_picture_counts_as_what_it_costs() -> None:
    picture = Pictured.showing("look", [Picture(media_type="image/png", content=bytes(3_000_000))])
    whole = [SYSTEM, *turn(1), picture]

    assert shortened(whole, 100_000) == whole


def test_after_a_turn_that_read_seven_files_the_next_question_stands_behind_all_of_it() -> None:
    """Three of them are in Chinese: what they take is what they take in UTF-8, and not their characters."""
    texts = ["数据" * 10_000 if number % 2 else "word " * 4_000 for number in range(7)]
    reads = [each for number, text in enumerate(texts) for each in step(number, text)]
    whole = [SYSTEM, message("user", "read them"), *reads, message("assistant", "Read."), message("user", "and now?")]

    fit = shortened(whole, 90_000)

    assert complaint(fit) == ""
    assert size(fit) <= 90_000
    assert said(fit) == ["read them", "and now?"]
    assert results(fit)[0] == "[read_file 0.txt: 20,000 characters left out; call it again if needed]"
    assert results(fit)[-1] == texts[-1]
    assert len(fit) == len(whole)


@pytest.mark.parametrize("room", [100, 1_500, 2_600, 5_000, 20_000])
def test_results_go_before_turns_and_the_last_question_and_answer_stay(room: int) -> None:
    whole = [SYSTEM, *(each for number in range(9) for each in turn(number)), message("user", "and now?")]

    fit = shortened(whole, room)

    assert complaint(fit) == ""
    assert fit[0] is SYSTEM
    assert fit[-1] is whole[-1]
    assert size(fit) <= max(room, size([whole[0], whole[-1]]))
    if room >= 1_500:
        assert said(fit)[-2] == "question 8"
        assert fit[-2]["content"] == "answer 8"
    if room >= 5_000:
        assert len(fit) == len(whole)


@pytest.mark.parametrize("room", [900, 1_500, 3_000, 8_000])
def test_a_turn_that_is_too_long_by_itself_keeps_what_was_asked_and_its_latest_results(room: int) -> None:
    going = [each for number in range(12) for each in step(number, "r" * 2_000)]
    whole = [SYSTEM, *turn(99), message("user", "read it all"), *going]

    fit = shortened(whole, room)

    assert complaint(fit) == ""
    assert size(fit) <= room
    assert said(fit)[-1] == "read it all"
    assert fit[-1]["tool_call_id"] == "call_11"
    assert fit[-1]["content"].startswith("r" * 100)
    assert all(each["signed_thinking"] for each in fit if each.get("tool_calls"))


def test_the_end_of_what_a_command_wrote_stays_and_nothing_says_to_run_it_again() -> None:
    output = "line\n" * 2_000 + "3 failed, 9 passed\n(exit code 1)"
    whole = [SYSTEM, message("user", "test"), *step(1, output, "shell", command="pytest -q\n  tests"), *turn(2)[1:]]

    fit = shortened([*whole, message("user", "so?")], 3_000)

    assert results(fit)[0].startswith("[shell pytest -q tests: 9,7")
    assert results(fit)[0].endswith("3 failed, 9 passed\n(exit code 1)")
    assert "again" not in results(fit)[0]
    assert len(results(fit)[0]) < LONG_RESULT


def test_the_outcome_of_a_call_stays_known_when_its_result_is_left_out() -> None:
    fit = shortened([SYSTEM, *turn(1, 5_000), message("user", "so?")], 2_000)

    assert [each.outcome for each in fit if each["role"] == "tool"] == [CallOutcome.DONE]  # type: ignore[attr-defined]


def test_what_is_sent_keeps_its_beginning_from_turn_to_turn_until_another_step_is_made() -> None:
    whole: list[Message] = [SYSTEM]
    before: list[Message] = []
    kept = 0
    for number in range(200):
        whole += turn(number, 800)
        fit = shortened([*whole, message("user", "and now?")], 40_000)[:-1]
        kept += [each["content"] for each in fit[: len(before)]] == [each["content"] for each in before]
        before = fit

    assert kept > 160


def test_a_history_keeps_its_beginning_and_makes_nothing_anew_until_it_is_full() -> None:
    history, kept, turns = History(), 0, 400
    before: list[bytes] = []
    for number in range(turns):
        history.add(turn(number, 4_000))  # type: ignore[arg-type]  # all are prepared
        now = [each.json for each in history.recent()]
        kept += now[: len(before)] == before
        before = now
        assert history.size <= MOST_BYTES

    assert kept > turns * 0.9
    assert complaint([SYSTEM, *history.recent()]) == ""
    assert any("left out" in text for text in results(history.recent()))
