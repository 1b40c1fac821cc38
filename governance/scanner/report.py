"""What the scanner says about a package: findings with a place and a sentence, and the verdict they lead to."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from channels.text.plain import shortened
from channels.text.visible import visible
from governance.masking import for_export
from governance.values.reasons import Why, why, why_of

LONGEST_SNIPPET = 160


class ScanVerdict(StrEnum):
    """What becomes of a package. Alphabetical.

    BLOCK: nobody should take it. WARN: a person looks first, also where the scanner cannot certify something.
    """

    BLOCK = "block"
    OK = "ok"
    WARN = "warn"

    @property
    def rank(self) -> int:
        """0 for ok to 2 for block."""
        return ("ok", "warn", "block").index(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFinding:
    """One thing that was found: by which rule, how bad, and where.

    `rule` is a name such as `injection.override`; `severity` the verdict that it leads to by itself, OK for what is
    only worth knowing. `line` counts from 1 and is 0 where the finding is about the whole file. `snippet` is what
    stands there, in one line, without secrets and without signs that nobody sees.
    """

    rule: str
    severity: ScanVerdict
    file: str
    line: int
    snippet: str
    because: Why

    def said(self, language: str) -> str:
        """What was found and why it matters, in that language."""
        return self.because.said(language)

    @property
    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "file": self.file,
            "line": self.line,
            "snippet": self.snippet,
            "because": self.because.stored,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """The verdict on a package, and what led to it, the worst first. `digest` is that of what was scanned."""

    verdict: ScanVerdict
    findings: tuple[ScanFinding, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    digest: str = ""

    @property
    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "verdict": self.verdict.value,
            "digest": self.digest,
            "seconds": round(self.seconds, 3),
            "findings": [one.stored for one in self.findings],
        }


def report_of(stored: dict[str, Any]) -> ScanReport:
    """The report that `ScanReport.stored` gave. Raises KeyError and ValueError for what is none."""
    return ScanReport(
        verdict=ScanVerdict(stored["verdict"]),
        digest=stored["digest"],
        seconds=float(stored["seconds"]),
        findings=tuple(
            ScanFinding(
                rule=one["rule"],
                severity=ScanVerdict(one["severity"]),
                file=one["file"],
                line=int(one["line"]),
                snippet=one["snippet"],
                because=_reason(one["because"]),
            )
            for one in stored["findings"]
        ),
    )


def finding(rule: str, severity: ScanVerdict, file: str, line: int = 0, snippet: str = "", **about: str) -> ScanFinding:
    """A finding of that rule, whose sentence is `scan.RULE` of the catalogue with `_` for the dot."""
    return ScanFinding(
        rule=rule,
        severity=severity,
        file=file,
        line=line,
        snippet=snippet_of(snippet),
        because=why(f"scan.{rule.replace('.', '_')}", **about),
    )


def snippet_of(text: str) -> str:
    """Somebody's text as a finding shows it."""
    flat = " ".join(visible(for_export(text[: 8 * LONGEST_SNIPPET])).split())
    return shortened(flat, LONGEST_SNIPPET)


def _reason(stored: str) -> Why:
    found = why_of(stored)
    if found is None:
        raise ValueError("a finding without a reason")
    return found
