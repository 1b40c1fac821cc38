"""The head of a `SKILL.md`, read line by line: what other readers of the format accept is accepted, and nothing runs.

Only a line that is nothing but `---` ends it. Readers that look for these three signs anywhere cut a description in
two, and its second half, conditions of safety included, falls into the body. Values are texts, lists of texts and maps
of texts; anchors, tags and whatever else YAML knows are words like any other.
Format: agentskills.io/specification.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = "str | tuple[str, ...] | Mapping[str, str]"
FENCE = "---"
_KEY = re.compile(r"([^\s:#\-'\"\[\]{},][^:#'\"\[\]{},]*?|'[^']+'|\"[^\"]+\")\s*:(?:\s+(.*))?$")
_BLOCK = re.compile(r"[|>][0-9+-]{0,2}\s*(?:#.*)?$")
_ESCAPES = re.compile(r'\\(["\\/ntr]|u[0-9a-fA-F]{4})')
_MOST_LINES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadLine:
    """What cannot be read: the last part of the name of its sentence, the line counted from 1, what it is about."""

    word: str
    line: int
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadEntry:
    """One value of the head, and the line on which its key stands."""

    value: Value
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillHead:
    """The entries by their keys, the text below them, the line on which that begins, and what could not be read."""

    entries: Mapping[str, HeadEntry]
    body: str
    body_line: int
    wrong: tuple[UnreadLine, ...] = ()


@dataclass(slots=True, kw_only=True)
class _HeadReading:
    """How far the head is read. `lines` are those between the fences; the first is line 2 of the file."""

    lines: Sequence[str]
    entries: dict[str, HeadEntry] = field(default_factory=dict)
    wrong: list[UnreadLine] = field(default_factory=list)
    at: int = 0

    @property
    def number(self) -> int:
        return self.at + 2

    def indented(self) -> Iterator[str]:
        """The lines from here on that belong to the key above them."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and not line[0].isspace() and not line.startswith("- "):
                return
            self.at += 1
            yield line


def read_head(text: str) -> SkillHead:
    """Take a text apart. Without a head everything is body, and `wrong` says so."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        return SkillHead(entries={}, body=text, body_line=1, wrong=(UnreadLine(word="no_head", line=1),))
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), 0)
    if not end:
        return SkillHead(entries={}, body="", body_line=len(lines), wrong=(UnreadLine(word="head_open", line=1),))
    if end > _MOST_LINES:
        return SkillHead(entries={}, body="", body_line=end, wrong=(UnreadLine(word="head_long", line=1),))
    reading = _HeadReading(lines=lines[1:end])
    while reading.at < len(reading.lines):
        _read_key(reading)
    body = "\n".join(lines[end + 1 :])
    return SkillHead(entries=reading.entries, body=body, body_line=end + 2, wrong=tuple(reading.wrong))


def written(entries: Mapping[str, Value], body: str) -> str:
    """A head and a body as every reader of the format takes them: texts in quotes, lists and maps by lines."""
    lines = [FENCE]
    for key, value in entries.items():
        if isinstance(value, str):
            lines.append(f"{key}: {_quoted(value)}")
        elif isinstance(value, Mapping):
            lines += [f"{key}:", *(f"  {inner}: {_quoted(each)}" for inner, each in value.items())]
        else:
            lines += [f"{key}:", *(f"  - {_quoted(each)}" for each in value)]
    return "\n".join([*lines, FENCE, "", body.strip("\n"), ""])


def _read_key(reading: _HeadReading) -> None:
    line, number = reading.lines[reading.at], reading.number
    reading.at += 1
    if not line.strip() or line.lstrip().startswith("#"):
        return
    found = None if line[0].isspace() else _KEY.match(line)
    if found is None:
        reading.wrong.append(UnreadLine(word="line_unread", line=number, about=line.strip()[:60]))
        return
    key, given = _bare(found[1]), (found[2] or "").strip()
    if key in reading.entries:
        reading.wrong.append(UnreadLine(word="twice", line=number, about=key))
    below = list(reading.indented())
    reading.entries[key] = HeadEntry(value=_value(given, below), line=number)


def _value(given: str, below: Sequence[str]) -> Value:
    """The value that stands behind a key and on the lines below it."""
    if _BLOCK.match(given):
        return _block(below, folds=given.startswith(">"))
    if given and given[0] in "[{":
        return _flow(" ".join([given, *map(str.strip, below)]))
    if given:
        return _folded([given, *below])
    filled = [line for line in below if line.strip() and not line.lstrip().startswith("#")]
    if filled and all(line.lstrip().startswith("- ") for line in filled):
        return tuple(_scalar(line.lstrip()[2:]) for line in filled)
    if filled and _KEY.match(filled[0].lstrip()):
        return _map(filled)
    return _folded(filled)


def _map(lines: Sequence[str]) -> Mapping[str, str]:
    """Keys one step in, each with a text that may go on further in."""
    depth = _depth(lines[0])
    found: dict[str, list[str]] = {}
    last = ""
    for line in lines:
        key = _KEY.match(line.lstrip()) if _depth(line) <= depth else None
        if key:
            last = _bare(key[1])
            found[last] = [(key[2] or "").strip()]
        else:
            found[last].append(line)
    return {key: _joined(parts) for key, parts in found.items()}


def _joined(parts: Sequence[str]) -> str:
    value = _value(parts[0], parts[1:])
    if isinstance(value, str):
        return value
    return " ".join(value if isinstance(value, tuple) else (f"{key}: {each}" for key, each in value.items()))


def _block(below: Sequence[str], *, folds: bool) -> str:
    filled = [line for line in below if line.strip()]
    depth = min(map(_depth, filled), default=0)
    lines = [line[depth:].rstrip() for line in below]
    text = "\n".join(lines).strip("\n")
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text) if folds else text


def _folded(lines: Sequence[str]) -> str:
    return _scalar(" ".join(line.strip() for line in lines if line.strip()))


def _flow(text: str) -> Value:
    """`[a, b]` or `{a: b}`; what is neither, after all, is a text."""
    text = text.strip()
    closes = "]" if text[0] == "[" else "}"
    if not text.endswith(closes):
        return _scalar(text)
    parts = [part for part in _parts(text[1:-1]) if part]
    if closes == "]":
        return tuple(map(_scalar, parts))
    pairs = [part.partition(":") for part in parts]
    return {_bare(key.strip()): _scalar(value) for key, _, value in pairs}


def _parts(text: str) -> Iterator[str]:
    """What commas separate, quoted ones aside."""
    quote, part = "", ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"" and part.rstrip()[-1:] in {"", ":"}:
            quote = sign
        elif sign == ",":
            yield part.strip()
            part = ""
            continue
        part += sign
    yield part.strip()


def _scalar(text: str) -> str:
    """A text without its quotes, or without the remark behind it."""
    text = text.strip()
    for quote in "'\"":
        end = text.rfind(quote)
        rest = text[end + 1 :].strip()
        if text.startswith(quote) and end > 0 and (not rest or rest.startswith("#")):
            inner = text[1:end]
            return inner.replace("''", "'") if quote == "'" else _ESCAPES.sub(_unescaped, inner)
    return re.sub(r"\s+#.*$", "", text)


def _unescaped(found: "re.Match[str]") -> str:
    return str(json.loads(f'"{found[0]}"'))


def _bare(key: str) -> str:
    return key.strip().strip("'\"")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _quoted(text: str) -> str:
    """A text in quotes, on one line; no line of it can be taken for a fence."""
    return json.dumps(text, ensure_ascii=False)
