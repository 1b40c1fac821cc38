"""Makes of the new text of an edit what takes the place of the old one, so that whatever is the same stays as it is.

Lines that the edit leaves alone keep their blanks, their line ends and their punctuation; new ones get the line ends of
their neighbours and the indentation of the place.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from agents.toolbox.indentation import before
from agents.toolbox.matching import LINE_END, FoundPlace, FoundPlaces, MatchStep

_MOST_COMPARED = 250_000
"""Pairs of lines; where there are more, only what is the same at both ends is kept as it is."""
_BLANKS = " \t"


def changed(text: str, found: FoundPlaces) -> tuple[str, list[tuple[int, int]]]:
    """The text with the edit made, and the characters of each changed place in it."""
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    at = length = 0
    for place in found.places:
        put = _put(text, found, place)
        kept = text[at : place.start]
        pieces += [kept, put]
        spans.append((length + len(kept), length + len(kept) + len(put)))
        length, at = spans[-1][1], place.end
    return "".join([*pieces, text[at:]]), spans


def _put(text: str, found: FoundPlaces, place: FoundPlace) -> str:
    """What takes the place."""
    if found.step is MatchStep.EXACT and "\n" not in found.new and "\n" not in found.old:
        return found.new
    there = text[place.start : place.end]
    old, new, here = (LINE_END.split(each) for each in (found.old, found.new, there))
    if len(here) < len(old):  # the end of the file stood for the last line end
        old.pop()
        if len(new) > 1 and not new[-1]:
            new.pop()
    ends = LINE_END.findall(there)
    usual = ends[0] if ends else _end_near(text, place)
    pieces: list[str] = []
    for number, (line, source, is_same) in enumerate(_beside(old, new)):
        if source is None:
            body = place.indentation.fit(line) if place.indentation else line
        else:
            body = here[source] if is_same else _fitted(line, old[source], here[source], place)
        pieces.append(body)
        if number < len(new) - 1:
            pieces.append(ends[source] if source is not None and source < len(ends) else usual)
    return "".join(pieces)


def _end_near(text: str, place: FoundPlace) -> str:
    """How the line of a place ends, or the one before it."""
    at = text.find("\n", place.start)
    at = text.rfind("\n", 0, place.start) if at < 0 else at
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"


def _beside(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int | None, bool]]:
    """Each new line, with the number of the old one that it is or takes the place of, and whether it is that one."""
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from ((new[each], each, True) for each in range(head))
    if len(middle_old) * len(middle_new) > _MOST_COMPARED:
        yield from ((line, None, False) for line in middle_new)
    else:
        steps = SequenceMatcher(None, middle_old, middle_new, autojunk=False).get_opcodes()
        for tag, from_old, to_old, from_new, to_new in steps:
            for number in range(from_new, to_new):
                source = from_old + number - from_new
                yield middle_new[number], head + source if source < to_old else None, tag == "equal"
    yield from ((new[len(new) - each], len(old) - each, True) for each in range(tail, 0, -1))


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are the same from the beginning."""
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        count += 1
    return count


def _fitted(line: str, old: str, here: str, place: FoundPlace) -> str:
    """A line that takes the place of `here`, which was given as `old`: what both share stays as it is there."""
    body = place.indentation.fit(line) if place.indentation else line
    if old == here or not body.strip():
        return body
    blanks = _after(here) if _after(line) == _after(old) else _after(body)
    words = _kept_signs(body.strip(_BLANKS), old.strip(_BLANKS), here.strip(_BLANKS))
    return f"{before(body)}{words}{blanks}"


def _kept_signs(new: str, old: str, here: str) -> str:
    """The new words with the signs of the place where they begin and end as the old ones did."""
    if old == here or len(old) != len(here):
        return new
    head = _same(old, new)
    tail = min(_same(old[::-1], new[::-1]), len(old) - head, len(new) - head)
    return f"{here[:head]}{new[head : len(new) - tail]}{here[len(here) - tail :]}"


def _after(line: str) -> str:
    """The blanks after a line."""
    return line[len(line.rstrip(_BLANKS)) :]
