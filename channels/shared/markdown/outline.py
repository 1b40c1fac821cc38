"""Where code and tables stand in a text, and how they are ended and begun again where they have to be cut."""

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from channels.shared.markdown.reader import has_too_many_blocks, parser

if TYPE_CHECKING:
    from markdown_it.token import Token

_BLOCK = re.compile(r"`{3}|~{3}|\|")
_NO_PREFIX = re.compile(r"[^>\s]")
_LANGUAGE = re.compile(r"[ \t]*[\w+#.-]{0,30}(?![^\s])")
LONGEST_MARK = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A block of code or a table, by offsets of the text.

    Its first line begins at `start`, what is in it at `body` and ends at `end`; what follows begins at `stop`. Cut
    inside, it is ended by the line `closing`, unless that is empty, and goes on below the lines `opening`.
    """

    start: int
    body: int
    end: int
    stop: int
    opening: str
    closing: str


def outline(text: str) -> list[Stretch]:
    """The blocks of code and the tables of a text, in order."""
    if not _BLOCK.search(text) or has_too_many_blocks(text):
        return []
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return list(_stretches(parser().parse(text), lines, starts))


def within(stretches: Sequence[Stretch], place: int) -> Stretch | None:
    """The one that a cut at this place would part."""
    at = bisect.bisect_left(stretches, place, key=lambda each: each.start) - 1
    return stretches[at] if at >= 0 and place < stretches[at].stop else None


def _stretches(tokens: Sequence["Token"], lines: Sequence[str], starts: Sequence[int]) -> Iterator[Stretch]:
    for token in tokens:
        if token.type not in {"fence", "table"} or not token.map:
            continue
        first, last = token.map
        prefix, _, rest = lines[first].partition(token.markup) if token.markup else ("", "", lines[first])
        blank = _NO_PREFIX.sub(" ", prefix)
        if token.type == "table":
            head = 2
            opening, closing, end = "\n".join(lines[first : first + head]), "", starts[last] - 1
        else:
            if len(token.markup) > LONGEST_MARK:
                continue
            head = 1
            language = _LANGUAGE.match(rest)
            opening = f"{blank}{token.markup}{language[0].strip() if language else ''}"
            closing = f"{blank}{token.markup}"
            end = starts[last] - 1 if token.meta["is_open"] else starts[last - 1] - 1
        yield Stretch(
            start=starts[first],
            body=starts[first + head],
            end=max(end, starts[first + head] - 1),
            stop=starts[last] - 1,
            opening=opening,
            closing=closing,
        )
