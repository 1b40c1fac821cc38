"""Runs a prepared program that goes on and is spoken to by pipes, and leaves no process of it behind."""

import asyncio
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from agents.sandbox.limits import CommandLimits
from agents.sandbox.running import Capture, standing_back, surely_ended, watch_use

WATCH_SECONDS = 2.0
"""Between two looks at what it uses: it may go on for days, beside others."""
_COMPLAINTS_BYTES = 8_192
_CHUNK_BYTES = 65_536
_LEAVING_SECONDS = 1.0


class LastingProgram:
    """A program that runs. `stopped` says why it was ended before its time, empty while it was not."""

    def __init__(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise OSError("the program was started without pipes")
        self._process = process
        self._complaints = Capture(_COMPLAINTS_BYTES)
        self.stopped = ""

    @property
    def says(self) -> StreamReader:
        """What it writes to its output."""
        if self._process.stdout is None:
            raise OSError("the program has no output")
        return self._process.stdout

    @property
    def hears(self) -> StreamWriter:
        """What it reads as its input."""
        if self._process.stdin is None:
            raise OSError("the program has no input")
        return self._process.stdin

    @property
    def pid(self) -> int:
        """Of the outermost process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self._process.returncode is not None

    @property
    def complaints(self) -> str:
        """The beginning and the end of what it wrote to its second output."""
        return self._complaints.text()

    async def listen(self) -> None:
        """Take in what it complains about, until it ends."""
        while self._process.stderr and (data := await self._process.stderr.read(_CHUNK_BYTES)):
            self._complaints.feed(data)

    async def watch(self, limits: CommandLimits, *, sweeps_itself: bool) -> None:
        """End it when it uses more than it may."""
        self.stopped = await watch_use(self.pid, limits, every=WATCH_SECONDS)
        await surely_ended(self._process, sweeps_itself=sweeps_itself)

    async def drain(self) -> None:
        """Read on, and keep nothing: a process whose pipe is full has not ended for asyncio."""
        while await self.says.read(_CHUNK_BYTES):
            pass

    async def leave(self) -> None:
        """Let it end by itself, as programs do whose input has ended."""
        self.hears.close()
        try:
            async with asyncio.timeout(_LEAVING_SECONDS):
                await self._process.wait()
        except TimeoutError:
            return


@asynccontextmanager
async def lasting_program(
    argv: Sequence[str],
    limits: CommandLimits,
    *,
    sweeps_itself: bool,
    descriptors: Sequence[int],
    carried: Mapping[str, str],
) -> AsyncIterator[LastingProgram]:
    """Start it; when the context ends nothing of its tree is alive. Raises OSError when it cannot be started."""
    process = await asyncio.create_subprocess_exec(
        *standing_back(limits.niceness),
        *argv,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**carried, "PATH": "/usr/bin:/bin"},
        cwd="/",
        start_new_session=True,
        pass_fds=descriptors,
        limit=_CHUNK_BYTES,
    )
    program = LastingProgram(process)
    beside = [asyncio.create_task(program.listen(), name="program complaints")]
    watching = asyncio.create_task(program.watch(limits, sweeps_itself=sweeps_itself), name="program watch")
    beside.append(watching)
    try:
        yield program
    finally:
        watching.cancel()
        beside.append(asyncio.create_task(program.drain(), name="program drained"))
        try:
            await program.leave()
        finally:
            await surely_ended(process, sweeps_itself=sweeps_itself)
            for task in beside:
                task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
