"""A search is bounded in time and memory, and its processes end with it."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agents.toolbox import search
from tests.unit.search_place import Place, place

__all__ = ["place"]

ROOT = Path(__file__).parent.parent.parent
HOSTILE = "a" * 40 + "!"


async def test_a_line_that_takes_too_long_is_said_and_the_rest_is_searched(
    place: Place,
) -> None:
    place.write("a.txt", f"aab\n{HOSTILE}\naab\n")
    place.write("b.txt", "aab\n")

    found = await place.search("(a+)+b")

    assert found[:2] == ["a.txt:1: aab", "b.txt:1: aab"]
    assert found[2].startswith("searched 2 files; skipped: 1 over time (a.txt from line 2;")


async def test_a_worker_that_hangs_is_ended_and_the_rest_is_searched_by_another(place: Place) -> None:
    place.write("a.txt", f"{HOSTILE}\n")
    place.write("b.txt", "aab\n")
    task = asyncio.create_task(place.search("(a+)+b"))
    processes = await _begun(place, 2)

    worker = next(each for each in processes if _parent_of(each) in processes)
    os.kill(worker, signal.SIGSTOP)
    found = await task

    assert found[0] == "b.txt:1: aab"
    assert "skipped: 1 over time (a.txt" in found[1]


async def test_a_search_that_takes_too_long_keeps_what_it_has_and_says_what_is_left(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SEARCH_SECONDS", 1.0)
    for number in range(300):
        place.write(f"{number:03}.txt", f"{HOSTILE}\n")
    place.write("a/first.txt", "aab\n")

    found = await place.search("(a+)+b")

    assert "stopped after 1 s, not looked at: " in found[-1]


async def test_a_search_that_is_cancelled_leaves_no_process_behind(place: Place) -> None:
    place.write("a.txt", f"{HOSTILE}\n")
    task = asyncio.create_task(place.search("(a+)+b"))
    await _begun(place, 1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    while _processes(place):  # noqa: ASYNC110  # they were ended, and are no more when the system has seen to it
        await asyncio.sleep(0.01)


async def _begun(place: Place, count: int) -> list[int]:
    """So many processes of a search, once there are."""
    while len(processes := _processes(place)) < count:  # noqa: ASYNC110  # nobody tells of processes
        await asyncio.sleep(0.01)
    return processes


def _parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _processes(place: Place) -> list[int]:
    """Processes of searches in this place, by the open folder that they hold."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            held = {str(each.readlink()) for each in (process / "fd").iterdir()}
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(place.workspace) in held and b"agents.files.searching" in command:
            found.append(int(process.name))
    return found


async def test_a_search_of_a_large_file_stays_in_flat_memory(place: Place) -> None:
    with (place.workspace / "big.log").open("wb") as file:
        for _ in range(64):
            file.write(b"a line of a log that nobody reads\n" * 30_000)
    limit = 200 << 20

    found = await asyncio.to_thread(_searched_under, place.workspace, limit)

    assert found == 0


def _searched_under(workspace: Path, limit: int) -> int:
    """The exit status of a search whose worker may use so much memory and no more."""
    code = (
        "import resource,sys,os;sys.path.insert(0,sys.argv[1]);from agents.files.searching import worker;"
        "worker.MAX_MEMORY_BYTES=int(sys.argv[3]);from agents.files.searching.crew import Crew;"
        "r=Crew({'folder':os.open(sys.argv[2],0),'base':'','glob':'','pattern':'stork|reads$','literal':False,"
        "'ignore_case':False,'mode':'count','context':0,'per_file':20,'most':9,'seconds':60}).run();"
        "sys.exit(not (r.hits==64*30000 and r.searched==1 and not r.closed))"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code, str(ROOT), str(workspace), str(limit)], check=False
    )
    return ran.returncode
