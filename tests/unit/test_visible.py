"""What a person has to see before deciding is seen: nothing is invisible, out of sight, out of order or borrowed."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.text.visible import FSI, PDI, code, mixed_words, value, visible

IGNORED = [
    *map(chr, (0x00AD, 0x034F, 0x061C, 0x115F, 0x17B4, 0x180B, 0x200B, 0x200E, 0x202A, 0x202E, 0x2060, 0x2066, 0x2069)),
    *map(chr, (0x2028, 0x2029, 0x2800, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0, 0x1BCA0, 0x1D173, 0xE0001)),
    *map(chr, (0xE0041, 0xE0100, 0xE01EF)),
]


def unmarked(shown: str) -> str:
    """The text that `code` showed so."""
    bare = shown.replace(FSI, "").replace(PDI, "")
    bare = re.sub(r"⟦(\d+) × ⏎⟧\n", lambda found: "\n" * int(found[1]), bare)
    bare = re.sub(r"⟦(\d+) × ([␣⇥])⟧", lambda found: (" " if found[2] == "␣" else "\t") * int(found[1]), bare)
    return re.sub(r"⟦U\+([0-9A-F]{4,6})⟧", lambda found: chr(int(found[1], 16)), bare)


@pytest.mark.parametrize("sign", IGNORED, ids=lambda sign: f"U+{ord(sign):04X}")
def test_signs_that_nobody_sees_are_written_out_in_names_and_in_code(sign: str) -> None:
    assert visible(f"a{sign}b") == code(f"a{sign}b") == f"a⟦U+{ord(sign):04X}⟧b"


def test_no_sign_that_is_ignored_by_default_or_formats_is_left_in_code() -> None:
    everything = "".join(map(chr, range(0x110000)))
    left = code(everything).replace(FSI, "").replace(PDI, "")

    hidden = {sign for sign in left if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\n", "\t"}
    # Drawn: signs before numbers, abbreviations and hieroglyphs.
    drawn = ("ARABIC", "EGYPTIAN", "KAITHI", "SYRIAC")
    assert [sign for sign in hidden if not unicodedata.name(sign, "").startswith(drawn)] == []


def test_long_runs_of_blanks_are_counted_so_that_nothing_is_pushed_out_of_sight() -> None:
    assert code(f"ls{' ' * 300}; rm -rf .") == "ls⟦300 × ␣⟧; rm -rf ."
    assert code("ls\n" + "\n" * 80 + "rm -rf .") == "ls\n⟦80 × ⏎⟧\nrm -rf ."
    assert code("ls\n" + " \n" * 80 + "rm") == "ls\n⟦80 × (␣)⏎⟧\nrm"
    assert code("if x:\n\n    y\n\n\nz") == "if x:\n\n    y\n\n\nz"


def test_a_mark_cannot_be_forged() -> None:
    assert code("echo ⟦U+200B⟧ ⟦9 × ⏎⟧ ⟦x⟧") == "echo ⟦U+27E6⟧U+200B⟧ ⟦U+27E6⟧9 × ⏎⟧ ⟦U+27E6⟧x⟧"


def test_letters_of_another_direction_are_kept_to_themselves() -> None:
    assert code("rm א/ב c") == f"rm {FSI}א{PDI}/{FSI}ב{PDI} c"
    assert value("משה כהן") == f"{FSI}משה כהן{PDI}"
    assert value("Bob") == "Bob"


def test_joiners_stay_where_a_script_or_a_picture_needs_them() -> None:
    assert visible("👩\u200d👩\u200d👧 می\u200cخواهم") == "👩\u200d👩\u200d👧 می\u200cخواهم"
    assert code("👩\u200d👧") == "👩⟦U+200D⟧👧"


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(" \t\n⟦⟧U+×0123456789אב\u200b")), max_size=80))
def test_what_is_shown_tells_exactly_what_was_there(text: str) -> None:
    if not re.search(r"(?:^|\n)[ \t]+\n", text):  # blanks in a folded empty line are told, not counted
        assert unmarked(code(text)) == text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("curl https://раypal.com", "https://раypal.com (Cyrillic: р а)"),
        ("cat pαsswd", "pαsswd (Greek: α)"),
        ("rm －rf x", "－rf (full-width: －)"),
    ],
)
def test_words_of_mixed_scripts_are_named(text: str, word: str) -> None:
    assert mixed_words(text) == [word]


@pytest.mark.parametrize("text", ["git add отчёт.md", "cat 报告（终稿）.txt", "echo 'λ calculus'", "mv naïve.txt café"])
def test_words_of_one_script_are_not(text: str) -> None:
    assert mixed_words(text) == []
