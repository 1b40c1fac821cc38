"""`python -m gateway` is the command `nexora`, and `run` is what an installed package calls so."""

import importlib
import sys
from typing import Any

UNUSED: tuple[str, ...] = ("greenlet", "rich")
"""What structlog imports where it finds it, for tracebacks and threads of a kind that we do not have: 4 MB, 40 ms."""


def spare_unused() -> None:
    """Import structlog as if they were not installed; whoever wants them later gets them."""
    loaded: dict[str, Any] = sys.modules
    hidden = [name for name in UNUSED if name not in loaded]
    loaded.update(dict.fromkeys(hidden))
    importlib.import_module("structlog")
    for name in hidden:
        del loaded[name]


def run() -> int:
    """The command with the words that were typed after it; returns the exit code."""
    spare_unused()
    from gateway.run.cli import main  # noqa: PLC0415  # what it imports may import structlog

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
