"""The arguments of a call as whoever decides reads them: all of them, exactly, and replacements as differences."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_OLD, _NEW = "old", "new"
_MARKS = {_OLD: "- ", _NEW: "+ "}


def written(arguments: Mapping[str, Any], subject: str) -> str:
    """The argument of that name first (the command, path or URL), then everything else.

    What is replaced stands there line by line behind `-`, and what takes its place behind `+`, so that no text can look
    like the next argument. Nothing is left out.
    """
    rest = dict(arguments)
    main = rest.pop(subject, None)
    lines = [] if main is None else [str(main)]
    if _is_replacement(rest):
        lines += _difference({name: rest.pop(name) for name in sorted(rest, key=_rank) if _mark(name)})
    for name, value in rest.items():
        lines += _argument(name, value)
    return "\n".join(lines)


def _argument(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list) and value and all(isinstance(each, Mapping) and _is_replacement(each) for each in value):
        for number, each in enumerate(value, 1):
            yield f"{name} {number}:"
            yield from _difference({key: each[key] for key in sorted(each, key=_rank)})
        return
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    yield f"{name}: {text}" if "\n" not in text else f"{name}:\n{text}"


def _difference(parts: Mapping[str, Any]) -> Iterator[str]:
    for name, value in parts.items():
        mark = _mark(name)
        if mark and isinstance(value, str):
            yield from (f"{mark}{line}" for line in value.split("\n"))
        else:
            yield from _argument(name, value)


def _is_replacement(parts: Mapping[str, Any]) -> bool:
    """Whether one text takes the place of another there, under whatever names."""
    marks = [_mark(name) for name, value in parts.items() if isinstance(value, str) and _mark(name)]
    return sorted(marks) == sorted(_MARKS.values())


def _mark(name: str) -> str:
    return _MARKS.get(str(name).partition("_")[0], "")


def _rank(name: str) -> tuple[bool, bool, str]:
    """The old text first, then the new one, then the rest by name."""
    return _mark(name) != _MARKS[_OLD], _mark(name) != _MARKS[_NEW], name
