"""The scan itself: each file typed by its content, each piece given to the rules for its kind, the verdict drawn."""

import time
from collections.abc import Iterable

from governance.packages.package import Package, package_of
from governance.scanner.kinds import certain
from governance.scanner.report import ScanFinding, ScanReport, ScanVerdict, finding

MOST_FINDINGS = 200


def scan(package: Package) -> ScanReport:
    """Everything that is odd about a package, and the verdict: the worst of it. Runs nothing; takes about a second.

    It reads what somebody hostile wrote: outside of tests call it through `scan_within`.
    """
    began = time.perf_counter()
    found = [one for file in package.files for one in certain(file)]
    if not package.files:
        found.append(finding("package.empty", ScanVerdict.WARN, ""))
    return _report(found, began, package.digest)


def scan_text(text: str, name: str = "text") -> ScanReport:
    """The same of one text that a model will read, such as the description of a tool; `name` says what it is."""
    return scan(package_of({f"{name}.md": (0o644, text.encode("utf-8", "replace"))}))


def _report(found: Iterable[ScanFinding], began: float, digest: str) -> ScanReport:
    findings = sorted(
        {(one.rule, one.file, one.line): one for one in found}.values(),
        key=lambda one: (-one.severity.rank, one.file, one.line, one.rule),
    )
    worst = max((one.severity for one in findings), key=lambda severity: severity.rank, default=ScanVerdict.OK)
    return ScanReport(
        verdict=worst,
        findings=tuple(findings[:MOST_FINDINGS]),
        seconds=time.perf_counter() - began,
        digest=digest,
    )
