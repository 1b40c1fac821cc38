"""What people and models write, read as they mean it."""

import random
import subprocess
import sys
import time

import pytest

from channels.shared.markdown import reader
from channels.shared.markdown.reader import read, settled
from channels.shared.markdown.tree import (
    Break,
    Code,
    CodeSpan,
    Divider,
    Heading,
    Link,
    Listing,
    Paragraph,
    Quoted,
    Style,
    Styled,
    Table,
    Words,
    said,
)


def outline(blocks) -> list:
    """Blocks in short: what they are, and what is said in them."""
    return [_outline(block) for block in blocks]


def _outline(block):  # noqa: PLR0911 -- one for each kind
    match block:
        case Paragraph():
            return said(block.spans)
        case Heading():
            return f"h{block.level}: {said(block.spans)}"
        case Code():
            return f"code {block.language}: {block.text}".replace("code : ", "code: ")
        case Divider():
            return "rule"
        case Quoted():
            return ("quote", *outline(block.blocks))
        case Listing():
            return (block.start, *(outline(item.blocks) for item in block.items))
        case Table():
            return [[said(cell) for cell in row] for row in block.rows]


def marked(text: str) -> str:
    """One paragraph with its marks as letters: B for bold, I for italic, S for struck, C for code, L for links."""
    [block] = read(text)
    return _marked(block.spans)


def _marked(spans) -> str:
    names = {Style.BOLD: "B", Style.ITALIC: "I", Style.STRUCK: "S"}
    pieces = []
    for span in spans:
        match span:
            case Words(text):
                pieces.append(text)
            case Break():
                pieces.append("\n")
            case CodeSpan(text):
                pieces.append(f"C({text})")
            case Styled():
                pieces.append(f"{names[span.style]}({_marked(span.spans)})")
            case Link():
                pieces.append(f"L({_marked(span.spans)}|{span.url})")
    return "".join(pieces)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("**“词”**字", "B(“词”)字"),
        ("这是**“归档”**的结果", "这是B(“归档”)的结果"),
        ("**注意：**不要重启", "B(注意：)不要重启"),
        ("**（一）**总则", "B(（一）)总则"),
        ("请看**`config.yaml`**文件", "请看B(C(config.yaml))文件"),
        ("这是*重点*词", "这是I(重点)词"),
        ("~~“旧”~~新", "S(“旧”)新"),
        ("***“两者”***都是", "B(I(“两者”))都是"),
        ("**Note:**text", "B(Note:)text"),
        ("***x***", "B(I(x))"),
        ("**a *b* c**", "B(a I(b) c)"),
        ("**a *b** c*", "B(a *b) c*"),
        ("字***词***字", "字B(I(词))字"),
        ("**bold*", "**bold*"),
        ("*a **b** c*", "I(a B(b) c)"),
        ("__b__ and _i_", "B(b) and I(i)"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("x**2 + y**2 = z**2", "x**2 + y**2 = z**2"),
        ("(a)*(b)*(c)", "(a)*(b)*(c)"),
        ("src/**/*.py and **/*.md", "src/**/*.py and **/*.md"),
        ("*.py and *.txt", "*.py and *.txt"),
        ("__init__.py", "__init__.py"),
        ("pkg.__main__ runs", "pkg.__main__ runs"),
        ("f(*args, **kwargs)", "f(*args, **kwargs)"),
        ("大约~10~20个", "大约~10~20个"),
        (r"\*not\* \_not\_ 1\. \\", r"*not* _not_ 1. \\"[:-1]),
        ("**never closed", "**never closed"),
        ("``x ` y`` and `*a*`", "C(x ` y) and C(*a*)"),
        ("a &lt; b <b>c</b> <br>", "a &lt; b <b>c</b> <br>"),
    ],
)
def test_marks_are_read_as_they_are_meant(written: str, meant: str) -> None:
    assert marked(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("[a](https://x.org/?a=1&b=2)", "L(a|https://x.org/?a=1&b=2)"),
        ("[a](https://x.org/wiki_(b))", "L(a|https://x.org/wiki_(b))"),
        ('[a](https://x.org "title")', "L(a|https://x.org)"),
        ("[**b** `c`](https://x.org)", "L(B(b) C(c)|https://x.org)"),
        ("![pic](https://x.org/a.png)", "L(pic|https://x.org/a.png)"),
        ("<https://x.org>", "L(https://x.org|https://x.org)"),
        ("see https://x.org/a_b_c, or (https://y.org/).",
         "see L(https://x.org/a_b_c|https://x.org/a_b_c), or (L(https://y.org/|https://y.org/))."),
        ("看https://x.org/a。然后", "看L(https://x.org/a|https://x.org/a)。然后"),
        ("**https://x.org/a**", "B(L(https://x.org/a|https://x.org/a))"),
        ("[https://a.org](https://b.org)", "L(https://a.org|https://b.org)"),
        ("[a](javascript:alert(1))", "L(a|javascript:alert(1))"),
        ("<javascript:alert(1)> [x][y] [z]", "<javascript:alert(1)> [x][y] [z]"),
    ],
)  # fmt: skip
def test_links_are_what_was_written(written: str, meant: str) -> None:
    assert marked(written) == meant


