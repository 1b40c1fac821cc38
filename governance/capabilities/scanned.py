"""What somebody looked for in a capability and found, as requests keep it and cards show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.values.reasons import Why, because, why_of


class ScanAnswer(StrEnum):
    """What a scan says of the whole. Alphabetical."""

    BLOCK = "block"
    OK = "ok"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanNote:
    """One thing that was found: which rule, where, and what it means. `line` is 0 where it is about the whole file."""

    rule: str
    file: str
    says: Why
    line: int = 0
    snippet: str = ""

    def said(self, language: str) -> str:
        """One line for a card."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        shown = f" `{self.snippet}`" if self.snippet else ""
        return f"{where} [{self.rule}] {self.says.said(language)}{shown}"

    @property
    def stored(self) -> dict[str, Any]:
        """As a row keeps it."""
        return {
            "rule": self.rule,
            "file": self.file,
            "line": self.line,
            "snippet": self.snippet,
            "says": self.says.stored,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A verdict with what it rests on."""

    verdict: ScanAnswer = ScanAnswer.OK
    notes: tuple[ScanNote, ...] = ()

    @property
    def stored(self) -> dict[str, Any]:
        """As a row keeps it."""
        return {"verdict": self.verdict.value, "notes": [note.stored for note in self.notes]}


def scanned_of(stored: Mapping[str, Any]) -> Scanned:
    """What a row keeps of a scan."""
    return Scanned(
        verdict=ScanAnswer(stored["verdict"]),
        notes=tuple(
            ScanNote(
                rule=note["rule"],
                file=note["file"],
                line=int(note["line"]),
                snippet=note["snippet"],
                says=why_of(note["says"]) or because(""),
            )
            for note in stored["notes"]
        ),
    )
