"""Run the contract of each channel on each of its mutants, in copies of the tree, and print what was noticed."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.flaws import NOTICED_BY, Edit, Flaw, kinds, mutants

ROOT = Path(__file__).parents[2]
LEFT_OUT = (".*", "__pycache__", "findings", "docs", "deploy")
LONGEST_SECONDS = 300
AT_LEAST = 0.8
NOTHING_RAN = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mutant; `by` is the test that noticed it, empty where none did."""

    kind: str
    flaw: Flaw
    is_killed: bool
    by: str
    seconds: float


class Copies:
    """Copies of the tree, one for each run at a time."""

    def __init__(self, folder: Path, count: int) -> None:
        self._free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            copy = folder / str(number)
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
            self._free.put(copy)

    def fail(self, kind: str) -> bool:
        """Whether the contract of that channel fails as it is, so that it tells nothing of mutants."""
        copy = self._free.get()
        try:
            return bool(noticed(copy, kind, ""))
        finally:
            self._free.put(copy)

    @contextmanager
    def mutated(self, edit: Edit) -> Iterator[Path]:
        """A copy with that flaw, which is mended afterwards."""
        copy = self._free.get()
        path = copy / "channels" / edit.file
        sound = path.read_text(encoding="utf-8")
        try:
            path.write_text(edit.applied_to(sound), encoding="utf-8")
            yield copy
        finally:
            path.write_text(sound, encoding="utf-8")
            self._free.put(copy)


def judge(copies: Copies, kind: str, flaw: Flaw, edit: Edit, *, is_quick: bool) -> Verdict:
    """First the tests that ought to notice, then, unless quick, all others."""
    began = time.monotonic()
    with copies.mutated(edit) as tree:
        by = noticed(tree, kind, NOTICED_BY[flaw])
        if not by and not is_quick:
            by = noticed(tree, kind, "")
    return Verdict(kind, flaw, bool(by), by, time.monotonic() - began)


def noticed(tree: Path, kind: str, which: str) -> str:
    """The first test of that channel's contract that fails in this tree; empty where all pass, or none is there."""
    tests = sorted(str(path.relative_to(tree)) for path in (tree / "tests" / "contract").glob("test_channels*.py"))
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-p", "no:randomly", "--tb=no", *tests]
    environ = {**os.environ, "NEXORA_TEST_CHANNEL": kind, "PYTHONPATH": str(tree)}
    try:
        told = subprocess.run(
            [*command, "-k", which] if which else command,
            cwd=tree,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:  # a busy machine looks the same, so that it proves nothing
        return ""
    if told.returncode in {0, NOTHING_RAN}:
        return ""
    failed = [line.split()[1] for line in told.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return failed[0].rpartition("::")[2] if failed else f"pytest ends with {told.returncode}: {told.stdout[-300:]}"


def main() -> int:
    """0 when enough of each channel's mutants were killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--channel", choices=kinds(), action="append", help="of this channel alone")
    parser.add_argument("--flaw", choices=list(Flaw), action="append", help="with this flaw alone")
    parser.add_argument("--quick", action="store_true", help="ask only the tests that ought to notice")
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time")
    given = parser.parse_args()
    chosen = [
        (kind, flaw, edit)
        for kind in given.channel or kinds()
        for flaw, edit in mutants(kind).items()
        if not given.flaw or flaw in given.flaw
    ]
    with tempfile.TemporaryDirectory(prefix="nexora-mutants-") as folder, ThreadPoolExecutor(given.jobs) as pool:
        Path(folder).chmod(0o711)
        copies = Copies(Path(folder), given.jobs)
        if not given.quick and (
            unsound := [each for each in dict.fromkeys(kind for kind, *_ in chosen) if copies.fail(each)]
        ):
            say(f"without any flaw the contract fails for {', '.join(unsound)}: mend that first")
            return 1
        runs = [pool.submit(judge, copies, *each, is_quick=given.quick) for each in chosen]
        verdicts = []
        for run in runs:
            verdicts.append(run.result())
            show(verdicts[-1])
    return summary(verdicts)


def say(line: str) -> None:
    """At once, for a run takes its time."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show(verdict: Verdict) -> None:
    """One line for one mutant."""
    word = "killed  " if verdict.is_killed else "SURVIVED"
    say(f"{word} {verdict.kind:10} {verdict.flaw:10} {verdict.seconds:5.0f} s  {verdict.by}")


def summary(verdicts: list[Verdict]) -> int:
    """How many of each channel were killed; 1 where they are too few."""
    is_enough = True
    for kind in dict.fromkeys(verdict.kind for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.kind == kind]
        killed = sum(verdict.is_killed for verdict in own)
        is_enough = is_enough and killed >= AT_LEAST * len(own)
        say(f"{kind}: {killed} of {len(own)} killed ({killed / len(own):.0%})")
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main())
