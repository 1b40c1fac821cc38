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
    """The same verbs for a server that ignores `stream` and answers with one JSON object, or an array of them."""

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
        """The whole answer in as many chunks as it was written in."""
        value = _json(b"".join(self._pieces))
        values = value if isinstance(value, list) else [value]
        chunks: list[Mapping[str, Any]] = [each for each in values if isinstance(each, dict)]
        self.garbage += not chunks
        return chunks


class AnswerBody:
    """The same verbs for a body whose label may be wrong: its first byte says whether it is one object or a stream."""

    def __init__(self) -> None:
        self._kind: EventStream | WholeBody | None = None

    @property
    def done(self) -> bool:
        """Whether the end was marked."""
        return self._kind is not None and self._kind.done

    @property
    def garbage(self) -> int:
        """How much could not be read."""
        return self._kind.garbage if self._kind else 0

    @property
    def is_broken(self) -> bool:
        """Whether too much could not be read."""
        return self._kind is not None and self._kind.is_broken

    def feed(self, data: bytes) -> list[Mapping[str, Any]]:
        """The chunks that these bytes complete."""
        if self._kind is None:
            data = data.lstrip(_BEFORE)
            if not data:
                return []
            self._kind = WholeBody() if data[:1] in _OPENINGS else EventStream()
        return self._kind.feed(data)

    def end(self) -> list[Mapping[str, Any]]:
        """The chunks that were waiting for more."""
        return self._kind.end() if self._kind else []


_BEFORE = b"\xef\xbb\xbf \t\r\n"
_OPENINGS = (b"{", b"[", b"<")
"""Of an object, of an array, and of the web page that a proxy puts in its place, which is no answer."""


def _parsed(text: bytes) -> Mapping[str, Any] | None:
    value = _json(text)
    return value if isinstance(value, dict) else None


def _json(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
