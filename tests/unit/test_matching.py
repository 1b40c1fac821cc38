"""The ladder by which the place of an edit is found, what takes its place, and what is said where there is none."""

import pytest

from agents.toolbox.fitting import changed
from agents.toolbox.matching import LONGEST_INEXACT, MOST_PLACES, FoundPlaces, MatchStep, Several, find
from agents.toolbox.nearest_lines import nearest


def edited(text: str, old: str, new: str, *, every: bool = False) -> tuple[str, str]:
    found = find(text, old, new, every=every)
    assert isinstance(found, FoundPlaces), nearest(text, old)
    return found.step.name.lower(), changed(text, found)[0]


@pytest.mark.parametrize(
    ("text", "old", "new", "step", "after"),
    [
        ("a = 1\nb = 2\n", "a = 1", "a = 3", "exact", "a = 3\nb = 2\n"),
        ("a\r\nb\r\n", "a", "a\nx", "exact", "a\r\nx\r\nb\r\n"),
        ("a\r\nb\r\nc", "a\nb", "a\nx\nb", "line_ends", "a\r\nx\r\nb\r\nc"),
        ("a\nb\r\nc\nd", "a\nb\nc", "a\nB\nc", "line_ends", "a\nB\r\nc\nd"),
        ("x\nfoo\nbar\n", "2\tfoo\n3\tbar", "2\tfoo\n3\tBAR", "numbers", "x\nfoo\nBAR\n"),
        ("x\nfoo\nbar\n", "2\tfoo\n3\tbar\n", "foo\nnew\nbar\n", "numbers", "x\nfoo\nnew\nbar\n"),
        ("foo\nbar\nfoo\n", "3\tfoo", "3\tbaz", "numbers", "foo\nbar\nbaz\n"),
        ("foo  \nbar\t\nend\n", "foo\nbar\n", "foo\nBAR\n", "trailing", "foo  \nBAR\t\nend\n"),
        ("foo\nbar", "foo \nbar  ", "foo \nBAR  ", "trailing", "foo\nBAR"),
        ("one\nlast", "last\n", "LAST\n", "trailing", "one\nLAST"),
        (
            "\tif x:\n\t\ty()\n",
            "    if x:\n        y()\n",
            "    if x:\n        z()\n",
            "indentation",
            "\tif x:\n\t\tz()\n",
        ),
        (
            "def f():\n\tif x:\n\t\treturn 1\n",
            "def f():\n    if x:\n        return 1\n",
            "def f():\n    for y in x:\n        if y:\n            return 2\n",
            "indentation",
            "def f():\n\tfor y in x:\n\t\tif y:\n\t\t\treturn 2\n",
        ),
        (
            "class A:\n    def f(self):\n        return 1\n",
            "def f(self):\n    return 1",
            "def f(self):\n\n    x = 2\n    return x",
            "indentation",
            "class A:\n    def f(self):\n\n        x = 2\n        return x\n",
        ),
        ("a:\n  - b\n", "    a:\n      - b\n", "    a:\n      - c\n      - d\n", "indentation", "a:\n  - c\n  - d\n"),
        (
            "print(“Hi”) # — x\n",
            'print("Hi") # - x',
            'print("Hi, you") # - x',
            "punctuation",
            "print(“Hi, you”) # — x\n",
        ),
        ("说：“你好”，再见。\n", '说:"你好",再见.', '说:"您好",再见.', "punctuation", "说：“您好”，再见。\n"),
        ("x = 1\u00a0+ 2\n", "x = 1 + 2", "x = 1 + 3", "punctuation", "x = 1\u00a0+ 3\n"),
        ("\t“a”\r\n\tb\r\n", '  "a"\n  b', '  "a"\n  c', "punctuation", "\t“a”\r\n\tc\r\n"),
    ],
)
def test_an_edit_is_found_by_the_most_exact_step_and_the_place_keeps_its_form(
    text: str, old: str, new: str, step: str, after: str
) -> None:
    assert edited(text, old, new) == (step, after)


@pytest.mark.parametrize(
    ("text", "old", "lines"),
    [
        ("foo\nbar\nfoo\n", "foo", (1, 3)),
        ("aaa\n", "aa", (1,)),
        ("\tx\n\ty\n  x\n  y\n", "x  \ny", (1, 3)),
        ("    a\n    b\n\ta\n\tb\n", "  a\n  b\n", (1, 3)),
        ("“q”\nx\n„q“\n", '"q"', (1, 3)),
    ],
)
def test_a_step_that_finds_several_places_is_the_last_one_and_changes_nothing(
    text: str, old: str, lines: tuple[int, ...]
) -> None:
    found = find(text, old, "new")

    assert isinstance(found, Several)
    assert found.lines == lines


