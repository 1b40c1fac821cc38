"""Long words cut where a reader would: between paragraphs, then lines, then words, and never inside one character.

Code that has to be cut is ended before the cut and begun again after it, with its language, and a table with its head.
"""

import unicodedata
from collections.abc import Iterator, Sequence

from channels.base import Traits
from channels.shared.markdown.outline import Stretch, outline, within

_MOST_REPEATED = 4
"""Of a piece, what begins and ends a block again takes less than this part."""
_LONGEST_LINE = 200
"""How far beyond a piece the line may reach in which it ends."""

_JOINER = "\u200d"


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
    """The longest end within `limit` that begins between two characters; code that began before begins again."""
    if measure(text, traits) <= limit:
        return text
    start = _tail_begins(text, limit, traits)
    inside = within(outline(text), start)
    if inside is None or len(inside.opening) > limit // 2:
        return text[start:]
    start = max(inside.body, _tail_begins(text, limit - len(inside.opening) - 2, traits))
    return f"\n{inside.opening}\n{text[start:]}"


def _tail_begins(text: str, limit: int, traits: Traits) -> int:
    start = len(text) - _end_within(text[::-1], limit, traits)
    while start < len(text) and _continues(text, start):
        start += 1
    return start


def split_text(text: str, traits: Traits) -> list[str]:
    """Pieces of at most `traits.max_text` that say the same in order. Blank space at a cut is dropped."""
    return list(_pieces(text.strip("\n"), traits))


def _pieces(text: str, traits: Traits) -> Iterator[str]:
    """Looks at one window after another, so that the cost grows with the length and not with its square."""
    opening, at, width = "", 0, traits.max_text + _LONGEST_LINE
    stretches = [
        each for each in outline(text) if len(each.opening) + len(each.closing) < traits.max_text // _MOST_REPEATED
    ]
    while at < len(text):
        window = opening + text[at : at + width]
        if at + width >= len(text) and measure(window, traits) <= traits.max_text:
            if window.strip():
                yield window
            return
        end = _cut(window, len(opening), at - len(opening), stretches, traits)
        piece = window[:end]
        at += end - len(opening)
        inside = within(stretches, at)
        if inside is not None:
            yield "\n".join(filter(None, (piece.rstrip(), inside.closing)))
            opening, at = _reopened(inside, text, at + text.startswith("\n", at))
            continue
        opening, at = "", _skip(text, at, "\n" if text.startswith("\n", at) else " ")
        if piece.strip():
            yield piece.rstrip()


def _skip(text: str, at: int, sign: str) -> int:
    while text.startswith(sign, at):
        at += 1
    return at


def _reopened(inside: Stretch, text: str, at: int) -> tuple[str, int]:
    """What stands before the rest, and where that begins; what would end at once is not begun again."""
    if not text[at : inside.end].strip():
        return "", _skip(text, inside.stop, "\n")
    return f"{inside.opening}\n", at


def _cut(text: str, least: int, shift: int, stretches: Sequence[Stretch], traits: Traits) -> int:
    """Where to cut: before code or a table, or in room kept for ending it. Always beyond `least`, so that it ends.

    The window begins at `shift` in the whole text.
    """
    most = _end_within(text, traits.max_text, traits)
    floor = max(least + 1, most // 2)
    inside = within(stretches, shift + most)
    if inside is not None:
        if inside.start - shift > floor:
            return inside.start - shift
        most = _end_within(text, traits.max_text - len(inside.closing) - 1, traits)
    for sign in ("\n\n", "\n", " ") if inside is None else ("\n", " "):
        end = text.rfind(sign, floor, most + len(sign))
        if end > least and not _parts_a_mark(stretches, shift + end):
            return end
    return max(_between_characters(text, most), least + 1)


def _parts_a_mark(stretches: Sequence[Stretch], place: int) -> bool:
    """Whether a cut falls inside the lines that begin or end code or a table."""
    inside = within(stretches, place)
    return inside is not None and (place < inside.body - 1 or inside.end < place < inside.stop)


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
