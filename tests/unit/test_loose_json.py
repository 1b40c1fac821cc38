"""Arguments that are nearly JSON: read as they were meant, never completed where they were cut off."""

import json

import pytest

from agents.call_forms.arguments import MOST_DEEP, ArgumentsWrong
from agents.call_forms.loose_json import loose_arguments, without_fence

MEANT = {"path": "a.py", "all": True}


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"path": "a.py", "all": true}\n```',
        '```\n{"path": "a.py", "all": true}```',
        json.dumps('{"path": "a.py", "all": true}'),
        json.dumps('```json\n{"path": "a.py", "all": true}\n```'),
        '{"path": "a.py", "all": true,}',
        '{"path": "a.py", "all": true,\n}',
        "{'path': 'a.py', 'all': True}",
        "{'path': 'a.py', \"all\": True,}",
        ' \n{"path":"a.py","all":true} \n',
    ],
)
def test_what_is_nearly_json_is_read_as_it_was_meant(text: str) -> None:
    assert loose_arguments(text)[0] == MEANT


def test_raw_line_ends_and_tabs_inside_strings_are_kept() -> None:
    assert loose_arguments('{"content": "def f():\n\treturn 1\n"}') == ({"content": "def f():\n\treturn 1\n"}, False)


def test_commas_inside_strings_are_kept() -> None:
    assert loose_arguments('{"content": "[1, ]\n{a,}",}')[0] == {"content": "[1, ]\n{a,}"}


def test_what_is_json_as_it_stands_is_said_to_be() -> None:
    assert loose_arguments('{"path": "a.py"}') == ({"path": "a.py"}, True)
    assert loose_arguments("") == ({}, True)


@pytest.mark.parametrize(
    "text",
    [
        '{"command": "rm -r build/',
        '{"command": "rm -r build/"',
        '{"command": "rm -r bui"} and more',
        '```json\n{"command": "ls',
        "{'command': 'rm -r build/",
        '"{\\"command\\": \\"ls"',
        "[1, 2]",
        "'ls'",
        "ls",
        "{1: 2}",
        "{'a', 'b'}",
        "{'a': __import__('os')}",
        "{'a': b'b'}",
    ],
)
def test_what_was_cut_off_or_is_no_object_stays_unreadable(text: str) -> None:
    with pytest.raises(ArgumentsWrong, match="not a JSON object"):
        loose_arguments(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{'a': " + "[" * 3 * MOST_DEEP + "]" * 3 * MOST_DEEP + "}", "arguments.no_object"),
        ('{"a": ' + "[" * 100 + "]" * 100 + ",}", "arguments.deep"),
        ('{"a": "\\u0000",}', "arguments.no_text"),
        ("{'a': '\\ud800'}", "arguments.no_text"),
        ("{'a': " + "9" * 50 + "}", "arguments.digits"),
        ('{"a": NaN,}', "arguments.no_number"),
    ],
)
def test_the_bounds_of_arguments_hold_in_every_form(text: str, rule: str) -> None:
    with pytest.raises(ArgumentsWrong) as caught:
        loose_arguments(text)
    assert caught.value.rule == rule


@pytest.mark.parametrize("pump", ['\\"', '"', '"\\', ",", ", ", "\\", "{'", " "])
@pytest.mark.parametrize("begin", ['{"a": ', "```\n", "```json\n{'a': '"])
def test_however_long_it_is_nothing_is_looked_through_again_and_again(begin: str, pump: str) -> None:
    """With a square of its length this would take hours."""
    with pytest.raises(ArgumentsWrong):
        loose_arguments(begin + pump * 500_000 + "x")


@pytest.mark.parametrize("inside", ["", "\n", "a\n```\nb", "a  \n", "a\r\n", "`", "a\n\n"])
def test_what_a_fence_holds_is_kept_to_the_letter(inside: str) -> None:
    assert without_fence(f"  ```json  \r\n{inside}\r\n  ```\n") == inside
    assert without_fence(f"```\n{inside}x```") == f"{inside}x"
    for other in (f"```\n{inside}x", f"{inside}\n```", f"``` a b\n{inside}\n```", f"```a\n{inside}\n``` b"):
        assert without_fence(other) == other
