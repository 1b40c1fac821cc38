"""The command `nexora skill check`: what is wrong with a skill, and what the scanner says of it."""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from agents.skills.shelf import built_in
from agents.skills.skill import SkillMistake, check_skill
from channels.base import NexoraError
from channels.home import home_language
from channels.locales import say
from governance.packages.archive import read_archive
from governance.packages.folder import read_folder
from governance.packages.package import Package
from governance.packages.refused import PackageRefused
from governance.scanner.report import ScanReport, ScanVerdict
from governance.scanner.within import scan_within


def check(chosen: argparse.Namespace) -> int:
    """Print every mistake and finding; 1 where nobody can use the skill, or nobody should take it."""
    language = home_language()
    folder = Path(chosen.folder).resolve()
    package = _package(folder, language)
    name = folder.name if folder.is_dir() else ""
    others = [each.name for each in built_in()]
    mistakes = check_skill({file.path: file.content for file in package.files}, folder=name, others=others)
    report = asyncio.run(scan_within(package))
    for line in told(mistakes, report, language):
        sys.stdout.write(f"{line}\n")
    return int(report.verdict is ScanVerdict.BLOCK or any(each.is_grave for each in mistakes))


def told(mistakes: tuple[SkillMistake, ...], report: ScanReport, language: str) -> Iterator[str]:
    """A line for each mistake and finding, and in the end what they come to."""
    for mistake in mistakes:
        yield f"SKILL.md: {mistake.said(language)}"
    for found in report.findings:
        place = f"{found.file}:{found.line}" if found.line else found.file or "."
        verdict = say(f"skill.check.{found.severity}", language)
        yield f"{place}: {verdict}: {found.said(language)}{f'  {found.snippet}' if found.snippet else ''}"
    is_unusable = any(each.is_grave for each in mistakes)
    yield say(f"skill.check.ends_{'unusable' if is_unusable else report.verdict}", language)


def _package(place: Path, language: str) -> Package:
    """The package in a folder, or in an archive. Raises NexoraError in that language."""
    try:
        if place.is_dir():
            return read_folder(place)
        return read_archive(place.read_bytes())
    except PackageRefused as problem:
        raise NexoraError(problem.said(language)) from problem
    except OSError as problem:
        raise NexoraError(say("skill.check.unread", language, path=str(place), why=problem.strerror or "")) from problem
