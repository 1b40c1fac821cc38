"""A long answer in pieces, each of which is whole by itself."""

import pytest

from channels.base import Traits
from channels.shared.markdown.reader import read
from channels.shared.markdown.tree import Code, Listing, Quoted, Table, said
from channels.shared.split import split_text, tail

TRAITS = Traits(max_text=160)


def test_a_table_goes_on_below_its_head() -> None:
    rows = [f"| job-{number} | done |" for number in range(20)]
    pieces = split_text("\n".join(["Jobs:", "", "| job | state |", "|---|---|", *rows, "", "end"]), TRAITS)
    tables = [block for piece in pieces for block in read(piece) if isinstance(block, Table)]

    assert len(pieces) > 2
    assert all(len(piece) <= 160 for piece in pieces)
    assert all(said(table.rows[0][0]) == "job" for table in tables)
    assert [said(row[0]) for table in tables for row in table.rows[1:]] == [f"job-{number}" for number in range(20)]


@pytest.mark.parametrize("before", ["1. ", "- ", "> "])
def test_code_within_a_block_goes_on_within_it(before: str) -> None:
    inside = before if before == "> " else " " * len(before)
    lines = [f"{inside}line {number}" for number in range(30)]
    text = "\n".join([f"{before}Look:", f"{inside}```py", *lines, f"{inside}```", f"{inside}after"])
    pieces = split_text(text, TRAITS)
    found = [block for piece in pieces for block in _codes(read(piece))]

    assert all(len(piece) <= 160 for piece in pieces)
    assert {code.language for code in found} == {"py"}
    assert not any(code.is_open for code in found)
    assert "\n".join(code.text for code in found).split("\n") == [f"line {number}" for number in range(30)]


def _codes(blocks) -> list[Code]:
    found: list[Code] = []
    for block in blocks:
        match block:
            case Code():
                found.append(block)
            case Quoted():
                found += _codes(block.blocks)
            case Listing():
                found += [code for item in block.items for code in _codes(item.blocks)]
    return found


def test_the_end_of_a_growing_answer_begins_its_code_again() -> None:
    text = "Look:\n```py\n" + "x = 1\n" * 60
    shown = tail(text, 100, TRAITS)

    assert len(shown) <= 100
    assert shown.startswith("\n```py\n")
    assert tail("words " * 50, 20, TRAITS) == ("words " * 50)[-20:]


def test_the_beginning_of_a_piece_is_no_code_though_it_is_indented() -> None:
    [block] = read("    more about the point before")

    assert said(block.spans) == "more about the point before"
