"""`./nexora bench`: measures Nexora beside the floor, prints one table, and compares with docs/performance.md.

It exits with 1 when a message was lost, out of order, or answered again without a mark; with 2 when something could
not be measured. A slow machine makes it warn, never fail.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from tests.load import (
    channels,
    crowd,
    dojo,
    figures,
    guard,
    masking,
    mcp,
    outages,
    reading,
    scanner,
    scenarios,
    search,
    tasks,
)
from tests.load.aims import figures_of
from tests.load.platform import Platform
from tests.load.processes import DidNotStart
from tests.load.scenarios import PEOPLE, DidNotAnswer, Stage
from tests.load.subject import Floor, Nexora

SCENARIOS = {
    **scenarios.SCENARIOS,
    "crowd": crowd.crowd,
    "dojo": dojo.dojo,
    "guard": guard.guard,
    "masking": masking.masking,
    "mcp": mcp.mcp,
    "reading": reading.reading,
    "scanner": scanner.scanner,
    "search": search.search,
    "tasks": tasks.tasks,
    **outages.SCENARIOS,
}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Channels:
    """What `--channels` measures."""

    def __init__(self, *, is_quick: bool) -> None:
        self._run = channels.Run(is_quick=is_quick)

    async def measure(self, folder: Path) -> None:
        await self._run.measure(folder, say)

    def report(self, document: Path, *, is_recorded: bool) -> int:
        """Print the table; returns the exit code."""
        say(f"\n{figures.machine()}\n\n{self._run.table()}")
        if is_recorded:
            remark = f"Taken on {time.strftime('%Y-%m-%d')} with `./nexora bench --channels --record` on: "
            self._run.record(document, f"{remark}{figures.machine()}.")
        return 2 if any(each.trouble for each in self._run.taken) else 0


class Run:
    """Everything that one call of the benchmark measures."""

    def __init__(self, names: Sequence[str], *, is_quick: bool) -> None:
        self.names = [name for name in SCENARIOS if not names or name in names]
        self.is_quick = is_quick
        self.taken: dict[str, dict[str, float]] = {"floor": {}, "nexora": {}}
        self.unmeasured: list[str] = []
        self.notes: list[str] = []
        self.postgres = ""

    async def measure(self, folder: Path) -> None:
        async with AsyncExitStack() as stack:
            platform = await Platform.start(stack, folder)
            await self._on_floor(platform, folder)
            await platform.reset()
            await self._on_nexora(platform, folder)

    async def _on_floor(self, platform: Platform, folder: Path) -> None:
        floor = Floor(platform, folder)
        await floor.start()
        try:
            await self._each(Stage(platform=platform, subject=floor, folder=folder, is_quick=self.is_quick))
        finally:
            await floor.program.end()

    async def _on_nexora(self, platform: Platform, folder: Path) -> None:
        nexora = Nexora(platform, folder / "nexora")
        try:
            await nexora.start()
            await nexora.serving()
            await nexora.admit(PEOPLE)
            self.postgres = nexora.postgres
            await self._each(Stage(platform=platform, subject=nexora, folder=folder, is_quick=self.is_quick))
        except DidNotStart as error:
            self.unmeasured.append(f"nexora: {error}")
        finally:
            if hasattr(nexora, "program"):
                await nexora.program.end()

    async def _each(self, stage: Stage) -> None:
        for name in self.names:
            began = time.monotonic()
            try:
                if stage.subject.program.has_ended:
                    await stage.restart()
                taken = await SCENARIOS[name](stage)
            except (DidNotAnswer, DidNotStart) as error:
                self.unmeasured.append(f"{stage.subject.name}, {name}: {error}")
                say(f"{stage.subject.name:7} {name:8} could not be measured")
                continue
            self.taken[stage.subject.name].update(taken)
            shown = ", ".join(f"{key.partition('_')[2] or key} {figures.shown(value)}" for key, value in taken.items())
            say(f"{stage.subject.name:7} {name:8} {time.monotonic() - began:5.1f} s   {shown}")
        self.notes += [f"{stage.subject.name}, {note}" for note in stage.notes]

    def report(self, document: Path, *, is_recorded: bool) -> int:
        """Print what was found; returns the exit code."""
        found = figures_of(self.taken["nexora"], self.taken["floor"])
        text = document.read_text(encoding="utf-8") if document.exists() else ""
        before = figures.read(text)
        machine = f"{figures.machine()}, PostgreSQL {self.postgres or 'unknown'}"
        say(f"\n{machine}\n")
        say(figures.table(found, before))
        for title, lines in (
            ("Worse than recorded", figures.warnings(found, before)),
            ("Beside the figures", self.notes),
            ("Could not be measured", self.unmeasured),
            ("BROKEN PROMISES", [f"{each.what}: {each.value:.0f}" for each in found if each.is_broken]),
        ):
            if lines:
                say(f"\n{title}:")
                for line in lines:
                    say(f"  {line}")
        if is_recorded:
            remark = f"Taken on {time.strftime('%Y-%m-%d')} with `./nexora bench --record` on: {machine}."
            document.write_text(figures.write(text, found, remark), encoding="utf-8")
        if any(each.is_broken for each in found):
            return 1
        return 2 if self.unmeasured else 0


def main(words: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        prog="nexora bench", description="Measure Nexora beside a floor that keeps nothing."
    )
    parser.add_argument("--quick", action="store_true", help="fewer messages: about a minute")
    parser.add_argument(
        "--only", action="append", default=[], choices=SCENARIOS, metavar="NAME", help=", ".join(SCENARIOS)
    )
    parser.add_argument(
        "--channels", action="store_true", help="measure each channel against its fake, and all of them, instead"
    )
    parser.add_argument("--record", action="store_true", help="write the figures into docs/performance.md")
    parser.add_argument("--keep", action="store_true", help="keep the data folder and the logs, and say where they are")
    given = parser.parse_args(words)
    if sys.platform != "linux":
        parser.error("CPU time and memory are read from /proc, so this needs Linux")
    if given.record and (given.only or given.quick):
        parser.error("--record wants a whole run, so that all figures of the document are of one hour")
    run: Run | Channels = Channels(is_quick=given.quick) if given.channels else Run(given.only, is_quick=given.quick)
    folder = Path(tempfile.mkdtemp(prefix="nexora-bench-"))
    folder.chmod(0o711)  # the user who runs PostgreSQL for root passes through
    try:
        asyncio.run(run.measure(folder))
    finally:
        if given.keep:
            say(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return run.report(figures.DOCUMENT, is_recorded=given.record)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
