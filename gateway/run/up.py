"""The command `nexora up`: settings and log first, then the loop that serves. What is built lives in `run.serve`."""

import argparse
import asyncio
import importlib
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from channels.home import settle
from gateway.run import log
from gateway.settings import sources as settings_sources
from gateway.settings.own_secrets import own_secrets
from governance.masking.known import HANDED_OUT

LIKE_NO_WORD = 12
"""Signs of a secret of the settings that logs and chats hide: a shorter one, as `postgres`, may be an everyday word."""
STOP_SECONDS = 4.5
"""A stop is over in five seconds, whatever the database does; service managers wait no longer than ten."""


def up(chosen: argparse.Namespace) -> int:
    """Serve until told to stop. Settings that are wrong end it before anything has started."""
    port = {} if chosen.port is None else {"NEXORA_PORT": str(chosen.port)}
    configuration = settings_sources.load({**os.environ, **port})
    settle(configuration.settings.place)
    log.configure(configuration.settings.log.level, configuration.settings.log.format)
    own = own_secrets(configuration).items()
    HANDED_OUT.learn({name: secret for name, secret in own if len(secret) >= LIKE_NO_WORD})
    app = importlib.import_module("gateway.run.serve")  # only now: wrong settings are told without loading the product
    _run(app.serve(configuration, on_stop=_limit_the_stop))
    return 0


def _limit_the_stop() -> None:
    """End the process when stopping in order takes too long, as with a database that takes connections but is dead.

    Everything that matters is committed or will be done again, and the embedded server ends with its parent.
    """
    limit = threading.Timer(STOP_SECONDS, _end_now)
    limit.daemon = True
    limit.start()


def _end_now() -> None:
    sys.stderr.write("nexora: what was under way did not end in time and is put back by the next start\n")
    sys.stderr.flush()
    os._exit(0)


def _run(work: Coroutine[Any, Any, None]) -> None:
    run: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run
    if sys.platform != "win32":
        run = importlib.import_module("uvloop").run
    run(work)
