"""The scan in a process of its own, bounded in time and memory: what breaks it or takes too long is blocked.

The child gets the package through its standard input and has no environment, so nothing hostile that breaks the reader
finds a secret there.
"""

import asyncio
import contextlib
import json
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from signal import SIGXCPU

from governance.packages.package import Package
from governance.packages.packing import pack, unpack
from governance.scanner.report import ScanReport, ScanVerdict, finding, report_of

CPU_SECONDS = 20
WALL_SECONDS = 60.0
"""A machine that is busy gives the child little time; only one that is stuck meets this."""
MEMORY_BYTES = 1 << 30
_OUR_ROOT = Path(__file__).parents[2]
_BOOT = "import sys; sys.path[:] = {path!r}; from governance.scanner.within import run; run({seconds!r}, {memory!r})"


async def scan_within(
    package: Package,
    seconds: int = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> ScanReport:
    """The report on a package; where the scanner failed or had too little time, one that blocks it.

    `seconds` are those of the processor, `wall_seconds` those of the clock.
    """
    path = [str(_OUR_ROOT), *(entry for entry in sys.path if entry and entry != str(_OUR_ROOT))]
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-B", "-c", _BOOT.format(path=path, seconds=seconds, memory=memory_bytes)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={},
            cwd="/",
        )
    except OSError:  # no memory, no process or no interpreter left
        return _failed(package, "scanner.failed", seconds)
    try:
        async with asyncio.timeout(wall_seconds):
            output, _ = await process.communicate(await asyncio.to_thread(pack, package))
        report = report_of(json.loads(output))
    except TimeoutError:
        return _failed(package, "scanner.slow", wall_seconds)
    except (ValueError, KeyError, TypeError, OSError):
        return _failed(package, "scanner.slow" if process.returncode == -SIGXCPU else "scanner.failed", seconds)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                process.kill()
            await process.wait()
    return report if report.digest == package.digest else _failed(package, "scanner.failed", seconds)


def run(seconds: int, memory_bytes: int) -> None:
    """What the child does."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    from governance.scanner.scan import scan  # noqa: PLC0415  # only once it is bounded

    report = scan(unpack(sys.stdin.buffer.read()))
    sys.stdout.write(json.dumps(report.stored))
    sys.stdout.flush()


def _failed(package: Package, rule: str, seconds: float) -> ScanReport:
    return ScanReport(
        verdict=ScanVerdict.BLOCK,
        findings=(finding(rule, ScanVerdict.BLOCK, "", seconds=f"{seconds:g}"),),
        seconds=seconds,
        digest=package.digest,
    )
