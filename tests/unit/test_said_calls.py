"""Calls that a model wrote as words."""

import json

import pytest

from agents.call_forms.said_calls import Held, said_calls
from tests.unit.every_tool import every_tool

TOOLS = every_tool()
CALL = {"name": "shell", "arguments": {"command": "ls"}}


def found(text: str):
    words, calls = said_calls(text, TOOLS)
    return words, [(call.name, json.loads(call.arguments)) for call in calls]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(CALL),
        json.dumps([CALL]),
        json.dumps({"tool": "bash", "parameters": {"command": "ls"}}),
        json.dumps({"function": {"name": "shell", "arguments": '{"command": "ls"}'}}),
        json.dumps({"tool_calls": [{"type": "function", "function": CALL}]}),
        json.dumps({"action": "shell", "action_input": {"command": "ls"}}),
        f"```json\n{json.dumps(CALL, indent=2)}\n```",
        f"```\n{json.dumps(CALL)}\n```\n",
        f"<tool_call>\n{json.dumps(CALL)}\n</tool_call>",
        f"<tool_call>{json.dumps(CALL)}",
        '<function=shell>{"command": "ls"}</function>',
        "<tool_call>\n<function=shell>\n<parameter=command>\nls\n</parameter>\n</function>\n</tool_call>",
    ],
)
def test_an_answer_that_is_nothing_but_a_call_is_a_call(text: str) -> None:
    assert found(text) == ("", [("shell", {"command": "ls"})])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"name": "git_status", "arguments": {"path": "."}}, ("shell", {"command": "git status ."})),
        ({"name": "rm", "arguments": {"path": "./build it"}}, ("shell", {"command": "rm './build it'"})),
        ({"name": "sort", "arguments": {"args": ["-r", "a"]}}, ("shell", {"command": "sort -r a"})),
        ({"name": "df", "arguments": {"command": "df -h"}}, ("shell", {"command": "df -h"})),
        (
            {"name": "a.py", "arguments": {"path": "a.py", "end_line": 5}},
            ("read_file", {"path": "a.py", "end_line": 5}),
        ),
        (
            {"name": "read_file", "arguments": {"path": "https://example.org/"}},
            ("fetch_url", {"url": "https://example.org/"}),
        ),
    ],
)
def test_a_name_that_is_no_tool_means_a_program_or_the_one_tool_that_fits(said, meant) -> None:
    assert found(json.dumps(said)) == ("", [meant])


@pytest.mark.parametrize(
    "said",
    [
        {"name": "no-such-program", "arguments": {"path": "a"}},
        {"name": "test_suite", "arguments": {"path": "a"}},
        {"name": "sort", "arguments": {"reverse": True}},
        {"name": "notes", "arguments": {"path": "a"}},
        {"name": "rm; id", "arguments": {"path": "a"}},
    ],
)
def test_where_several_or_none_can_be_meant_nothing_is_guessed(said) -> None:
    assert found(json.dumps(said)) == (json.dumps(said), [])


def test_several_calls_keep_their_order_and_words_beside_tags_stay_words() -> None:
    second = {"name": "read_file", "arguments": {"path": "a"}}
    both = [("shell", {"command": "ls"}), ("read_file", {"path": "a"})]

    assert found(f"{json.dumps(CALL)}\n{json.dumps(second)}") == ("", both)
    tagged = "".join(f"<tool_call>{json.dumps(each)}</tool_call>" for each in (CALL, second))
    assert found(f"I look.\n{tagged}") == ("I look.", both)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ls",
        f"You would call it so: {json.dumps(CALL)}",
        f"{json.dumps(CALL)} lists the files.",
        json.dumps({"name": "deploy", "arguments": {}}),
        json.dumps([CALL, {"name": "deploy", "arguments": {}}]),
        json.dumps({"name": "shell"}),
        json.dumps({"command": "ls"}),
        '{"name": "shell", "arguments": {"command": "ls',
        f"<tool_call>{json.dumps(CALL)[:-6]}",
        json.dumps(["shell"]),
        "[" * 5_000,
    ],
)
def test_everything_else_is_words_to_the_letter(text: str) -> None:
    assert found(text) == (text, [])


@pytest.mark.parametrize(
    ("begin", "pump"),
    [
        ("```\n", " "),
        ("<tool_call>x", " "),
        ("<tool_call>", "<tool_call>"),
        ("<function=shell>x", " "),
        ("", "<function=shell>"),
        ("<function=shell>", "<parameter=command>"),
        ("<function=deploy></function>", "<function=shell>"),
    ],
)
def test_however_long_an_answer_is_nothing_is_looked_through_again_and_again(begin: str, pump: str) -> None:
    """With a square of its length or more this would take minutes and hours."""
    text = f"{begin}{pump * (190_000 // len(pump))}x"
    assert found(text) == (text, [])


def test_without_tools_everything_is_words() -> None:
    assert said_calls(json.dumps(CALL), {}) == (json.dumps(CALL), ())


def shown_of(text: str, size: int, tools: bool = True) -> tuple[str, str]:
    held = Held(has_tools=tools)
    shown = "".join(held.feed(text[at : at + size]) for at in range(0, len(text), size))
    return shown, held.rest()


@pytest.mark.parametrize("size", [1, 3, 1_000])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (json.dumps(CALL), ""),
        (f"```json\n{json.dumps(CALL)}\n```", ""),
        (f"I look. <tool_call>{json.dumps(CALL)}</tool_call>", "I look. "),
        ("Hello, <b>you</b> of 1 < 2", "Hello, <b>you</b> of 1 < 2"),
        ("```python\nprint(1)\n```\nThat is it.", "```python\nprint(1)\n```\nThat is it."),
        ("[1] is a footnote", "[1] is a footnote"),
    ],
)
def test_what_may_be_a_call_is_held_back_and_words_are_shown_at_once(text: str, shown: str, size: int) -> None:
    assert shown_of(text, size) == (shown, text[len(shown) :])


def test_an_object_that_names_no_tool_is_shown_before_it_ends() -> None:
    text = json.dumps({"rows": [{"city": "Kyoto", "people": 1_464_000}] * 40})
    shown, rest = shown_of(text, 10)
    assert (shown + rest, rest) == (text, "")


def test_an_agent_without_tools_holds_nothing_back() -> None:
    assert shown_of(json.dumps(CALL), 4, tools=False) == (json.dumps(CALL), "")
