"""A process that searches the files that it is told of, one unit after another, until its pipe is closed.

A line that takes too long is given up. Most of the time the worker notices itself, by a timer, and what it has found in
the file stays; where the matching of an expression does not look up, its crew ends it and begins another.
"""

import contextlib
import json
import math
import os
import resource
import signal
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap
from types import FrameType
from typing import Any

from agents.files.searching.reading import Finds, HitBounds, NoText, OverTime, SearchMode, search
from agents.files.searching.seeking import Seeker
from agents.files.searching.walking import open_folder
from governance.values.secret_names import secrets_in

LINE_SECONDS = 2.0
LINE_CPU_SECONDS = 0.4
"""A line costs too much once both are over: a machine that is busy with other work must not have a file given up."""
MAX_MEMORY_BYTES = 2 << 30
MAX_CPU_SECONDS = 120
_LOOKED_EVERY_SECONDS = 0.1
_LENGTH = struct.Struct("<I")
_BEAT = struct.Struct("<II")
_CLOSED, _SECRET = -1, -2
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
Unit = dict[str, Any]
"""Files to search: `places` with lists `[folder, names]`, or `file`, an open one, with its `name`; `hits` to keep."""


def send(pipe: int, message: Any) -> None:
    """Write one message. Raises BrokenPipeError when nobody reads any more."""
    data = json.dumps(message).encode()
    whole = memoryview(_LENGTH.pack(len(data)) + data)
    while whole:
        whole = whole[os.write(pipe, whole) :]


def receive(pipe: int) -> Any:
    """Read one message. Raises EOFError when nobody writes any more."""
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    return json.loads(_exactly(pipe, length))


def beat_of(shared: mmap) -> tuple[int, int]:
    """The place in its unit of the file that a worker is at, and a number that grows as it goes on."""
    place, count = _BEAT.unpack_from(shared)
    return place, count


@dataclass(slots=True, kw_only=True)
class Done:
    """What became of a unit. `hits` are lists `[path, count, lines]`, `stuck` lists `[path, line]`."""

    hits: list[list[Any]] = field(default_factory=list)
    stuck: list[list[Any]] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)
    parted: list[str] = field(default_factory=list)
    searched: int = 0
    binary: int = 0
    closed: int = 0


class Worker:
    """Searches the files of units. `shared` is the memory where its crew sees that it goes on."""

    def __init__(self, root: int, wanted: dict[str, Any], shared: mmap) -> None:
        self._root = root
        self._seeker = Seeker(wanted["pattern"], ignore_case=wanted["ignore_case"], literal=wanted["literal"])
        self._wanted = wanted
        self._shared = shared
        self._place, self._count = 0, 0
        self._until, self._most = math.inf, math.inf

    def serve(self, tasks: int, results: int) -> None:
        """Answer every unit until there are no more."""
        _bound_itself()
        signal.signal(signal.SIGALRM, self._look_up)
        signal.setitimer(signal.ITIMER_REAL, _LOOKED_EVERY_SECONDS, _LOOKED_EVERY_SECONDS)
        with contextlib.suppress(EOFError, BrokenPipeError):
            while True:
                done = self._search(receive(tasks))
                send(results, {name: getattr(done, name) for name in Done.__slots__})

    def _search(self, unit: Unit) -> Done:
        done = Done()
        bounds = HitBounds(mode=SearchMode(self._wanted["mode"]), context=self._wanted["context"], hits=unit["hits"])
        for place, (path, opened) in enumerate(self._opened(unit)):
            self._place = place
            self._beat()
            if opened < 0:
                done.closed += opened == _CLOSED
                done.secret += [path] * (opened == _SECRET)
                continue
            try:
                self._one(path, opened, Finds(self._seeker, bounds), done)
            except NoText:
                done.binary += 1
            except (OSError, MemoryError):
                done.closed += 1
            except OverTime:
                done.stuck.append([path, 1])
            finally:
                self._until = math.inf
                os.close(opened)
        return done

    def _one(self, path: str, opened: int, finds: Finds, done: Done) -> None:
        try:
            search(opened, finds, self._beat)
        except OverTime:  # between two lines
            finds.stuck = finds.stuck or 1
        done.searched += 1
        if finds.stuck:
            done.stuck.append([path, finds.stuck])
        if finds.is_parted:
            done.parted.append(path)
        if finds.count:
            lines = [finds.lines[number] for number in sorted(finds.lines)]
            done.hits.append([path, finds.count, lines])

    def _opened(self, unit: Unit) -> Iterator[tuple[str, int]]:
        """The path and descriptor of each file, or why there is none; those of secrets are not opened."""
        if "file" in unit:
            yield unit["name"], os.dup(unit["file"])
        for place, names in unit.get("places", ()):
            is_secret = secrets_in(f"{self._wanted['base']}{place}")
            try:
                folder = open_folder(self._root, place)
            except OSError:
                yield from ((f"{place}{name}", _CLOSED) for name in names)
                continue
            try:
                for name in names:
                    yield f"{place}{name}", _SECRET if is_secret(name) else _open(folder, name)
            finally:
                os.close(folder)

    def _beat(self) -> None:
        self._count = (self._count + 1) & 0xFFFFFFFF
        _BEAT.pack_into(self._shared, 0, self._place, self._count)
        self._until = time.monotonic() + LINE_SECONDS
        self._most = time.process_time() + LINE_CPU_SECONDS

    def _look_up(self, _signal: int, _frame: FrameType | None) -> None:
        if time.monotonic() > self._until and time.process_time() > self._most:
            self._until = math.inf
            raise OverTime


def _open(folder: int, name: str) -> int:
    try:
        return os.open(name, _FILE, dir_fd=folder)
    except OSError:
        return _CLOSED


def _exactly(pipe: int, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        more = os.read(pipe, min(length - len(data), 1 << 20))
        if not more:
            raise EOFError
        data += more
    return bytes(data)


def _bound_itself() -> None:
    """What it may use, should nobody be left to end it."""
    for what, most in ((resource.RLIMIT_CPU, MAX_CPU_SECONDS), (resource.RLIMIT_AS, MAX_MEMORY_BYTES)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
