"""Words as DingTalk's Markdown, so that nothing a person or a model wrote can fetch, run or disguise anything.

The dialect knows headings, bold, italics, links, pictures, lists, quotes and code, but no tables, and it joins lines
that do not end in two spaces (help.dingtalk.io/open/development/robot-message-type). Pictures become links, because a
client fetches them at once, and with them whatever a model was made to put into the address.
"""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from channels.messages import Mention, Part, Quote, Text
from channels.shared.markdown.dialect import Dialect
from channels.shared.markdown.reader import read
from channels.shared.markdown.tables import cells_of, columns, wide
from channels.shared.markdown.tree import Block, Code, Table
from channels.shared.markdown.walk import MARGIN
from channels.shared.markdown.words import JOINER

MAX_TEXT = 4_000
"""UTF-16 units: a message takes 5,000 characters of Markdown and 15,000 bytes, and a Chinese one three in UTF-8."""
MAX_TITLE = 40
MOST_BYTES = 14_500
"""Of the text, as JSON, beside its title."""
WIDEST_TABLE = 72

_LIVE = re.compile(r"<(?=[a-z/!?@#])|&(?=#?\w+;)", re.IGNORECASE)
"""Where a tag, a processing instruction or an entity begins."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MARKS = re.compile(r"[*_`~#>\[\]|\\]+")


def words_of(parts: Sequence[Part]) -> str:
    """The Markdown of a message; files travel by themselves."""
    return "".join(_part(part) for part in parts)


def _part(part: Part) -> str:
    if isinstance(part, Text):
        return part.text
    if isinstance(part, Mention):
        return f"@{part.account.name or part.account.id}"
    if isinstance(part, Quote):
        return "".join(f"> {line}\n" for line in part.text.splitlines())
    return ""


def markdown(text: str) -> str:
    """Markdown as models write it, an open fence included, in DingTalk's dialect."""
    calm = plain(text)
    shown = _DINGTALK.write(read(calm))
    return shown if len(json_of(shown).encode()) <= MOST_BYTES else _DINGTALK.calm(calm)


def plain(text: str) -> str:
    """Words without signs that no client shows and JSON writes in six bytes."""
    return _CONTROL.sub("\ufffd", text)


def title_of(text: str) -> str:
    """What the list of conversations and the notification show: the first words, without marks."""
    for line in text.splitlines():
        if words := " ".join(_MARKS.sub(" ", line).split()):
            return words if len(words) <= MAX_TITLE else f"{words[: MAX_TITLE - 1]}…"
    return "…"


class _DingTalk(Dialect):
    """Lines end in two blanks, tables are code, and tags and entities are alive outside of code."""

    has_tables = False

    def write(self, blocks: Sequence[Block]) -> str:
        """Lines that are not joined with the next one."""
        lines = [*self.lines(blocks), ""]
        kept = [
            f"{line}  " if line and following and not line.startswith(MARGIN) else line
            for line, following in pairwise(lines)
        ]
        return "\n".join(kept).replace(MARGIN, "")

    def table(self, table: Table) -> list[str]:
        """A table in a block of code, its columns aligned where that is neither wide nor long."""
        rows = cells_of(table)
        shown = columns(rows) if wide(rows) <= WIDEST_TABLE else [" | ".join(row).rstrip() for row in rows]
        if sum(map(len, shown)) > 2 * sum(map(len, table.written)):
            shown = [" | ".join(row).rstrip() for row in rows]
        return self.code(Code(text="\n".join(shown)))

    def inert(self, text: str) -> str:
        return _LIVE.sub(lambda found: found[0] + JOINER, text)


_DINGTALK = _DingTalk()


def json_of(value: Any) -> str:
    """JSON inside a string, as msgParam wants it, every sign in as few bytes as it has."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
