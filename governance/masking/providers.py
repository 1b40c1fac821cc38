"""Keys in the forms that providers document. `formats.toml` lists them; it is read with the first text.

Each form begins at a literal mark, so that a text is searched by `str.find` and only what follows a mark is looked at,
within bounds: the cost grows with the text alone.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from governance.masking.found import FoundSecret, SecretKind
from governance.masking.left_alone import has_digit_and_letter, is_mixed, is_one_long_word, is_placeholder

_LIST = Path(__file__).with_name("formats.toml")
_LONG = 2_000
_LONGEST = 1_500
_LONG_RUN = re.compile(r"[A-Za-z0-9_+/=.~:-]{12}")
"""No key of any form is without so many signs in a row, and most that is said is."""


def _any(_: str) -> bool:
    return True


def _either(body: str) -> bool:
    return is_mixed(body) or is_one_long_word(body)


_NEEDS: Mapping[str, Callable[[str], bool]] = {
    "": _any,
    "digit": has_digit_and_letter,
    "either": _either,
    "mixed": is_mixed,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One form of a key. `reach` is how far before its mark it may begin, `keeps_start` that the mark is no secret."""

    name: str
    mark: str
    body: re.Pattern[str]
    reach: int
    keeps_start: bool
    is_likely: Callable[[str], bool]
    pairs: frozenset[tuple[str, str]]


@cache
def formats() -> tuple[Format, ...]:
    """Every form that is known, one for each mark."""
    listed = tomllib.loads(_LIST.read_text(encoding="utf-8"))["format"]
    return tuple(each for entry in listed for each in _of(entry))


def _of(entry: Mapping[str, Any]) -> Iterator[Format]:
    body = re.compile(entry.get("then") or entry["whole"])
    for mark in entry.get("starts") or entry["inside"]:
        yield Format(
            name=entry["name"],
            mark=mark,
            body=body,
            reach=entry.get("reach", 0),
            keeps_start=entry.get("keeps") == "start",
            is_likely=_NEEDS[entry.get("needs", "")],
            pairs=frozenset(pairwise(mark)),
        )


def provider_keys(text: str, *, strict: bool) -> Iterator[FoundSecret]:
    """Every key of a provider in the text. Words that begin alike are left alone, and placeholders unless `strict`."""
    if _LONG_RUN.search(text) is None:
        return
    for form in _possible(text):
        at = text.find(form.mark)
        while at >= 0:
            end = at + len(form.mark)
            found = _inside(form, text, at) if form.reach else _starting(form, text, at)
            if found is not None:
                end = max(end, found.end)
                body = _body(form, text, found)
                if form.is_likely(body) and (strict or not is_placeholder(body)):
                    yield found
            at = text.find(form.mark, end)


def _possible(text: str) -> Sequence[Format]:
    """Those whose marks a text may hold: in a long one, those of which every two letters stand side by side in it.

    To collect such pairs costs a third of what looking for every mark does.
    """
    if len(text) < _LONG:
        return formats()
    there = set(pairwise(text))
    return [form for form in formats() if form.pairs <= there]


def _body(form: Format, text: str, found: FoundSecret) -> str:
    whole = text[found.start : found.end]
    return whole if form.reach else whole.removeprefix(form.mark)


def _starting(form: Format, text: str, at: int) -> FoundSecret | None:
    begins = at + len(form.mark)
    matched = form.body.match(text, begins, begins + _LONGEST)
    if matched is None or not (form.keeps_start or starts_a_word(text, at)) or not _ends_a_word(text, matched.end()):
        return None
    return FoundSecret(begins if form.keeps_start else at, matched.end(), SecretKind.PROVIDER)


def _inside(form: Format, text: str, at: int) -> FoundSecret | None:
    before, after = text[at - 1 : at], text[at + len(form.mark) : at + len(form.mark) + 1]
    if not before.isalnum() or not (after.isalnum() or after in {"-", "_", "+", "/", ".", "~"}):
        return None
    matched = form.body.search(text, max(0, at - form.reach), at + _LONGEST)
    if matched is None or not matched.start() <= at < matched.end() or not _ends_a_word(text, matched.end()):
        return None
    return (
        FoundSecret(matched.start(), matched.end(), SecretKind.PROVIDER)
        if starts_a_word(text, matched.start())
        else None
    )


def starts_a_word(text: str, at: int) -> bool:
    """Whether no letter or digit of ASCII stands before; the `n` of an escaped line end is none."""
    if at == 0 or not _is_of_a_word(text[at - 1]):
        return True
    return at > 1 and text[at - 2] == "\\" and text[at - 1] in "nrt"


def _ends_a_word(text: str, at: int) -> bool:
    return at >= len(text) or not _is_of_a_word(text[at])


def _is_of_a_word(sign: str) -> bool:
    return sign == "_" or (sign.isascii() and sign.isalnum())
