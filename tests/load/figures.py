"""What was measured, beside the floor, the aim and what docs/performance.md says; nothing here measures."""

import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures: ./nexora bench --record writes this table -->", "<!-- end of figures -->"
HEAD = ("name", "what", "unit", "floor", "nexora", "aim", "met")
TOLERANCE = 1.25
"""Worse than recorded by more than this is worth a warning. Machines differ, so it never fails a build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value. `aim` is a limit: `at_most`, or at least when that is False.

    must_hold: a promise of correctness, so that missing it fails the run.
    """

    name: str
    what: str
    value: float
    unit: str = ""
    floor: float | None = None
    aim: float | None = None
    at_most: bool = True
    must_hold: bool = False

    @property
    def is_met(self) -> bool | None:
        if self.aim is None:
            return None
        return self.value <= self.aim if self.at_most else self.value >= self.aim

    @property
    def is_broken(self) -> bool:
        return self.must_hold and self.is_met is False

    def cells(self) -> tuple[str, ...]:
        aim = "" if self.aim is None else f"{'≤' if self.at_most else '≥'} {shown(self.aim)}"
        met = {None: "", True: "yes", False: "**no**"}[self.is_met]
        floor = "" if self.floor is None else shown(self.floor)
        return (self.name, self.what, self.unit, floor, shown(self.value), aim, met)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A row of the document."""

    floor: float | None
    value: float


def shown(value: float) -> str:
    """Three figures that matter."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def read(text: str) -> dict[str, Recorded]:
    """The table of the document, by name; empty when there is none."""
    table = text.partition(BEGIN)[2].partition(END)[0]
    found = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == len(HEAD) and (value := _number(cells[4])) is not None:
            found[cells[0].strip("`")] = Recorded(floor=_number(cells[3]), value=value)
    return found


def _number(cell: str) -> float | None:
    plain = cell.replace(",", "")
    return float(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def write(text: str, figures: Iterable[Figure], remark: str) -> str:
    """The document with this run's table in place of the old one; `remark` says when and on what it was taken."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document has no table between {BEGIN} and {END}")
    rows = [_row((f"`{figure.name}`", *figure.cells()[1:])) for figure in figures]
    table = "\n".join([_row(HEAD), _row(["---"] * len(HEAD)), *rows])
    return f"{before}{BEGIN}\n\n{remark}\n\n{table}\n\n{END}{after}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def warnings(figures: Iterable[Figure], recorded: Mapping[str, Recorded]) -> list[str]:
    """What got worse against the document, each as a sentence. Times count by their ratio to the floor beside them.

    A figure without a floor is compared only when no machine changes it much: memory, tokens, calls.
    """
    found = []
    for figure in figures:
        before = recorded.get(figure.name)
        if before is None or figure.must_hold:
            continue
        now_at, then_at = figure.value, before.value
        if figure.floor and before.floor:
            now_at, then_at = now_at / figure.floor, then_at / before.floor
        elif figure.unit not in {"MB", "tokens", "calls"}:
            continue
        if not then_at:
            continue  # nothing was recorded that it could be a multiple of
        worse = now_at / then_at if figure.at_most else then_at / now_at if now_at else float("inf")
        if worse > TOLERANCE:
            found.append(f"{figure.name}: {(worse - 1) * 100:.0f} % worse than recorded ({figure.what})")
    return found


def table(figures: Iterable[Figure], recorded: Mapping[str, Recorded]) -> str:
    """For a terminal: floor, figure, aim, met, and what the document says."""
    rows = [("figure", "unit", "floor", "nexora", "aim", "met", "recorded")]
    for figure in figures:
        _, what, unit, floor, value, aim, met = figure.cells()
        before = recorded.get(figure.name)
        rows.append((what, unit, floor, value, aim, met.strip("*"), shown(before.value) if before else ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def machine() -> str:
    """On what this ran: processor, cores, memory, system, and the versions that matter most."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    named = re.search(r"model name\s*:\s*(.+)", info)
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    cores = info.count("processor\t")
    gigabytes = int(memory[1]) / 1e6 if memory else 0
    versions = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "asyncpg", "python-telegram-bot", "uvloop"))
    return (
        f"{named[1].strip() if named else platform.machine()}, {cores} cores, {gigabytes:.0f} GB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {versions}"
    )
