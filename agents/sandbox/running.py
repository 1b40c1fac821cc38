"""Runs one prepared program to its end: gathers what it says, watches what it uses, and leaves no process behind."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Coroutine, Sequence

from agents.confinement.processes import descendants_of, end_descendants, resident_bytes
from agents.sandbox.limits import CommandLimits, FinishedCommand, OnOutput, OnWatch

TIMED_OUT, USED_TOO_MUCH = 124, 137
WATCH_SECONDS = 0.1
_CHUNK_BYTES = 65_536
_GOES_ON, _BEGINS, _LONGEST_CHARACTER = 0x80, 0xC0, 4
"""In UTF-8 bytes from 0x80 on go on with a character, those from 0xC0 on begin one of several bytes."""
_NICE = "/usr/bin/nice"
_TOLD_SECONDS = 0.5
"""How long a child of ours gets to end its own tree before we do it."""


class Capture:
    """Keeps the head and the tail of an output, half of `limit_bytes` each."""

    def __init__(self, limit_bytes: int) -> None:
        self._half = max(1, limit_bytes // 2)
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._left_out = 0

    @property
    def truncated(self) -> bool:
        """Whether something was left out."""
        return self._cut() > 0

    def feed(self, data: bytes) -> None:
        """Take more in."""
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail.append(data)
            self._tail_bytes += len(data)
        while self._tail and self._tail_bytes - len(self._tail[0]) >= self._half:
            dropped = len(self._tail.popleft())
            self._tail_bytes -= dropped
            self._left_out += dropped

    def text(self) -> str:
        r"""What was kept; bytes that are not UTF-8 are shown as `\xff`."""
        tail = b"".join(self._tail)
        if not self._cut():
            return (bytes(self._head) + tail).decode("utf-8", "backslashreplace")
        head, kept = _until_a_character(bytes(self._head)), _from_a_character(tail[-self._half :])
        cut = self._cut() + len(self._head) - len(head) + min(self._half, len(tail)) - len(kept)
        return "\n".join(
            [
                head.decode("utf-8", "backslashreplace"),
                f"[… {cut:,} bytes left out …]",
                kept.decode("utf-8", "backslashreplace"),
            ]
        )

    def _cut(self) -> int:
        return self._left_out + max(0, self._tail_bytes - self._half)


def _until_a_character(data: bytes) -> bytes:
    """Without the beginning of a character whose rest was cut off."""
    for back in range(1, min(_LONGEST_CHARACTER, len(data)) + 1):
        if data[-back] >= _BEGINS:
            return data[:-back] if back < _length_by(data[-back]) else data
        if data[-back] < _GOES_ON:
            return data
    return data


def _from_a_character(data: bytes) -> bytes:
    """Without the rest of a character whose beginning was cut off."""
    first = next((at for at, byte in enumerate(data[:_LONGEST_CHARACTER]) if not _GOES_ON <= byte < _BEGINS), 0)
    return data[first:]


def _length_by(first: int) -> int:
    """Of a character of UTF-8, by its first byte."""
    return 2 + (first >= 0xE0) + (first >= 0xF0)  # noqa: PLR2004  # as the standard has them


async def run(
    argv: Sequence[str],
    *,
    timeout_seconds: float,
    output_limit_bytes: int,
    limits: CommandLimits,
    sweeps_itself: bool,
    on_output: OnOutput | None,
    watch: OnWatch | None = None,
    descriptors: Sequence[int] = (),
) -> FinishedCommand:
    """Run it. Cancelled or not, nothing of its tree is alive when this returns.

    `sweeps_itself` says that the program ends its own tree on SIGTERM; `descriptors` are left open for it. Raises
    OSError when it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *standing_back(limits.niceness),
        *argv,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        start_new_session=True,
        pass_fds=descriptors,
    )
    capture = Capture(output_limit_bytes)
    stopped, timed_out = "", False
    try:
        async with asyncio.timeout(timeout_seconds):
            stopped = await _listen(process, capture, on_output, watch_use(process.pid, limits, watch))
    except TimeoutError:
        timed_out = True
    finally:
        await surely_ended(process, sweeps_itself=sweeps_itself)
    if timed_out:
        stopped = f"it was stopped after {timeout_seconds:g} s"
    code = TIMED_OUT if timed_out else USED_TOO_MUCH if stopped else _status(process)
    return FinishedCommand(
        exit_code=code, output=capture.text(), timed_out=timed_out, truncated=capture.truncated, stopped=stopped
    )


def standing_back(niceness: int) -> Sequence[str]:
    """What begins a program with less weight; set from outside it might come after its first children."""
    return [_NICE, "-n", str(niceness)] if niceness and os.access(_NICE, os.X_OK) else []


async def _listen(
    process: Process, capture: Capture, on_output: OnOutput | None, watching: Coroutine[None, None, str]
) -> str:
    """Hear it out; why it has to be stopped, or nothing."""
    heard = asyncio.create_task(_gather(process, capture, on_output), name="sandbox output")
    watched = asyncio.create_task(watching, name="sandbox watch")
    try:
        await asyncio.wait({heard, watched}, return_when=asyncio.FIRST_COMPLETED)
        if watched.done():
            return watched.result()
        await heard
        return ""
    finally:
        heard.cancel()
        watched.cancel()
        await asyncio.gather(heard, watched, return_exceptions=True)


async def _gather(process: Process, capture: Capture, on_output: OnOutput | None) -> None:
    decoder = getincrementaldecoder("utf-8")("replace")
    if process.stdout is None:
        raise OSError("the program was started without a pipe for its output")
    while data := await process.stdout.read(_CHUNK_BYTES):
        capture.feed(data)
        if on_output and (text := decoder.decode(data)):
            await on_output(text)
    await process.wait()


async def watch_use(pid: int, limits: CommandLimits, more: OnWatch | None = None, every: float = WATCH_SECONDS) -> str:
    """Return, with a sentence, when the tree uses more than it may."""
    while True:
        await asyncio.sleep(every)
        below = descendants_of(pid)
        if len(below) > limits.processes:
            return f"it was stopped because it had more than {limits.processes} processes"
        used = [resident_bytes(each) for each in below]
        if used and (max(used) > limits.memory_bytes or sum(used) > 2 * limits.memory_bytes):
            return f"it was stopped because it used more than {limits.memory_bytes >> 20} MB of memory"
        if more and (why := await more()):
            return why


async def surely_ended(process: Process, *, sweeps_itself: bool) -> None:
    """End the tree even when we are cancelled a second time meanwhile."""
    ending = asyncio.create_task(_end(process, sweeps_itself=sweeps_itself), name="sandbox end")
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await ending
        raise


async def _end(process: Process, *, sweeps_itself: bool) -> None:
    if process.returncode is not None:
        return
    if sweeps_itself:
        process.terminate()
        try:
            async with asyncio.timeout(_TOLD_SECONDS):
                await process.wait()
        except TimeoutError:
            pass
        else:
            return
    await asyncio.to_thread(end_descendants, process.pid, reap=False, within_seconds=_TOLD_SECONDS)
    if process.returncode is None:
        process.kill()
        await process.wait()


def _status(process: Process) -> int:
    code = process.returncode or 0
    return code if code >= 0 else 128 - code
