"""Nothing that was ever stored makes a strict provider refuse the conversation that it stands in."""

import json
from typing import Any

import pytest

from agents.call_forms.arguments import ArgumentsWrong, arguments_in
from agents.conversation.sound import NO_RESULT, numbered, sound, sound_history
from agents.models.context import Prepared, answer_message, message
from agents.models.protocol import ToolCallRequest
from agents.models.wire import anthropic_form, gemini_form
from tests.platforms import anthropic_wire, gemini_wire
from tests.platforms.model_rules import complaint_about

HELLO = message("user", "hello")
SAME = answer_message("", [ToolCallRequest(id="call_1", name="shell", arguments="{}")] * 2)


def asked(call_id: str = "call_1", name: str = "shell", arguments: str = "{}", text: str = "") -> Prepared:
    return answer_message(text, [ToolCallRequest(id=call_id, name=name, arguments=arguments)])


def result(call_id: str = "call_1", text: str = "done") -> Prepared:
    return message("tool", text, tool_call_id=call_id)


def complaint(history: list[Prepared], *more: Prepared) -> str:
    body: dict[str, Any] = {"model": "m", "messages": [json.loads(each.json) for each in (*history, *more)]}
    return complaint_about(body)


POISONED = {
    "broken arguments": [HELLO, asked(arguments='{"command": "ls'), result(), message("assistant", "so")],
    "merged arguments": [HELLO, asked(arguments='{"a":1}{"b":2}'), result(), message("assistant", "so")],
    "a list for arguments": [HELLO, asked(arguments="[1]"), result(), message("assistant", "so")],
    "no number": [HELLO, asked(arguments='{"a": NaN}'), result(), message("assistant", "so")],
    "half a character": [HELLO, asked(arguments='{"a": "\\ud83d"}'), result(), message("assistant", "so")],
    "a dotted name": [HELLO, asked(name="functions.shell"), result(), message("assistant", "so")],
    "a name in Chinese": [HELLO, asked(name="运行"), result(), message("assistant", "so")],
    "a name of 70 letters": [HELLO, asked(name="a" * 70), result(), message("assistant", "so")],
    "no name": [HELLO, asked(name=""), result(), message("assistant", "so")],
    "an id with a colon": [HELLO, asked("shell:0"), result("shell:0"), message("assistant", "so")],
    "no id": [HELLO, asked(""), result(""), message("assistant", "so")],
    "a long id": [HELLO, asked("a" * 60), result("a" * 60), message("assistant", "so")],
    "an id that came before": [HELLO, asked(), result(), asked(), result(), message("assistant", "so")],
    "one id for two calls": [HELLO, SAME, result(text="first"), result(text="second"), message("assistant", "so")],
    "a call without result": [HELLO, asked(), message("user", "hello?"), message("assistant", "so")],
    "a call at the end": [HELLO, asked()],
    "a result at the end": [HELLO, asked(), result()],
    "a result without call": [HELLO, message("assistant", "so"), result("call_9"), HELLO, message("assistant", "so")],
    "an empty result": [HELLO, asked(), result(text=" \n"), message("assistant", "so")],
    "an empty answer": [HELLO, message("assistant", "")],
    "no answer": [HELLO],
    "an empty question": [message("user", ""), message("assistant", "so")],
    "null for an answer": [HELLO, Prepared('{"role":"assistant","content":null}')],
    "no calls in a list of calls": [HELLO, Prepared('{"role":"assistant","content":"so","tool_calls":[]}')],
    "calls that are none": [HELLO, Prepared('{"role":"assistant","content":"","tool_calls":["?"]}')],
    "an empty list of parts": [Prepared('{"role":"user","content":[]}'), message("assistant", "so")],
    "a part without words": [
        Prepared('{"role":"user","content":[{"type":"text","text":" "},{"type":"text","text":"a"}]}'),
        message("assistant", "so"),
    ],
    "parts that are none": [
        Prepared('{"role":"user","content":[7,null,{"type":"?"},{"type":"text"},{"type":"image_url"}]}'),
        message("assistant", "so"),
    ],
    "an object for words": [HELLO, Prepared('{"role":"assistant","content":{"a":1}}')],
    "a number for words": [Prepared('{"role":"user","content":5}'), message("assistant", "so")],
    "blank parts of a result": [
        HELLO,
        asked(),
        Prepared('{"role":"tool","tool_call_id":"call_1","content":[{"type":"text","text":""}]}'),
        message("assistant", "so"),
    ],
    "a word for a list of calls": [HELLO, Prepared('{"role":"assistant","content":"","tool_calls":"?"}')],
    "what is no message": [HELLO, message("assistant", "so"), Prepared("{}")],
}


