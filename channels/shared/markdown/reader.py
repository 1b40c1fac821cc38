"""The one reader of Markdown: text as people and models write it, a fence left open included, as a tree.

Time grows with the length. What is longer than `MOST`, and lines with more marks than anybody writes, are words.
markdown-it takes a quarter of a second to import, so it is loaded when the first text with a mark in it is read.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from channels.shared.markdown.tree import (
    Block,
    Break,
    Code,
    CodeSpan,
    Divider,
    Heading,
    Item,
    Link,
    Listing,
    Paragraph,
    Quoted,
    Row,
    Span,
    Style,
    Styled,
    Table,
    Words,
)

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MOST = 200_000
"""Characters that are read as Markdown; platforms take a fraction of that."""
MOST_STARTS = 2_500
"""Lines that begin or go on with something: points, quotes, rows."""
MOST_BARS = 4_000
"""Signs between cells."""
MOST_MARKS = 2_000
"""Marks within lines."""
_KEPT = 64
_NAME = 48
_MARK = re.compile(r"[\\`*_\[<]|~~|://")
_BLOCK = re.compile(r"^[ \t]*(?:[-*+#>|`~=]|\d{1,9}[.)])|^(?: {4}|\t)|\|", re.MULTILINE)
_START = re.compile(r"^[ \t]*(?:[-*+>`~]|\d{1,9}[.)]|[^\n|]{0,200}\|)", re.MULTILINE)
_TASK = re.compile(r"\[([ xX])\](?=[ \t\n])[ \t]*")
_LANGUAGE = re.compile(r"[ \t]*([\w+#.-]{0,40})(?![^\s])")
_STYLES = {"strong": Style.BOLD, "em": Style.ITALIC, "s": Style.STRUCK}
_LETTER = re.compile(r"[^\x00-/:-@\[-`{-~]")

_begun: OrderedDict[str, tuple[str, tuple[Block, ...]]] = OrderedDict()
"""Of texts that were read, by how they begin: up to where their last block began, and the blocks until there.

A growing answer is shown again and again, on several channels: only its last block is read anew.
"""


def read(text: str) -> tuple[Block, ...]:
    """The blocks of a text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    if not _has_marks(text) or is_too_much(text):
        return tuple(_paragraphs(text))
    name = text[:_NAME]
    before, blocks = _begun.get(name, ("", ()))
    if not text.startswith(before):
        before, blocks = "", ()
    rest = text[len(before) :]
    found = list(_blocks(rest, before))
    _remember(name, before, blocks, rest, found)
    return (*blocks, *(block for block, _ in found))


def settled(text: str) -> int:
    """How much of a growing text is read as it is whatever follows: up to the beginning of its last block."""
    whole = text[: text.rfind("\n") + 1]
    if not _has_marks(whole) or is_too_much(whole):
        return whole.rfind("\n\n") + 2 if "\n\n" in whole else 0
    return _last_begins(whole, list(_blocks(whole, "")))


def _last_begins(text: str, found: Sequence[tuple[Block, int]]) -> int:
    """Where the last block begins; the end of the text where a last paragraph or heading is over."""
    if not found:
        return 0
    last, line = found[-1]
    is_over = isinstance(last, Paragraph | Heading | Divider) or (isinstance(last, Code) and not last.is_open)
    if is_over and text.endswith("\n\n"):
        return len(text)
    return _offset(text, line)


def _offset(text: str, line: int) -> int:
    at = 0
    for _ in range(line):
        at = text.find("\n", at) + 1
    return at


def _remember(name: str, before: str, blocks: tuple[Block, ...], rest: str, found: Sequence[tuple[Block, int]]) -> None:
    """Keep what cannot change. A last line without an end may still become part of the block before it."""
    is_whole = rest.endswith("\n")
    done = found if is_whole else found[:-1]
    if len(done) < (1 if not is_whole else 2):
        return
    last_line = done[-1][1] if done else 0
    end = _offset(rest, last_line)
    _begun[name] = (before + rest[:end], (*blocks, *(block for block, line in found if line < last_line)))
    _begun.move_to_end(name)
    while len(_begun) > _KEPT:
        _begun.popitem(last=False)


