"""The arguments of a call as whoever decides reads them."""

import pytest

from governance.approvals.shown.written import written


def test_the_command_comes_first_and_everything_else_follows() -> None:
    assert written({"timeout": 5, "command": "ls\nps", "why": "a\nb"}, "command") == "ls\nps\ntimeout: 5\nwhy:\na\nb"
    assert written({}, "path") == ""


def test_what_is_replaced_is_a_difference_line_by_line() -> None:
    shown = written({"new": "a = 2\nold: b\n", "old": "a = 1", "path": "a.py", "replace_all": True}, "path")

    assert shown == "a.py\n- a = 1\n+ a = 2\n+ old: b\n+ \nreplace_all: true"


@pytest.mark.parametrize("names", [("old", "new"), ("old_string", "new_string")])
def test_each_of_several_replacements_is_a_difference(names: tuple[str, str]) -> None:
    old, new = names
    edits = [{new: "a", old: "b\nedits 9:"}, {old: "", new: "d", "replace_all": True}]

    assert written({"edits": edits, "path": "a.py"}, "path") == (
        "a.py\nedits 1:\n- b\n- edits 9:\n+ a\nedits 2:\n- \n+ d\nreplace_all: true"
    )


@pytest.mark.parametrize("value", [[], [1], [{"old": "a"}], [{"old": "a", "new": "b", "new_x": "c"}], {"old": 1}])
def test_what_is_no_replacement_is_shown_as_it_is_sent(value: object) -> None:
    shown = written({"edits": value}, "path")

    assert shown.startswith("edits: ")
    assert "\n" not in shown


def test_nothing_of_a_call_is_left_out() -> None:
    shown = written({"path": "p", "old": "o", "new": ["n"], "old_name": "x", "other": None}, "path")

    assert shown == 'p\nold: o\nnew: ["n"]\nold_name: x\nother: null'
