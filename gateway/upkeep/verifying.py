"""Verifies the record in a process of its own, so that a million lines hold up nobody's messages.

The gateway asks through `Verifier`; run as a program it reads where the database is, and what opens its keys, from its
standard input, for others on this machine can read the words of a command, and answers with what was found.
"""

import asyncio
import json
import os
import pickle
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path

from channels.base import NexoraError
from governance.audit.summary import Examined

NICENESS = 10
LAST_WORDS = 500
KEPT_VARIABLES = ("HOME", "LD_LIBRARY_PATH", "PATH", "TMPDIR")


class NotVerified(NexoraError):
    """The record could not be read to its end, so nothing can be said of it."""


class Verifier:
    """One verification at a time: whoever asks while one goes on waits for the same."""

    def __init__(self, dsn: str, home: Path, master_key: str = "") -> None:
        """`master_key` is that of the settings; without one it lies in `home`."""
        self._asked = json.dumps({"dsn": dsn, "home": str(home), "master_key": master_key}).encode()
        self._going_on: asyncio.Task[Examined] | None = None

    async def examine(self) -> Examined:
        """What `governance.audit.verify.examine` finds. Raises NotVerified."""
        if self._going_on is None or self._going_on.done():
            self._going_on = asyncio.create_task(self._run(), name="verify the record")
        return await asyncio.shield(self._going_on)

    async def close(self) -> None:
        """End what goes on."""
        if self._going_on is not None:
            self._going_on.cancel()
            with suppress(asyncio.CancelledError, NotVerified):
                await self._going_on

    async def _run(self) -> Examined:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "gateway.upkeep.verifying"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
        )
        try:
            told, trouble = await process.communicate(self._asked)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            reason = trouble.decode(errors="replace").strip()[-LAST_WORDS:]
            raise NotVerified(f"The record could not be read to its end: {reason or process.returncode}")
        examined: Examined = pickle.loads(told)  # noqa: S301  # from the program that we have just started
        return examined


async def _examine(dsn: str, home: Path, master_key: str) -> Examined:
    from gateway.database.pool import connect  # noqa: PLC0415  # the gateway, which imports this too, needs none of these
    from governance.audit.verify import examine  # noqa: PLC0415
    from governance.record.transaction import Store  # noqa: PLC0415

    pool = await connect(dsn, most=1)
    try:
        return await examine(Store(pool), home, master_key)
    finally:
        await pool.close()


def main() -> int:
    """Read what to verify, verify it behind everything else on this machine, and answer; 1 with a sentence."""
    os.nice(NICENESS)
    asked = json.load(sys.stdin)
    try:
        examined = asyncio.run(_examine(asked["dsn"], Path(asked["home"]), asked["master_key"]))
    except NexoraError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.buffer.write(pickle.dumps(examined))
    return 0


if __name__ == "__main__":
    sys.exit(main())
