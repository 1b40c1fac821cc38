"""Words in the Markdown of apps, which knows headings, bold, links, quotes and code within one line, and no more.

Code becomes one line of code after another and a table becomes columns set as code. Nothing can be escaped, so a card
is not Markdown at all but plain words, in which only a tag of a link would be live. A message holds 2,048 bytes.
Facts: developer.work.weixin.qq.com/document/path/90236.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from channels.base import Traits
from channels.markdown.words import JOINER, aligned, dedented, end_of_fence, rows_of, widths_of
from channels.messages import Card
from channels.split import split_text
from channels.wecom import render

MOST_BYTES = 2048
GRAVE = "\u02cb"
"""Looks like a backtick and ends no code."""
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_DIVIDER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$")
_ESCAPED = re.compile(r"`[^`]+`|\\([\\`*_~\[\]#>|!])")


def markdown(text: str) -> str:
    """Markdown as models write it, in the dialect of apps."""
    return "\n".join(_blocks(text.split("\n")))


def words_of(card: Card) -> str:
    """A card as plain words, letter by letter."""
    lines = [card.title, *(f"{fact.label}: {fact.value}" for fact in card.facts)]
    lines += [text for text in (card.body, card.note) if text.strip()]
    return render.defused("\n".join(lines))


def fitted(text: str, dialect: Callable[[str], str], traits: Traits) -> Iterator[str]:
    """The text in the dialect, in as many messages as its bytes need."""
    shown = dialect(text)
    if len(shown.encode("utf-8", "surrogatepass")) <= MOST_BYTES:
        yield shown
        return
    half = replace(traits, max_text=min(traits.max_text, len(text)) // 2)
    for piece in split_text(text, half):
        yield from fitted(piece, dialect, half)


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        if fence := _FENCE.match(lines[at]):
            end = end_of_fence(lines, at + 1, fence[1])
            yield from map(_code, dedented(lines[at + 1 : end], lines[at]))
            at = end + 1
        elif at + 1 < len(lines) and "|" in lines[at] and _DIVIDER.match(lines[at + 1]):
            end = _end_of_table(lines, at + 2)
            yield from _table([lines[at], *lines[at + 2 : end]])
            at = end
        else:
            yield render.markdown(_ESCAPED.sub(_unescaped, lines[at]))
            at += 1


def _unescaped(found: re.Match[str]) -> str:
    """Code as it stands; a sign without its backslash, and made a letter where it would mark something."""
    sign = found[1]
    return found[0] if sign is None else f"{sign}{JOINER}" if sign in "*[]" else sign


def _end_of_table(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and "|" in lines[at]:
        at += 1
    return at


def _table(lines: Sequence[str]) -> Iterator[str]:
    rows = rows_of(lines)
    widths = widths_of(rows)
    return (_code(aligned(row, widths)) for row in rows)


def _code(line: str) -> str:
    """One line of code; an empty one keeps its place."""
    return f"`{render.defused(line).replace('`', GRAVE) or ' '}`"
