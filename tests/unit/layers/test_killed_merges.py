"""A process that dies in the middle of a merge, an undo or a write: afterwards all of it was done, or nothing."""

import subprocess
import sys
from pathlib import Path

from agents.sandbox import choose
from tests.conftest import unavailable

ROOT = Path(__file__).parent.parent.parent.parent
FEWEST = 10
"""So many points at which each must have been killed; fewer would mean that nothing was counted."""


def test_what_was_killed_at_any_point_is_finished_or_taken_back(tmp_path: Path):
    if not choose().layers_in(tmp_path):
        unavailable("no overlays here")

    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.layers.killed", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    lines = [line.split() for line in done.stdout.splitlines() if line.startswith(("overlay ", "copy "))]
    assert done.returncode == 0, done.stderr
    assert [name for name, *_ in lines] == ["overlay", "copy"]
    assert all(int(count) >= FEWEST for _, _, *counts in lines for count in counts)
    assert int(lines[0][1]) >= FEWEST
