"""How many harmful skills the scanner blocks, how many harmless ones, and how long it takes, without any message.

Beside the skills that the tests make it reads those of a folder that `NEXORA_BENCH_SKILLS` names, in which `harmful`
and `harmless` hold one folder for each skill: others' files, which are in no repository of ours. The floor is
cisco-ai-skill-scanner by its rules alone, on the same files in the same run, where `NEXORA_BENCH_SCANNER` names the
Python in whose environment it is installed; it is no dependency of ours, and there is no floor without it.
"""

import asyncio
import json
import os
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterable
from pathlib import Path

from governance.packages.folder import read_folder
from governance.packages.package import Package
from governance.packages.refused import PackageRefused
from governance.packages.written import remove_written, write_to
from governance.scanner.report import ScanVerdict
from governance.scanner.scan import scan
from tests.load.scenarios import DidNotAnswer, Stage, Taken
from tests.unit.scanner.skills_made import harmless, malicious, seen

Judged = list[tuple[bool, float]]
"""Of each skill whether it was blocked, and the seconds that it took."""
_OTHER = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from skill_scanner import SkillScanner
scanner = SkillScanner()
for line in sys.stdin:
    began = time.perf_counter()
    try:
        blocked = not scanner.scan_skill(line.strip(), lenient=True).is_safe
    except Exception:
        blocked = True
    print(json.dumps([blocked, time.perf_counter() - began]), flush=True)
"""


async def scanner(stage: Stage) -> Taken:
    """Both sets, by the scanner itself or by the other one."""
    with tempfile.TemporaryDirectory(prefix="nexora-bench-", dir=stage.folder) as folder:
        harmful, others = await asyncio.to_thread(_skills, Path(folder), stage.many(1, 5))
        try:
            if not stage.is_floor:
                return _figures(await asyncio.to_thread(_ours, harmful), await asyncio.to_thread(_ours, others))
            python = os.environ.get("NEXORA_BENCH_SCANNER")
            if not python:
                return {}
            return _figures(await _theirs(python, harmful), await _theirs(python, others))
        finally:
            await asyncio.to_thread(_removed, Path(folder))


def _skills(folder: Path, every: int) -> tuple[list[Path], list[Path]]:
    """Folders with one skill each: those that are made, every so manyth of them, and those of others."""
    made = [one.package for one in (*malicious(), *(one for one, _ in seen()))][::every]
    sets = {"harmful": made, "harmless": list(harmless().values())}
    elsewhere = os.environ.get("NEXORA_BENCH_SKILLS")
    found = {}
    for name, packages in sets.items():
        own = _written(folder / name, packages)
        theirs = sorted(each for each in Path(elsewhere, name).iterdir() if each.is_dir()) if elsewhere else []
        found[name] = [*own, *theirs]
    return found["harmful"], found["harmless"]


def _removed(folder: Path) -> None:
    """What was written is read-only, and nothing else removes it."""
    for name in ("harmful", "harmless"):
        for each in (folder / name).iterdir():
            remove_written(each)


def _written(folder: Path, packages: Iterable[Package]) -> list[Path]:
    folder.mkdir()
    paths = []
    for number, package in enumerate(packages):
        paths.append(folder / f"skill-{number}")
        write_to(package, paths[-1])
    return paths


def _ours(folders: list[Path]) -> Judged:
    judged = []
    for folder in folders:
        try:
            report = scan(read_folder(folder))
        except PackageRefused:
            judged.append((True, 0.0))
        else:
            judged.append((report.verdict is ScanVerdict.BLOCK, report.seconds))
    return judged


async def _theirs(python: str, folders: list[Path]) -> Judged:
    process = await asyncio.create_subprocess_exec(python, "-c", _OTHER, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    output, _ = await process.communicate("\n".join(map(str, folders)).encode())
    judged = [(blocked, seconds) for blocked, seconds in map(json.loads, output.decode().splitlines())]
    if len(judged) != len(folders):
        raise DidNotAnswer(f"the other scanner judged {len(judged)} of {len(folders)} skills")
    return judged


def _figures(harmful: Judged, others: Judged) -> Taken:
    taken = sorted(seconds for _, seconds in [*harmful, *others])
    return {
        "scanner_blocked": _percent(harmful),
        "scanner_alarms": _percent(others),
        "scanner_p50": 1000 * taken[len(taken) // 2],
        "scanner_p95": 1000 * taken[int(len(taken) * 0.95)],
    }


def _percent(judged: Judged) -> float:
    return 100 * sum(blocked for blocked, _ in judged) / len(judged)
