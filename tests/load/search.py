"""Searching 60,000 files, beside ripgrep where it is installed, and beside `grep -r`, without any message.

The floor is ripgrep, or grep where there is none. All look for the same and must find the same.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

from agents.toolbox.search import search_files
from agents.tools.tool import ToolContext
from governance.people.people import Person, Role
from tests.load.scenarios import DidNotAnswer, Stage, Taken

FILES, FOLDERS, EVERY = 60_000, 600, 1_000
RARE, COMMON = r"heron_\w+", r"total_of\s+\w+_id"
_WORDS = ("value", "result_id", "order_of", "total_of", "account_id", "path_name", "index", "buffer_count", "window_id")


async def search(stage: Stage) -> Taken:
    """An expression that few files hold, and one that most do, on files that were read before."""
    with tempfile.TemporaryDirectory(prefix="nexora-bench-", dir=stage.folder) as folder:
        root = Path(folder)
        files = stage.many(FILES, FILES // 10)
        await asyncio.to_thread(_make, root, files)
        times = stage.many(5, 3)
        rg, grep = shutil.which("rg"), shutil.which("grep")
        grepped = await _timed(lambda: _run(grep, "-rchE", RARE, folder), times) if grep else 0.0
        ripped = await _timed(lambda: _run(rg, "-c", "--no-filename", "-uu", RARE, folder), times) if rg else 0.0
        if stage.is_floor:
            return {"search_rare": ripped or grepped} if ripped or grepped else {}
        taken = {
            "search_rare": await _timed(lambda: _found(root, RARE, files // EVERY), times),
            "search_common": await _timed(lambda: _found(root, COMMON, None), times),
        }
        beside = {"search_beside_rg": ripped, "search_beside_grep": grepped}
        return {**taken, **{name: taken["search_rare"] / other for name, other in beside.items() if other}}


def _make(root: Path, files: int) -> None:
    for number in range(files):
        file = root / str(number % 20) / str(number % FOLDERS) / f"{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        words = [(_WORDS[(number + line) % 9], _WORDS[line % 9], _WORDS[(number * line) % 9]) for line in range(40)]
        lines = [f"    {first} = {second} {third}" for first, second, third in words]
        if number % EVERY == 0:
            lines[20] = "def heron_flies(away):"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


async def _found(root: Path, pattern: str, wanted: int | None) -> None:
    here = ToolContext(
        person=Person(id=uuid4(), name="bench", role=Role.ADMIN), agent="bench", conversation="bench", workspace=root
    )
    answer = await search_files(here, pattern, mode="count")
    if wanted is not None and f"({wanted:,} lines in {wanted:,} files)" not in answer:
        raise DidNotAnswer(f"a search that should find {wanted} lines answered {answer[-300:]}")


async def _run(*words: str | None) -> None:
    process = await asyncio.create_subprocess_exec(*(word for word in words if word), stdout=asyncio.subprocess.DEVNULL)
    if await process.wait() != 0:
        raise DidNotAnswer(f"{words[0]} found nothing")


async def _timed(search: Callable[[], Awaitable[None]], times: int) -> float:
    """Milliseconds, the median; what is read first warms what the others read."""
    await search()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await search()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)
