"""A real PgBouncer before a server of the tests, in the pool mode that is asked for."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gateway.database.embedded.binaries import find_runner


@asynccontextmanager
async def pgbouncer(program: str, dsn: str, folder: Path, mode: str) -> AsyncIterator[str]:
    """The address of the same database through the pooler."""
    parts = urlsplit(dsn)
    asked, port, name = parse_qs(parts.query), _free_port(), parts.path.lstrip("/")
    (folder / "users.txt").write_text('"nexora" ""\n', encoding="utf-8")
    (folder / "pool.ini").write_text(
        f"[databases]\n{name} = host={asked['host'][0]} port={asked['port'][0]} dbname={name} user=nexora\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"auth_file = {folder}/users.txt\npool_mode = {mode}\nlogfile = {folder}/pool.log\n"
        "ignore_startup_parameters = extra_float_digits\n",
        encoding="utf-8",
    )
    process = await asyncio.create_subprocess_exec(
        program,
        folder / "pool.ini",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        **_identity(folder),
    )
    try:
        await _until_it_listens(port)
        yield f"postgresql://nexora@127.0.0.1:{port}/{name}"
    finally:
        process.terminate()
        await process.wait()


def _identity(folder: Path) -> Mapping[str, Any]:
    """It refuses to run as root, and only the server's own user may enter the folder of its socket."""
    runner = find_runner()
    if runner is None:
        return {}
    for path in (folder, *folder.iterdir()):
        os.chown(path, runner.uid, runner.gid)
    return {"user": runner.uid, "group": runner.gid, "extra_groups": []}


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def found() -> str | None:
    """The program, None where it is not installed."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