@pytest.mark.parametrize("kind", POISONED)
def test_a_stored_history_is_repaired_on_reading(kind: str) -> None:
    history = sound_history(POISONED[kind])

    assert complaint(POISONED[kind], HELLO)
    assert complaint(history, HELLO) == ""
    assert sound_history(history) == history


@pytest.mark.parametrize("kind", POISONED)
def test_a_repaired_history_is_taken_in_the_other_protocols_too(kind: str) -> None:
    history = [*sound_history(POISONED[kind]), HELLO]

    assert anthropic_wire.complaint_about({"max_tokens": 1, **anthropic_form.request_of(history, [])}) == ""
    assert gemini_wire.complaint_about(gemini_form.request_of(history, []), signs=False) == ""


def test_a_history_in_order_is_left_as_it_is() -> None:
    hello, again = message("user", "hello"), message("user", "hello again")
    whole = [hello, asked(text="I look."), result(), message("assistant", "so"), again, message("assistant", "again")]

    assert all(now is before for now, before in zip(sound_history(whole), whole, strict=True))
    assert all(body._parsed is None for body in whole)


def test_what_is_no_message_at_all_is_left_out() -> None:
    assert sound_history([HELLO, Prepared("[]"), Prepared("?"), message("assistant", "so")])[1]["content"] == "so"


def test_two_calls_of_one_id_keep_their_results_in_order() -> None:
    _, calls, first, second, _ = sound_history(POISONED["one id for two calls"])

    ids = [call["id"] for call in calls["tool_calls"]]
    assert [first["tool_call_id"], second["tool_call_id"]] == ids
    assert [first["content"], second["content"]] == ["first", "second"]


def test_a_lost_result_is_said_to_be_lost_and_one_that_may_still_come_is_not() -> None:
    assert sound_history([HELLO, asked()])[2]["content"] == NO_RESULT
    assert sound_history([HELLO, asked()], is_going_on=True) == [HELLO, asked()]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ('{"command": "ls', "not a JSON object"),
        ('{"a":1}{"b":2}', "not a JSON object"),
        ("7", "not a JSON object"),
        ('{"a": Infinity}', "Infinity, which is no JSON"),
        ("[" * 200_000, "not a JSON object|nested more than 64 deep"),
        ('{"a": "\\u0000"}', "NUL"),
        ('{"a": ["\\udc00"]}', "half a character"),
    ],
)
def test_arguments_that_no_tool_can_take_are_told_apart(given: str, fault: str) -> None:
    with pytest.raises(ArgumentsWrong, match=fault):
        arguments_in(given)
    assert sound(ToolCallRequest(id="a", name="shell", arguments=given)).arguments == "{}"


def test_no_arguments_are_an_empty_object() -> None:
    assert arguments_in(" ") == {}
    assert sound(ToolCallRequest(id="a", name="shell", arguments="")).arguments == "{}"


def test_a_call_keeps_its_own_id_unless_that_is_taken_or_would_be_refused() -> None:
    calls = [ToolCallRequest(id=call_id, name="shell", arguments="{}") for call_id in ("b", "b", "call_1", "x:0", "")]

    ids = [call.id for call in numbered(calls, [HELLO, asked(), result()])]

    assert ids[0] == "b"
    assert len(set(ids)) == 5
    assert not {"call_1", "x:0", ""} & set(ids)
