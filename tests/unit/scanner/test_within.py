"""The scan in a process of its own: the same report, and a block where it breaks or takes too long."""

from governance.packages.package import package_of
from governance.scanner.report import ScanVerdict, report_of
from governance.scanner.scan import scan
from governance.scanner.within import scan_within

PACKAGE = package_of({"SKILL.md": (0o644, b"# PDF\nRead a file.\n"), "tool": (0o755, b"\x7fELF\0\0")})


async def test_the_report_is_the_same_in_a_process_of_its_own():
    report = await scan_within(PACKAGE)

    assert report == scan(PACKAGE) == report_of(report.stored)
    assert report.verdict is ScanVerdict.WARN
    assert [(one.rule, one.file) for one in report.findings] == [("uncertain.program", "tool")]


async def test_a_scanner_that_breaks_or_takes_too_long_blocks():
    slow = await scan_within(PACKAGE, wall_seconds=0.001)
    large = package_of({"long.txt": (0o644, b"words\n" * (2 << 20))})
    broken = await scan_within(large, memory_bytes=1 << 20)

    assert {slow.verdict, broken.verdict} == {ScanVerdict.BLOCK}
    assert (slow.findings[0].rule, broken.findings[0].rule) == ("scanner.slow", "scanner.failed")