@pytest.mark.parametrize(
    ("written", "blocks"),
    [
        ("one\ntwo\n\nthree", ["one\ntwo", "three"]),
        ("a  \nb\\\nc", ["a\nb\nc"]),
        ("# T\ntext", ["h1: T", "text"]),
        ("a\n---\nb", ["a", "rule", "b"]),
        ("3. a\n4. b", [(3, ["a"], ["b"])]),
        ("- a\n  - b\n    1. c\n- d", [(None, ["a", (None, ["b", (1, ["c"])])], ["d"])]),
        ("- a\n    - b", [(None, ["a", (None, ["b"])])]),
        ("1. a\n\n   more\n2. b", [(1, ["a", "more"], ["b"])]),
        ("1. **T**\nbelow it\n2. b", [(1, ["T\nbelow it"], ["b"])]),
        ("> q\n> - a\n>   - b\n> > r\nout", [("quote", "q", (None, ["a", (None, ["b"])]), ("quote", "r")), "out"]),
        ("```py\nx = 1", ["code py: x = 1"]),
        ("~~~\n```\n~~~", ["code: ```"]),
        ("- a\n\n  ```sh\n  x **b**\n    y\n  ```\n- b", [(None, ["a", "code sh: x **b**\n  y"], ["b"])]),
        ("1. a\n    ```sh\n    x\n      y\n    ```\n2. b", [(1, ["a", "code sh: x\n  y"], ["b"])]),
        ("1. a\n   ```\nat the margin\n   ```\n2. b", [(1, ["a", "code: at the margin"], ["b"])]),
        ("- a\n\t~~~\n\tx\n~~~\n- b", [(None, ["a", "code: x"], ["b"])]),
        ("- a\n  ```\n  x\n- b\n\n```py\ny\n```", [(None, ["a", "code: x"], ["b"]), "code py: y"]),
        ("    ```\n    left open", ["code: left open"]),
        ("run:\n\n    a *b* c\n      d\n\nend", ["run:", "code: a *b* c\n  d", "end"]),
        ("use ``` to open", ["use ``` to open"]),
        ("> ```\n> x\n> ```\n> y", [("quote", "code: x", "y")]),
    ],
)
def test_blocks_are_read_as_they_are_meant(written: str, blocks: list) -> None:
    assert outline(read(written)) == blocks


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        ("| a | b\\|c |\n|---|:-:|\n| `x\\|y` | **2** |", [["a", "b|c"], ["x|y", "2"]]),
        ("a|b\n-|-\n1|", [["a", "b"], ["1", ""]]),
        ("| a | b |\n|--|--|\n| `x | y` | 2 |", [["a", "b"], ["x | y", "2"]]),
        ("| a | b |\n|--|--|\n| 1 | 2 | 3 |", [["a", "b", ""], ["1", "2", "3"]]),
        ("- item\n| a | b |\n|--|--|\n| 1 | 2 |", [["a", "b"], ["1", "2"]]),
    ],
)
def test_a_table_keeps_all_its_cells(written: str, rows: list) -> None:
    assert outline(read(f"{written}\nafter"))[-2:] == [rows, "after"]


def test_boxes_of_tasks_are_read_and_a_gap_is_where_an_empty_line_was() -> None:
    [listing, after] = read("- [x] done\n- [ ] open `c`\n\n- [a](https://x.org)\nend\n\nafter")

    assert [item.is_done for item in listing.items] == [True, False, None]
    assert [item.gap for item in listing.items] == [False, False, True]
    assert outline(listing.items[1].blocks) == ["open c"]
    assert after.gap


def test_nothing_is_lost_however_deep_it_stands() -> None:
    assert ">" * 10 + " deep" in str(read(">" * 40 + " deep"))
    assert "deep" in str(read("- " * 40 + "deep"))


PIECES = [
    "[", "*", "`", "_ ", "> ", ">", "- ", "a|", "http://", "https://x.org/", "[a](", "*a **b ", "\\", "~~", "1. ",
    "<b ", "``x", "```\n", "``` ", "- ```\n", "> - ", "a|b\n-|-\n", "![", "*_", "**a", "# ", "- [ ] x\n", "<a", "\n\n",
    "](", "`a", "<http", "  - ", "x\n", "***", "* * *\n", "**a** ", "[a](https://x.org) ", "- a\n  - b\n    - c\n",
    ">a\n>>b\n", "1. a\n\n   ```\n", "|" * 50 + "\n" + "|-" * 50 + "|\n", "\t", "* a\n", "[](<", "~~~\n", "    x\n\n",
    "**a** `b` [c](https://x.org)\n\n", "[[[[[[[[\n\n", "字**“a”**", "a\n- b\n\n", "| a |\n|---|\n\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_keeps_us_busy(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    begun = time.process_time()
    read(text)

    assert time.process_time() - begun < 1  # a third of it on a quiet machine
    begun = time.process_time()
    settled(text)
    assert time.process_time() - begun < 1


LINES = ["- a\n", "  - b\n", "\n", "text ", "**b** ", "```\n", "> q\n", "| a | b |\n", "|---|---|\n", "1. x\n", "# h\n",
         "---\n", "   c\n", "\n\n", "`c`", " \n"]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_a_text_that_grows_is_read_as_if_it_were_new(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(LINES) for _ in range(30))
    for end in range(1, len(text) + 1):
        grown = read(text[:end])
        kept = dict(reader._begun)
        reader._begun.clear()
        assert grown == read(text[:end])
        reader._begun.update(kept)


def test_a_growing_text_is_settled_up_to_its_last_block() -> None:
    text = "first\n\nsecond\n\n```\ncode\n\nmore"

    assert text[settled(text) :] == "```\ncode\n\nmore"
    assert settled("no end yet") == 0
    assert settled("- a\n\n- b\n") == 0
    assert settled("done\n\n") == 6


def test_markdown_it_is_loaded_when_it_is_needed() -> None:
    code = (
        "import sys; from channels.shared.markdown.reader import read; read('just words'); "
        "print('markdown_it' in sys.modules); read('**b**'); print('markdown_it' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert shown.split() == ["False", "True"]
