"""A program under measurement, as Linux sees it: its tree of processes, the CPU time they took, and their memory.

CPU time is what the scheduler counted, in nanoseconds, for every thread of the tree, with what ended children left to
their parents. The ticks of proc_pid_stat(5) are samples: one that wakes up often and briefly, as a stream does,
shows half of its time in them. They serve where a kernel keeps no schedstat.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class DidNotStart(Exception):
    """A program ended, or was silent for too long, before it could be measured."""


def _stat(pid: int) -> tuple[str, list[str]]:
    """The name of a process and the fields after it, from the state on (proc_pid_stat(5), fields 3 and later)."""
    line = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    name, _, rest = line.partition("(")[2].rpartition(")")
    return name, rest.split()


def _everybody() -> dict[int, tuple[str, list[str]]]:
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = _stat(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
    return found


def tree(root: int) -> dict[int, tuple[str, list[str]]]:
    """The process and all that descend from it, each with its name and its fields."""
    everybody = _everybody()
    members = {root} & everybody.keys()
    while more := {pid for pid, (_, fields) in everybody.items() if int(fields[1]) in members} - members:
        members |= more
    return {pid: everybody[pid] for pid in members}


def cpu_seconds(root: int) -> float:
    """CPU time of the whole tree so far."""
    return sum(_own_seconds(pid, fields) + _seconds(fields[13:15]) for pid, (_, fields) in tree(root).items())


def _own_seconds(pid: int, fields: Sequence[str]) -> float:
    """What the threads of a process have run; the first word of each one's schedstat, in nanoseconds."""
    try:
        threads = list((PROC / str(pid) / "task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    except (OSError, IndexError):
        return _seconds(fields[11:13])


def _seconds(ticks: Sequence[str]) -> float:
    return sum(map(int, ticks)) / TICKS


def resident_megabytes(root: int) -> float:
    """Resident memory of the tree without PostgreSQL's processes."""
    pages = sum(int(fields[21]) for name, fields in tree(root).values() if name != "postgres")
    return pages * PAGE / 1e6


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What a program is started with: nothing of ours or of a provider's, and byte code may be kept."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("NEXORA_") and not name.endswith("_API_KEY") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return kept | {"PYTHONPATH": str(ROOT)} | dict(extra)


class Program:
    """One running program; what it says on standard error goes to a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log
        self.started_at = time.time()

    @classmethod
    async def start(cls, words: Sequence[str], log: Path, extra: Mapping[str, str] | None = None) -> "Program":
        with log.open("ab") as journal:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                *words,
                cwd=log.parent,
                env=environment(extra or {}),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=journal,
            )
        return cls(process, log)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def has_ended(self) -> bool:
        return self.process.returncode is not None

    async def first_line(self, seconds: float = 20) -> str:
        """The line in which it says where it listens. Raises DidNotStart."""
        assert self.process.stdout is not None
        try:
            line = await asyncio.wait_for(self.process.stdout.readline(), seconds)
        except TimeoutError as error:
            raise DidNotStart(f"it said nothing for {seconds:g} s\n{self.last_words()}") from error
        if not line:
            raise DidNotStart(self.last_words())
        return line.decode().strip()

    async def end(self, how: signal.Signals = signal.SIGTERM, seconds: float = 20) -> float:
        """Send the signal and wait for the end; returns the seconds it took. What does not go is killed."""
        began = time.monotonic()
        if not self.has_ended:
            self.process.send_signal(how)
            try:
                await asyncio.wait_for(self.process.wait(), seconds)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        return time.monotonic() - began

    def last_words(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:] if self.log.exists() else ""