def _has_marks(text: str) -> bool:
    return _MARK.search(text) is not None or _BLOCK.search(text) is not None


def is_too_much(text: str) -> bool:
    """Whether the text is read as words, because nobody writes so many marks."""
    return len(text) > MOST or has_too_many_blocks(text)


def has_too_many_blocks(text: str) -> bool:
    """Whether more lines of the text begin something than anybody writes."""
    if len(text) <= MOST_STARTS:
        return False
    return text.count("|") > MOST_BARS or sum(1 for _ in islice(_START.finditer(text), MOST_STARTS + 1)) > MOST_STARTS


def _paragraphs(text: str) -> Iterator[Paragraph]:
    """The paragraphs of a text without marks."""
    gap = False
    for paragraph in re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.strip("\n")):
        if paragraph.strip():
            yield Paragraph(spans=_plain(paragraph.strip()), gap=gap)
        gap = True


def _plain(text: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    for line in text.split("\n"):
        spans += [Break(), Words(line.strip())] if spans else [Words(line.rstrip())]
    return tuple(span for span in spans if span != Words(""))


@cache
def parser() -> "MarkdownIt":
    """The parser of blocks and of what is within a line."""
    from channels.shared.markdown.rules import taught  # noqa: PLC0415 -- a quarter of a second, when it is first needed

    return taught()


@dataclass(slots=True)
class _Source:
    """The lines that are read, whether an empty one stands before them, and how many more marks within lines count."""

    lines: Sequence[str]
    gap: bool = False
    marks_left: int = MOST_MARKS


def _blocks(text: str, before: str) -> Iterator[tuple[Block, int]]:
    """The blocks at the outside of the text that goes on after `before`, each with the line on which it begins."""
    gap = bool(before) and not before[:-1].rpartition("\n")[2].strip(" \t>")
    tokens = parser().parse(text, {"gap": gap})
    source = _Source(text.split("\n"), gap=gap)
    at = 0
    while at < len(tokens):
        token, end = tokens[at], _end_of(tokens, at)
        block = _block(tokens, at, end, source)
        if block is not None:
            yield block, token.map[0] if token.map else 0
        at = end + 1


def _end_of(tokens: Sequence["Token"], at: int) -> int:
    """The token that closes what the one at this place opens."""
    if tokens[at].nesting == 0:
        return at
    level = tokens[at].level
    end = at + 1
    while tokens[end].level > level:
        end += 1
    return end


def _inside(tokens: Sequence["Token"], at: int, end: int, source: _Source) -> tuple[Block, ...]:
    found: list[Block] = []
    at += 1
    while at < end:
        last = _end_of(tokens, at)
        block = _block(tokens, at, last, source)
        if block is not None:
            found.append(block if found else replace(block, gap=False))
        at = last + 1
    return tuple(found)


def _block(tokens: Sequence["Token"], at: int, end: int, source: _Source) -> Block | None:
    token = tokens[at]
    gap = _has_gap(token, source)
    block: Block | None = None
    match token.type:
        case "paragraph_open":
            block = Paragraph(spans=_spans_of(tokens[at + 1].content, source), gap=gap)
        case "heading_open":
            block = Heading(level=int(token.tag[1]), spans=_spans_of(tokens[at + 1].content, source), gap=gap)
        case "fence" | "code_block":
            block = _code(token, gap=gap)
        case "hr":
            block = Divider(gap=gap)
        case "blockquote_open":
            block = Quoted(blocks=_inside(tokens, at, end, source), gap=gap)
        case "bullet_list_open" | "ordered_list_open":
            block = _listing(tokens, at, end, source)
        case "table":
            block = _table(token, source, gap=gap)
    return block


def _has_gap(token: "Token", source: _Source) -> bool:
    line = token.map[0] if token.map else 0
    return source.gap if line == 0 else not source.lines[line - 1].strip(" \t>")


def _code(token: "Token", *, gap: bool) -> Code:
    text = token.content.removesuffix("\n")
    language = _LANGUAGE.match(token.info)
    name = language[1] if language else ""
    about = token.info[language.end() :].strip() if language else token.info.strip()
    return Code(text=text, language=name, about=about, is_open=token.type == "fence" and token.meta["is_open"], gap=gap)


def _listing(tokens: Sequence["Token"], at: int, end: int, source: _Source) -> Listing:
    token, items = tokens[at], list[Item]()
    start = int(tokens[at + 1].info) if token.type == "ordered_list_open" else None
    gap, at = _has_gap(token, source), at + 1
    while at < end:
        last = _end_of(tokens, at)
        blocks, is_done = _task(_inside(tokens, at, last, source))
        items.append(Item(blocks=blocks, is_done=is_done, gap=bool(items) and _has_gap(tokens[at], source)))
        at = last + 1
    return Listing(items=tuple(items), start=start, gap=gap)


def _task(blocks: tuple[Block, ...]) -> tuple[tuple[Block, ...], bool | None]:
    """The blocks of a point without the box before them, and whether that is ticked."""
    first = blocks[0] if blocks else None
    if not isinstance(first, Paragraph) or not first.spans or not isinstance(first.spans[0], Words):
        return blocks, None
    found = _TASK.match(f"{first.spans[0].text}\n")
    if not found:
        return blocks, None
    rest = first.spans[0].text[found.end() :]
    spans = (*([Words(rest)] if rest else []), *first.spans[1:])
    return (replace(first, spans=spans), *blocks[1:]), found[1] != " "


def _table(token: "Token", source: _Source, *, gap: bool) -> Table:
    given: list[list[str]] = token.meta["rows"]
    width = max(map(len, given))
    rows: list[Row] = [tuple(_spans_of(cell, source) for cell in [*row, *[""] * (width - len(row))]) for row in given]
    return Table(rows=tuple(rows), written=tuple(token.meta["written"]), gap=gap)


def _spans_of(text: str, source: _Source) -> tuple[Span, ...]:
    """The spans of one paragraph, cell or title."""
    marks = sum(1 for _ in islice(_MARK.finditer(text), source.marks_left + 1))
    source.marks_left = max(0, source.marks_left - marks)
    if marks and not source.marks_left:
        return _plain(text)
    if not marks:
        return _plain(text)
    taught = parser()
    tokens = taught.inline.parse(text, taught, {}, [])
    return tuple(_spans(tokens, 0, len(tokens)))


def _spans(tokens: Sequence["Token"], at: int, end: int) -> list[Span]:
    found: list[Span] = []
    while at < end:
        token, last = tokens[at], _end_of(tokens, at)
        match token.type:
            case "text" | "text_special":
                _add(found, token.content)
            case "softbreak" | "hardbreak":
                found.append(Break())
            case "code_inline":
                found.append(CodeSpan(token.content))
            case "bare":
                found.append(Link(url=token.content, spans=(Words(token.content),), is_bare=True))
            case "image":
                alt = tuple(_spans(token.children or [], 0, len(token.children or [])))
                found.append(Link(url=str(token.attrs.get("src", "")), spans=alt))
            case "link_open":
                found += _link(token, _spans(tokens, at + 1, last))
            case "strong_open" | "em_open" | "s_open":
                _style(found, token, _spans(tokens, at + 1, last))
        at = last + 1
    return found


def _add(found: list[Span], text: str) -> None:
    before = found[-1] if found else None
    if isinstance(before, Words):
        found[-1] = Words(before.text + text)
    elif text:
        found.append(Words(text))


def _link(token: "Token", spans: list[Span]) -> Iterator[Span]:
    url = str(token.attrs.get("href", ""))
    if token.markup != "autolink":
        yield Link(url=url, spans=tuple(spans))
    elif url.startswith(("http://", "https://", "mailto:")):
        yield Link(url=url, spans=tuple(spans), is_bare=True)
    else:
        yield Words(f"<{url}>")


def _style(found: list[Span], token: "Token", spans: list[Span]) -> None:
    """Words between marks; of signs alone, as in `**/*.py`, nothing is set."""
    is_words = all(isinstance(span, Words) for span in spans)
    if is_words and not any(_LETTER.search(span.text) for span in spans if isinstance(span, Words)):
        for span in (Words(token.markup), *spans, Words(token.markup)):
            _add(found, span.text if isinstance(span, Words) else "")
        return
    found.append(Styled(_STYLES[token.type.removesuffix("_open")], tuple(spans)))
