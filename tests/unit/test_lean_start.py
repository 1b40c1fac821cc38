"""What a gateway at rest does not hold in memory."""

import subprocess
import sys

from tests.load.processes import ROOT

HEAVY = (
    *("alembic", "greenlet", "httpx", "httpx2", "jinja2", "jwt", "litellm", "mcp", "pygments", "rich", "slack_bolt"),
    "sqlalchemy",
)

SCRIPT = f"""
import importlib, runpy, sys
sys.argv = ["nexora", "--help"]
try:
    runpy.run_module("gateway", run_name="__main__")
except SystemExit:
    pass
importlib.import_module("gateway.run.serve")
importlib.import_module("channels.telegram")
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
importlib.import_module("rich.console")
importlib.import_module("greenlet")
"""


def test_a_start_imports_nothing_that_only_some_need_and_hides_it_from_nobody() -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.splitlines()[-1] == "[]"
