"""Words in the Markdown of apps, which knows headings, bold, links, quotes and code within one line, and no more.

Code becomes one line of code after another and a table becomes columns set as code. Nothing can be escaped, so a card
is not Markdown at all but plain words, in which only a tag of a link would be live. A message holds 2,048 bytes.
Facts: developer.work.weixin.qq.com/document/path/90236.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from channels.base import Traits
from channels.messages import Card
from channels.shared.markdown.dialect import Dialect
from channels.shared.markdown.reader import read
from channels.shared.markdown.tables import cells_of, columns
from channels.shared.markdown.tree import Code, Style, Table
from channels.shared.markdown.walk import MARGIN
from channels.shared.markdown.words import JOINER
from channels.shared.split import split_text
from channels.wecom import render

MOST_BYTES = 2048
GRAVE = "\u02cb"
"""Looks like a backtick and ends no code."""
_STARS = re.compile(r"\*(?!\s)|(?<!\s)\*")


def markdown(text: str) -> str:
    """Markdown as models write it, in the dialect of apps."""
    return render.defused(_APP.write(read(text)))


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


class _App(Dialect):
    """Titles, bold, links, quotes and code within one line. What is in italics or struck out is words."""

    marks = {Style.BOLD: "**", Style.ITALIC: "", Style.STRUCK: ""}  # noqa: RUF012 -- read only
    has_tables = False

    def code(self, code: Code) -> list[str]:
        lines = [code.about, code.text] if code.about else [code.text]
        return [f"{MARGIN}{_code(line)}" for text in lines for line in text.split("\n")]

    def code_span(self, text: str) -> str:
        return _code(text)

    def table(self, table: Table) -> list[str]:
        return [f"{MARGIN}{_code(row)}" for row in columns(cells_of(table))]

    def words(self, text: str, *, begins: bool) -> str:  # noqa: ARG002 -- what a line begins with is shown either way
        return _STARS.sub(f"*{JOINER}", text).replace("](", f"]{JOINER}(")


_APP = _App()


def _code(line: str) -> str:
    """One line of code; an empty one keeps its place."""
    return f"`{line.replace('`', GRAVE) or ' '}`"
