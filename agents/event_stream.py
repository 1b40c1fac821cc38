"""Server-sent events as chat servers send them: one JSON object per `data:` line, `[DONE]` at the end. No I/O."""

import json
from collections.abc import Mapping
from typing import Any

TOLERATED_GARBAGE = 3


class EventStream:
    """Bytes in, chunks out. `done` after `[DONE]`; `garbage` counts the lines that were no JSON object.

    A few such lines are skipped (proxies insert keep-alives of their own); `is_broken` says when there are too many.
    """

    def __init__(self) -> None:
        self.done = False
        self.garbage = 0
        self._rest: list[bytes] = []

    @property
    def is_broken(self) -> bool:
        """Whether more arrived that cannot be read than a healthy server sends."""
        return self.garbage > TOLERATED_GARBAGE

    def feed(self, data: bytes) -> list[Mapping[str, Any]]:
        """The chunks that these bytes complete."""
        if b"\n" not in data:
            self._rest.append(data)
            return []
        if self._rest:
            data = b"".join([*self._rest, data])
        lines = data.split(b"\n")
        self._rest = [rest] if (rest := lines.pop()) else []
        return self._read(lines)

    def end(self) -> list[Mapping[str, Any]]:
        """The chunk in a last line that had no newline."""
        lines, self._rest = [b"".join(self._rest)], []
        return self._read(lines)

    def _read(self, lines: list[bytes]) -> list[Mapping[str, Any]]:
        chunks = []
        for line in lines:
            if self.done or not line.startswith(b"data:"):
                continue
            text = line[5:].strip()
            if text == b"[DONE]":
                self.done = True
            elif (chunk := _parsed(text)) is not None:
                chunks.append(chunk)
            else:
                self.garbage += 1
        return chunks


class WholeBody:
    """The same verbs for a server that ignores `stream` and answers with one JSON object."""

    def __init__(self) -> None:
        self.done = False
        self.garbage = 0
        self._pieces: list[bytes] = []

    @property
    def is_broken(self) -> bool:
        """Whether the body was no JSON object."""
        return self.garbage > 0

    def feed(self, data: bytes) -> list[Mapping[str, Any]]:
        """Nothing yet."""
        self._pieces.append(data)
        return []

    def end(self) -> list[Mapping[str, Any]]:
        """The whole answer as one chunk."""
        chunk = _parsed(b"".join(self._pieces))
        self.garbage += chunk is None
        return [] if chunk is None else [chunk]


def _parsed(text: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
