"""What is peculiar about layers: which bubblewrap knows them, and the folder that the kernel leaves behind."""

import os
import shutil
import subprocess
from pathlib import Path

_HELP_SECONDS = 10


def knows_overlays(binary: str) -> bool:
    """Whether this bubblewrap knows layers, as from version 0.11 on; one that cannot run is found out later."""
    try:
        told = subprocess.run(  # noqa: S603  # a path of ours
            [binary, "--help"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_HELP_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"--overlay-src" in told.stdout + told.stderr


def remove_work(work: Path) -> None:
    """Remove the kernel's own folder of a layer, which it makes without any rights, so that its owner must add them."""
    inner = work / "work"
    if os.path.lexists(inner):
        inner.chmod(0o700)
    shutil.rmtree(work, ignore_errors=True)
