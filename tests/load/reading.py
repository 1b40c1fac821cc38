"""How long it takes to read any one line of a file of a gigabyte, and what memory; the floor is what `sed` takes."""

import asyncio
import random
import statistics
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from agents.toolbox.reading import reading_tool
from agents.tools.tool import ToolContext
from governance.people.people import Person, Role
from tests.load.scenarios import DidNotAnswer, Stage, Taken

FILE_BYTES = 1 << 30
READS, READS_OF_FLOOR, READS_WEIGHED = 200, 5, 20
_BLOCK = 10_000


async def reading(stage: Stage) -> Taken:
    """Lines of a log anywhere, the first of which has it counted; the tool runs in this process, as the guard does."""
    folder = stage.folder / "reading"
    folder.mkdir(exist_ok=True)
    count = await asyncio.to_thread(_write, folder / "big.log", FILE_BYTES)
    wanted = [random.Random(7).randrange(1, count + 1) for _ in range(READS_OF_FLOOR if stage.is_floor else READS)]
    try:
        return await (_by_sed(folder, wanted) if stage.is_floor else _by_tool(folder, wanted))
    finally:
        (folder / "big.log").unlink()


async def _by_sed(folder: Path, wanted: Sequence[int]) -> Taken:
    seconds = []
    for number in wanted:
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            "sed", "-n", f"{number}{{p;q}}", str(folder / "big.log"), stdout=asyncio.subprocess.PIPE
        )
        shown, _ = await process.communicate()
        seconds.append(time.perf_counter() - began)
        _require(number, shown.decode())
    return {"reading_first": seconds[0] * 1000, "reading_p95": max(seconds) * 1000}


async def _by_tool(folder: Path, wanted: Sequence[int]) -> Taken:
    seconds = await _timed(folder, wanted)
    tracemalloc.start()
    try:
        await _timed(folder, wanted[:READS_WEIGHED])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return {
        "reading_first": seconds[0] * 1000,
        "reading_p95": statistics.quantiles(seconds, n=20)[-1] * 1000,
        "reading_memory": peak / 1e6,
    }


async def _timed(folder: Path, wanted: Sequence[int]) -> list[float]:
    """The seconds of each, by a tool that has not seen the file before."""
    tool = reading_tool()
    person = Person(id=uuid4(), name="alice", role=Role.OPERATOR)
    context = ToolContext(person=person, agent="assistant", conversation="c", workspace=folder)
    seconds = []
    for number in wanted:
        began = time.perf_counter()
        result = await tool.run(context, {"path": "big.log", "start_line": number, "end_line": number})
        seconds.append(time.perf_counter() - began)
        _require(number, result.text.split("\n")[1])
    return seconds


def _require(number: int, shown: str) -> None:
    if f" line {number:09d} " not in shown:
        raise DidNotAnswer(f"line {number} was asked for, and {shown[:100]!r} was read")


def _write(path: Path, size: int) -> int:
    """A log of about that many bytes, its lines from 40 to 200 bytes long; how many lines."""
    number = 0
    with path.open("wb") as file:
        while file.tell() < size:
            numbers = range(number + 1, number + 1 + _BLOCK)
            file.write(b"".join(b"2026-11-30 12:00:00 line %09d %s\n" % (n, b"x" * (n * 7 % 160)) for n in numbers))
            number += _BLOCK
    return number
