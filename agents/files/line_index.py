"""Where the lines of a file begin: line ends counted block by block, so that any line of a large file is near.

Kept per file as it was when it was counted, in bounded memory; a file that changed in any way is counted anew.
"""

import os
import time
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import BinaryIO

from agents.files.texts import Form, form_of, refined

BLOCK_BYTES = 256 << 10
MOST_FILES = 64
COUNT_SECONDS = 20.0
"""A file that takes longer is counted on at the next call."""


class LineIndex:
    """The lines of one file of that form and size, in bytes, as far as they are counted."""

    def __init__(self, form: Form, size: int) -> None:
        self.form = form
        self.size = size
        self.is_complete = False
        self.ends_open = False
        """Whether the last line has no line end, which is known once all is counted."""
        self._newline = "\n".encode(form.encoding)
        self._ends = array("Q", [0])
        self._lock = Lock()

    @property
    def lines(self) -> int:
        """How many lines there are, or are known so far."""
        return self._ends[-1] + self.ends_open

    def count(self, file: BinaryIO, is_over: Callable[[], bool]) -> None:
        """Count on to the end, or until it is over."""
        with self._lock:
            file.seek((len(self._ends) - 1) * BLOCK_BYTES)
            last = b""
            while not self.is_complete and not is_over():
                block = file.read(BLOCK_BYTES)
                if block:
                    self.form = refined(self.form, block)
                    self._ends.append(self._ends[-1] + self._count(block))
                    last = block
                if len(block) < BLOCK_BYTES:
                    self.is_complete = True
                    self.ends_open = self._is_open(file, last)

    def seek(self, file: BinaryIO, number: int) -> bool:
        """Put the file at the beginning of that line, counted from 1; whether it is among those that are known."""
        if number > self.lines:
            return False
        if number == 1:
            file.seek(len(self.form.bom))
            return True
        block = bisect_left(self._ends, number - 1) - 1
        file.seek(block * BLOCK_BYTES)
        data = file.read(BLOCK_BYTES)
        file.seek(block * BLOCK_BYTES + self._after(data, number - 1 - self._ends[block]))
        return True

    def _is_open(self, file: BinaryIO, last: bytes) -> bool:
        if not last:
            file.seek(-min(self.size, len(self._newline)), os.SEEK_END)
            last = file.read()
        return not last.endswith(self._newline) and self.size > len(self.form.bom)

    def _count(self, block: bytes) -> int:
        if not self.form.is_wide:
            return block.count(b"\n")
        return block.decode(self.form.encoding, "replace").count("\n")

    def _after(self, data: bytes, count: int) -> int:
        """Where in the block that many line ends are over."""
        start, stop, width = 0, len(data), len(self._newline)
        while stop - start > BLOCK_BYTES >> 8 and not self.form.is_wide:
            middle = (start + stop) // 2
            before = data.count(b"\n", start, middle)
            start, stop, count = (start, middle, count) if count <= before else (middle, stop, count - before)
        at = start
        while count:
            at = data.index(self._newline, at)
            if at % width:
                at += 1  # the halves of two characters
                continue
            at, count = at + width, count - 1
        return at


class LineIndices:
    """The indices of the files that were read last; each call counts for that many seconds of that clock at most."""

    def __init__(self, *, seconds: float = COUNT_SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._known: OrderedDict[tuple[int, ...], LineIndex] = OrderedDict()
        self._lock = Lock()

    def of(self, file: BinaryIO) -> LineIndex | None:
        """The index of an open file; None for what is no text. It takes a second for each gigabyte."""
        about = os.fstat(file.fileno())
        key = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
        with self._lock:
            index = self._known.get(key)
        if index is None:
            form = form_of(file)
            if form is None:
                return None
            index = LineIndex(form, about.st_size)
        until = self._now() + self._seconds
        index.count(file, lambda: self._now() > until)
        self._keep(key, index)
        return index

    def _keep(self, key: tuple[int, ...], index: LineIndex) -> None:
        with self._lock:
            for other in [each for each in self._known if each[:2] == key[:2]]:
                del self._known[other]
            self._known[key] = index
            while len(self._known) > MOST_FILES:
                self._known.popitem(last=False)
