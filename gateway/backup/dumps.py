"""Writes a database into a file and fills an empty one from it, by PostgreSQL's own programs. It knows no tables."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from channels.base import NexoraError
from gateway.database.embedded.binaries import find_binaries, major_of, system_servers

PROGRAMS = ("pg_dump", "pg_restore", "psql")
PIECE = 1 << 20
UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
"""What the newer programs begin every script with, and what a server before 17 does not know."""
LAST_WORDS = 600


class DumpFailed(NexoraError):
    """PostgreSQL's programs could not write or read the database."""


def find_programs(server_major: int) -> Path:
    """The folder with programs that can read a server of this major version. Raises DumpFailed.

    They read servers as old as or older than themselves; those of the server's own version are preferred.
    """
    own = find_binaries()
    folders = {own.major: own.folder, **system_servers()}
    fitting = sorted(major for major, folder in folders.items() if major >= server_major and _is_complete(folder))
    if not fitting:
        raise DumpFailed(
            f"The server is PostgreSQL {server_major}, and no pg_dump of that version or a newer one is here. Install "
            f"the package with PostgreSQL {server_major}'s programs, or name their folder in NEXORA_PG_BIN."
        )
    return folders[fitting[0]]


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in PROGRAMS) and major_of(folder) > 0


async def dump(programs: Path, dsn: str, file: Path) -> None:
    """Write everything that one moment of the database holds, but for what is only shown live. Raises DumpFailed."""
    address, environment = _without_password(dsn)
    words = ["--format=custom", "--no-owner", "--no-privileges", "--no-unlogged-table-data", f"--file={file}"]
    process = await _start(programs / "pg_dump", *words, f"--dbname={address}", environment=environment)
    await _require_done(process, "pg_dump")


async def fill(programs: Path, dsn: str, file: Path) -> None:
    """Fill an empty database from a dump, wholly or not at all. Raises DumpFailed."""
    address, environment = _without_password(dsn)
    reading = await _start(
        programs / "pg_restore", "--no-owner", "--no-privileges", "--file=-", str(file), environment=environment
    )
    words = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--dbname={address}")
    writing = await _start(programs / "psql", *words, environment=environment, reads=True)
    await asyncio.gather(
        _pass_on(reading, writing), _require_done(writing, "psql"), _require_done(reading, "pg_restore")
    )


async def _pass_on(reading: Process, writing: Process) -> None:
    source, sink = reading.stdout, writing.stdin
    if source is None or sink is None:
        raise DumpFailed
    try:
        piece = (await source.read(PIECE)).replace(UNKNOWN_BEFORE_17, b"", 1)
        while piece:
            sink.write(piece)
            await sink.drain()
            piece = await source.read(PIECE)
        sink.close()
    except ConnectionError:
        reading.kill()  # the other one has ended, and says why


async def _start(program: Path, *words: str, environment: Mapping[str, str], reads: bool = False) -> Process:
    return await asyncio.create_subprocess_exec(
        program, *words, stdin=PIPE if reads else DEVNULL, stdout=PIPE, stderr=PIPE, env=environment
    )


async def _require_done(process: Process, name: str) -> None:
    said = await process.stderr.read() if process.stderr else b""
    if await process.wait():
        raise DumpFailed(f"{name} failed: {said.decode(errors='replace').strip()[-LAST_WORDS:] or 'it said nothing'}")


def _without_password(dsn: str) -> tuple[str, Mapping[str, str]]:
    """The address as other users of this machine may see it among the processes, and the environment with the rest."""
    parts = urlsplit(dsn)
    who, at, where = parts.netloc.rpartition("@")
    name, _, password = who.partition(":")
    kept = {key: os.environ[key] for key in ("HOME", "LD_LIBRARY_PATH", "PATH", "TMPDIR") if key in os.environ}
    environment = {**kept, "LC_ALL": "C", **({"PGPASSWORD": unquote(password)} if password else {})}
    return urlunsplit(parts._replace(netloc=f"{name}{at}{where}")), environment
