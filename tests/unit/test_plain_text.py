"""Others' words in a line of ours: what is left of them, and how long it is."""

import pytest

from channels.text.columns import width
from channels.text.plain import file_name, one_line, printable, shortened


@pytest.mark.parametrize(
    ("text", "instead", "shown"),
    [
        ("plain words", "?", "plain words"),
        ("a\nb\tc", " ", "a b c"),
        ("a\u200bb\u202ec", "", "abc"),
        ("日本", "?", "日本"),
        ("\udc80", "�", "�"),
        ("", "?", ""),
    ],
)
def test_what_prints_nothing_is_replaced(text: str, instead: str, shown: str) -> None:
    assert printable(text, instead) == shown


def test_words_stand_on_one_line_with_one_blank_between_them() -> None:
    assert one_line("  a\n\n b\u00a0\x1b[0m c ") == "a b [0m c"


@pytest.mark.parametrize(("text", "shown"), [("abcd", "abcd"), ("abcde", "abc…"), ("", "")])
def test_what_is_too_long_ends_in_an_ellipsis(text: str, shown: str) -> None:
    assert shortened(text, 4) == shown


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\ann\report.pdf", "report.pdf"),
        (".profile", "profile"),
        ("a\x00b\n.txt", "ab.txt"),
        ("..", ""),
    ],
)
def test_of_a_files_name_the_last_part_stays(name: str, kept: str) -> None:
    assert file_name(name) == kept


@pytest.mark.parametrize(("text", "places"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)])
def test_how_wide_a_text_is(text: str, places: int) -> None:
    assert width(text) == places
