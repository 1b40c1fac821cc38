"""A text with its entities as words and mentions: addresses beside the words of links, code fenced, quotes marked.

Offsets and lengths count UTF-16 units, and entities may lie within others (core.telegram.org/bots/api#messageentity).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from channels.messages import Account, Mention, Part, Text

Json = dict[str, Any]

_UNSOUND = re.compile("[\0\ud800-\udfff]")
_COMMAND = re.compile(r"\s*(?:@\w+\s+)?/")
_FENCE = re.compile("`{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEntity:
    """A bot or a person whom the platform names: where in the text, what of it is kept, and who is meant."""

    start: int
    end: int
    kept: str
    mention: Mention


@dataclass(frozen=True, slots=True)
class _Mark:
    """Signs that the text gets at a place; `rank` orders those at one place: what ends before what begins."""

    at: int
    rank: tuple[int, int]
    signs: str


def words(text: str, entities: Sequence[Json], named: Sequence[NamedEntity]) -> Iterator[Part]:
    """The text cut at those who are named. Code in a command stays as it was typed."""
    raw, position, kept = text.encode("utf-16-le"), 0, ""
    marks = [mark for index, entity in enumerate(entities) for mark in _quoted(raw, entity, index)]
    if not _COMMAND.match(text):
        marks += [mark for index, entity in enumerate(entities) for mark in _code(text, raw, entity, index)]
    marks += [mark for index, entity in enumerate(entities) for mark in _address(raw, entity, index)]
    steps: list[_Mark | NamedEntity] = [*marks, *named]
    for step in sorted(steps, key=_order):
        start = step.at if isinstance(step, _Mark) else step.start
        if isinstance(step, NamedEntity) and start < position:
            continue
        kept += _decoded(raw[position * 2 : start * 2])
        position = max(position, start)
        if isinstance(step, _Mark):
            kept += step.signs
            continue
        if kept := kept + step.kept:
            yield Text(text=kept)
        kept, position = "", step.end
        yield step.mention
    if kept := kept + _decoded(raw[position * 2 :]):
        yield Text(text=kept)


def sound(text: str) -> str:
    """Halves of characters and zero bytes, which no database takes, replaced; offsets stay as they are."""
    return text if text.isascii() and "\0" not in text else _UNSOUND.sub("\ufffd", text)


def shown(text: str, entity: Json) -> str:
    """The words over which an entity lies."""
    return _shown(text.encode("utf-16-le"), entity)


def mention_of(account: Account, *, is_me: bool, entity: Json, kept: str = "") -> NamedEntity:
    """Who is meant where that entity lies."""
    end = entity["offset"] + entity["length"]
    return NamedEntity(start=entity["offset"], end=end, kept=kept, mention=Mention(account=account, is_me=is_me))


def _order(step: _Mark | NamedEntity) -> tuple[int, tuple[int, int]]:
    return (step.at, step.rank) if isinstance(step, _Mark) else (step.start, (2, 0))


def _code(text: str, raw: bytes, entity: Json, index: int) -> Iterator[_Mark]:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    code = _shown(raw, entity)
    if entity["type"] == "pre":
        fence = _fence(code)
        before = "" if start == 0 or _ends_line(raw, start) else "\n"
        yield _Mark(start, (1, index), f"{before}{fence}{sound(str(entity.get('language', '')))}\n")
        yield _Mark(end, (0, -index), ("" if _ends_line(raw, end) else "\n") + fence + _break(raw, end))
    elif entity["type"] == "code" and code != text and "`" not in code:
        yield _Mark(start, (1, index), "`")
        yield _Mark(end, (0, -index), "`")


def _quoted(raw: bytes, entity: Json, index: int) -> Iterator[_Mark]:
    """A sign before each line of a quotation, so that no command in it is one."""
    if entity["type"] not in {"blockquote", "expandable_blockquote"}:
        return
    at = entity["offset"]
    for line in _shown(raw, entity).splitlines(keepends=True):
        yield _Mark(at, (1, index), "> ")
        at += len(line.encode("utf-16-le")) // 2
    yield _Mark(at, (0, -index), _break(raw, at))


def _address(raw: bytes, entity: Json, index: int) -> Iterator[_Mark]:
    """Where a link leads, unless its words say so."""
    if entity["type"] != "text_link":
        return
    url, said = str(entity["url"]), _shown(raw, entity).strip().rstrip("/")
    if said not in {url.rstrip("/"), url.partition("://")[2].rstrip("/")}:
        yield _Mark(entity["offset"] + entity["length"], (0, -index), f" ({sound(url)})")


def _fence(code: str) -> str:
    return "`" * max([3, *(len(found[0]) + 1 for found in _FENCE.finditer(code))])


def _ends_line(raw: bytes, at: int) -> bool:
    return raw[at * 2 - 2 : at * 2] == b"\n\0"


def _break(raw: bytes, at: int) -> str:
    """A line's end, unless the text ends here or has one itself."""
    return "" if raw[at * 2 : at * 2 + 2] in {b"", b"\n\0"} or _ends_line(raw, at) else "\n"


def _shown(raw: bytes, entity: Json) -> str:
    return _decoded(raw[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2])


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-16-le", "replace")
