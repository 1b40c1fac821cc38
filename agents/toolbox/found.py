"""Tells a model what a search found, and always what was not looked at and how to go on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agents.files.searching.crew import Report
from channels.text.plain import printable

PER_FILE = 20
MOST_HITS = 100
MOST_FILES = 200
SHOWN_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What was asked for. `base` leads from the workspace to the folder, as `src/`; `notes` are to be said first."""

    mode: str
    base: str
    glob: str
    seconds: float
    notes: Sequence[str] = field(default_factory=tuple)


def told(report: Report, asked: SearchRequest) -> str:
    """All of it, at most about `SHOWN_CHARACTERS`; the last line says what was searched and what was not."""
    lines = [f"({note})" for note in asked.notes]
    lines += _by_line(report, asked) if asked.mode == "lines" else _by_file(report, asked)
    if not report.hits:
        lines.append("(nothing found)")
    if not report.searched and report.unfit:
        lines.append(f"(of {_files(report.unfit)} there none fits the glob {asked.glob})")
    lines.append(_about(report, asked))
    return "\n".join(lines)


def _by_line(report: Report, asked: SearchRequest) -> list[str]:
    told, room, hits = [], SHOWN_CHARACTERS, 0
    for path, count, lines in report.files:
        if room <= 0 or hits >= MOST_HITS:
            break
        name, here = shown_path(asked.base, path), 0
        for line in _lines(name, lines):
            if room <= 0:
                break
            told.append(line.text)
            room -= len(line.text) + 1
            here += line.is_hit
        hits += here
        if count > here:
            told.append(f"{name}: and {count - here:,} more")
    if hits < report.hits:
        told.append(
            f"({hits:,} of {report.hits:,} lines in {_files(report.hit_files)} shown; "
            "narrow it with path or glob, or set mode to files or count)"
        )
    return told


class _Shown(NamedTuple):
    text: str
    is_hit: bool = False


def _lines(name: str, lines: Sequence[Sequence[Any]]) -> Iterator[_Shown]:
    """The lines of a file, with `--` where some are left out between those around one hit and those around the next."""
    before, has_context = 0, not all(is_hit for *_, is_hit in lines)
    for number, column, text, is_hit in lines:
        if has_context and before and number > before + 1:
            yield _Shown("--")
        before = number
        if column > 1:
            yield _Shown(f"{name}:{number}:{column}: …{text}", is_hit)
        else:
            yield _Shown(f"{name}:{number}: {text}" if is_hit else f"{name}-{number}- {text}", is_hit)


def _by_file(report: Report, asked: SearchRequest) -> list[str]:
    with_counts = asked.mode == "count"
    told = [
        f"{shown_path(asked.base, path)}: {count:,}" if with_counts else shown_path(asked.base, path)
        for path, count, _ in report.files[:MOST_FILES]
    ]
    if len(told) < report.hit_files:
        told.append(f"(and {report.hit_files - len(told):,} more files; narrow it with path or glob)")
    if with_counts and report.hit_files > 1:
        told.append(f"({report.hits:,} lines in {_files(report.hit_files)})")
    return told


def _about(report: Report, asked: SearchRequest) -> str:
    """The last line."""
    said = [f"searched {_files(report.searched)}"]
    if skipped := _skipped(report, asked):
        said.append(f"skipped: {', '.join(skipped)}")
    if report.heavy:
        said.append(f"not entered: {_named(report.heavy, report.heavy_folders, asked)} (give one as path to search it)")
    if report.deep:
        said.append(f"not entered, as too deep: {report.deep:,} folders")
    if report.parted:
        said.append(f"lines too long for one look were searched in parts: {_named(report.parted, 0, asked)}")
    if report.is_late:
        more = f"{_files(report.left)} and more" if report.left_folders else _files(report.left)
        said.append(f"stopped after {asked.seconds:g} s, not looked at: {more}; narrow it with path or glob")
    return "; ".join(said)


def _skipped(report: Report, asked: SearchRequest) -> list[str]:
    skipped = [f"{report.binary:,} binary"] if report.binary else []
    if report.stuck_files:
        places = [f"{shown_path(asked.base, path)}{f' from line {line}' * (line > 0)}" for path, line in report.stuck]
        skipped.append(f"{report.stuck_files:,} over time ({', '.join(places)}; try literal or a simpler pattern)")
    if report.secret_files:
        named = _named(report.secret, report.secret_files, asked)
        skipped.append(f"{report.secret_files:,} under names of secrets ({named}; each can be asked for as path)")
    if report.links:
        skipped.append(f"{report.links:,} {'links' if report.links > 1 else 'link'}")
    if count := report.closed + report.others:
        skipped.append(f"{count:,} that cannot be read")
    return skipped


def _named(paths: Sequence[Any], count: int, asked: SearchRequest) -> str:
    more = f" and {count - len(paths):,} more" if count > len(paths) else ""
    return f"{', '.join(shown_path(asked.base, path) for path in paths)}{more}"


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"


def shown_path(base: str, path: str) -> str:
    """A path from the workspace on one line, whatever letters its name holds."""
    return printable(f"{base}{path}", "�")