def test_many_places_are_named_by_the_first_ten_lines() -> None:
    found = find("x\n" * 50, "x", "y")

    assert isinstance(found, Several)
    assert found.lines == tuple(range(1, 11))
    assert found.is_more


def test_every_place_is_replaced_whatever_its_line_ends_and_blanks() -> None:
    assert edited("a\nb\na\r\nb\n", "a\nb", "a\nc", every=True) == ("line_ends", "a\nc\na\r\nc\n")
    assert edited("aaaa", "aa", "b", every=True) == ("exact", "bb")
    assert edited("a \nb\na\t\nb", "a\nb", "c\nb", every=True) == ("trailing", "c \nb\nc\t\nb")
    assert isinstance(find("x" * (MOST_PLACES + 1), "x", "y", every=True), Several)


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("if a:\n  b\nc\n", "\tif a:\n\t\tb\n\t\tc\n"),
        ("foobar\n", "  foo  "),
        ("“foobar”\n", '"foo'),
        ("a\nb\n", "1\ta\n3\tb"),
        ("1: a\n", "2: a b"),
        ("x\n", "\n\n\n"),
    ],
)
def test_what_would_change_the_meaning_fits_nowhere(text: str, old: str) -> None:
    assert find(text, old, "new") is None


def test_only_what_writes_new_lines_as_they_are_given_is_done_to_the_letter() -> None:
    assert isinstance(find("a \r\nb", "a\nb", "c", strict=True), FoundPlaces)
    assert find("\ta\n\tb", "  a\n  b", "c", strict=True) is None
    assert find("“a”", '"a"', "c", strict=True) is None
    assert find("a", "1\ta", "1\tc", strict=True) is None


def test_a_very_long_old_text_is_looked_for_as_it_is_alone() -> None:
    line = "word " * (LONGEST_INEXACT // 5 + 1)

    assert isinstance(find(f"x\r\n{line}\r\ny", f"{line}\ny", "z"), FoundPlaces)
    assert find(f"x\n{line.strip()}\ny", f"{line}\ny", "z") is None


@pytest.mark.parametrize(
    ("text", "old", "first", "difference"),
    [
        ("a\n\tfoo(1)\n", "    foo(2)", 2, "line 2 is “foo(1)”, yours “foo(2)”"),
        ("x = 1\u00a0+ 2\n", "x = 1 + 3", 1, "line 1 has U+00A0 (no-break space), yours U+0020 (space), in column 6"),
        (
            "\tif ready:\n\t\tstart()\n\t\tstop()\n",
            "    if ready:\n        start()\n    stop()",
            1,
            "line 1 begins with a tab, yours with 4 spaces",
        ),
        ("one\nwaiting = 5\nthree\n", "one\nwaitin = 5\nthree", 1, "line 2 is “waiting = 5”, yours “waitin = 5”"),
        ("one line\nlast line", "last line\nbeyond it\n", 2, "the file ends before your line “beyond it”"),
        (
            "第一行\n第二行苍鹭站在水边\n",
            "第二行苍鹭站在岸边",
            2,
            "line 2 is “第二行苍鹭站在水边”, yours “第二行苍鹭站在岸边”",
        ),
    ],
)
def test_the_nearest_lines_are_named_with_the_first_difference(
    text: str, old: str, first: int, difference: str
) -> None:
    assert find(text, old, "new") is None
    near = nearest(text, old)

    assert near is not None
    assert (near.first, near.difference) == (first, difference)


def test_nothing_is_near_where_nothing_is_alike() -> None:
    assert nearest("alpha\nbeta\n", "something quite different = 12") is None
    assert nearest("", "x") is None


def test_a_hundred_thousand_lines_are_searched_for_the_place_and_for_what_is_like_it() -> None:
    text = "".join(f"    value_{number} = compute({number * 7})  \r\n" for number in range(100_000))
    old = "value_99000 = compute(693000)\nvalu_99001 = compute(693007)"

    assert find(text, old, "new") is None
    near = nearest(text, old)
    assert near is not None
    assert (near.first, near.last) == (99_001, 99_002)
    assert edited(text, "\tvalue_500 = compute(3500)\n", "\tx = 1\n")[0] == MatchStep.INDENTATION.name.lower()
    assert find(" " * 300_000 + "\n", "\n \nx", "y") is None
