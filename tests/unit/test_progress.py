"""What a person sees of a command that takes long: its last whole lines, without secrets and without tricks."""

import pytest

from agents.turn.progress import last_lines, reporting


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("one\ntwo\n", "one\ntwo"),
        ("one\nunfini", "one"),
        ("unfinished", ""),
        ("10 %\r20 %\r30", "10 %\n20 %"),
        ("…alf a line\nwhole\n", "whole"),
        ("\x1b[32mgreen\x1b[0m\x07\u202e\n\n\n\x1b]0;title\x07plain\n", "green\nplain"),
        ("```\n", "'''"),
        ("".join(f"{number}\n" for number in range(20)), "\n".join(map(str, range(12, 20)))),
        ("x" * 500 + "\n", "x" * 160),
        ("key sk-7Rk0VbQ2xLm9ZtYp4Ws8\n", "key ***"),
        ("key sk-7Rk0VbQ2xL\nrest\n", "key sk-7Rk0VbQ2xL\nrest"),
    ],
)
def test_the_last_whole_lines_are_shown(output: str, shown: str) -> None:
    assert last_lines(output) == shown


def test_a_secret_cut_in_two_at_either_end_is_not_shown() -> None:
    secret = "sk-7Rk0VbQ2xLm9ZtYp4Ws8"
    ends = [f"ok\n{secret[:cut]}" for cut in range(1, len(secret))]
    begins = [f"…{secret[cut:]}\nok\n" for cut in range(1, len(secret))]

    assert {last_lines(output) for output in (*ends, *begins)} == {"ok"}


async def test_a_report_becomes_a_block_and_one_without_a_whole_line_nothing() -> None:
    shown: list[str] = []
    report = reporting(shown.append)
    await report("half a li")
    await report("half a line\n")

    assert shown == ["```\nhalf a line\n```"]
