"""The command `nexora up`: settings and log first, then the loop that serves. What is built lives in `gateway.app`."""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from gateway import log, settings_sources


def up(_: argparse.Namespace) -> int:
    """Serve until told to stop. Settings that are wrong end it before anything has started."""
    configuration = settings_sources.load(os.environ)
    log.configure(configuration.settings.log.level, configuration.settings.log.format)
    app = importlib.import_module("gateway.app")  # only now: wrong settings are told without loading the product
    _run(app.serve(configuration))
    return 0


def _run(work: Coroutine[Any, Any, None]) -> None:
    run: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run
    if sys.platform != "win32":
        run = importlib.import_module("uvloop").run
    run(work)
