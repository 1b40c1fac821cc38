"""Long words cut where a reader would: between paragraphs, then lines, then words, and never inside one character.

A code fence that has to be cut is closed before the cut and opened again after it, with its language.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from channels.base import Traits

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n`]*$", re.MULTILINE)
_LONGEST_FENCE = 40
_LONGEST_LINE = 200
"""How far beyond a piece the line may reach in which it ends."""

_JOINER = "\u200d"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fence:
    start: int
    mark: str
    language: str


def measure(text: str, traits: Traits) -> int:
    """The text's length as the platform counts it."""
    return _units(text) if traits.counts_utf16 else len(text)


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def take(text: str, limit: int, traits: Traits) -> str:
    """The longest beginning within `limit` that ends between two characters as people see them."""
    end = _end_within(text, limit, traits)
    return text[: _between_characters(text, end)]


def tail(text: str, limit: int, traits: Traits) -> str:
    """The longest end within `limit` that begins between two characters."""
    if measure(text, traits) <= limit:
        return text
    start = len(text) - _end_within(text[::-1], limit, traits)
    while start < len(text) and _continues(text, start):
        start += 1
    return text[start:]


def split_text(text: str, traits: Traits) -> list[str]:
    """Pieces of at most `traits.max_text` that say the same in order. Blank space at a cut is dropped."""
    return list(_pieces(text.strip("\n"), traits))


def _pieces(text: str, traits: Traits) -> Iterator[str]:
    """Looks at one window after another, so that the cost grows with the length and not with its square."""
    opening, at, width = "", 0, traits.max_text + _LONGEST_LINE
    while at < len(text):
        window = opening + text[at : at + width]
        if at + width >= len(text) and measure(window, traits) <= traits.max_text:
            if window.strip():
                yield window
            return
        end = _cut(window, len(opening), traits)
        piece = window[:end]
        at += end - len(opening)
        fence = _open_fence(piece)
        if fence is not None:
            yield f"{piece.rstrip()}\n{fence.mark}"
            opening, at = _reopen(fence, text, at + text.startswith("\n", at))
            continue
        opening, at = "", _skip(text, at, "\n" if text.startswith("\n", at) else " ")
        if piece.strip():
            yield piece.rstrip()


def _skip(text: str, at: int, sign: str) -> int:
    while text.startswith(sign, at):
        at += 1
    return at


def _reopen(fence: _Fence, text: str, at: int) -> tuple[str, int]:
    """What stands before the rest, and where that begins; a fence that would close at once is not opened again."""
    stop = text.find("\n", at)
    closing = text[at : len(text) if stop < 0 else stop].strip()
    if len(closing) >= len(fence.mark) and not closing.strip(fence.mark[0]):
        return "", _skip(text, len(text) if stop < 0 else stop, "\n")
    return f"{fence.mark}{fence.language}\n", at


def _cut(text: str, least: int, traits: Traits) -> int:
    """Where to cut: before a fence or in room kept for closing it. Always beyond `least`, so that it ends."""
    most = _end_within(text, traits.max_text, traits)
    floor = max(least + 1, most // 2)
    fence = _open_fence(text[:most])
    if fence is not None:
        if fence.start > floor:
            return fence.start
        most = _end_within(text, traits.max_text - len(fence.mark) - 1, traits)
    for sign in ("\n\n", "\n", " ") if fence is None else ("\n", " "):
        end = text.rfind(sign, floor, most + len(sign))
        if end > least and not _splits_fence_line(text, end):
            return end
    return max(_between_characters(text, most), least + 1)


def _splits_fence_line(text: str, end: int) -> bool:
    """Whether the cut falls inside a line that opens or closes a fence."""
    start = text.rfind("\n", 0, end) + 1
    stop = text.find("\n", end)
    line = text[start : len(text) if stop < 0 else stop]
    return start < end < start + len(line) and _FENCE.match(line) is not None


def _open_fence(text: str) -> _Fence | None:
    """The fence that is open at the end of the text."""
    opened: _Fence | None = None
    for found in _FENCE.finditer(text):
        mark, language = found[1], found[2]
        if len(mark) + len(language) > _LONGEST_FENCE:
            continue
        if opened is None:
            opened = _Fence(start=found.start(), mark=mark, language=language)
        elif not language and mark[0] == opened.mark[0] and len(mark) >= len(opened.mark):
            opened = None
    return opened


def _end_within(text: str, limit: int, traits: Traits) -> int:
    """The greatest index before which the text is within the limit."""
    if limit <= 0:
        return 0
    if not traits.counts_utf16 or text.isascii():
        return min(limit, len(text))
    units = 0
    for index, sign in enumerate(text):
        units += 2 if sign > "\uffff" else 1
        if units > limit:
            return index
    return len(text)


def _between_characters(text: str, end: int) -> int:
    """`end`, or the nearest place before it that does not tear a character and its marks apart."""
    start = end
    while 0 < start < len(text) and _continues(text, start):
        start -= 1
    return start or end


def _continues(text: str, index: int) -> bool:
    """Whether the sign at `index` belongs to the one before it: a mark, a joiner, a skin tone, half a flag."""
    sign, before = text[index], text[index - 1] if index else ""
    if unicodedata.combining(sign) or unicodedata.category(sign) in {"Mn", "Me", "Mc"} or sign == _JOINER:
        return True
    if before == _JOINER or "\U0001f3fb" <= sign <= "\U0001f3ff":
        return True
    return _is_flag_half(sign) and _flag_halves_before(text, index) % 2 == 1


def _is_flag_half(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"


def _flag_halves_before(text: str, index: int) -> int:
    start = index
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return index - start
