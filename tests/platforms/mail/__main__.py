"""`python -m tests.platforms.mail FOLDER`: both servers until standard input ends; prints their ports once they answer.

The folder must exist, be empty, and lie where the servers' own users may enter. Postfix starts only for root.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.platforms.mail import certificates, settings
from tests.platforms.mail.places import Places, Ports
from tests.platforms.mail.policy import Policy

PATIENCE_SECONDS = 20.0


async def keep(places: Places) -> None:
    """Start both, tell where, wait for the end of standard input, stop both."""
    ports = Ports.free()
    certificates.write(places)
    settings.write(places, ports)
    policy = await asyncio.start_server(Policy(places).serve, "127.0.0.1", ports.policy)
    servers = [
        _start(places, "dovecot", "-F", "-c", str(places.dovecot)),
        _start(places, str(settings.DAEMONS / "master"), "-c", str(places.postfix), "-d"),
    ]
    try:
        await _answering(places, servers, ports)
        sys.stdout.write(json.dumps(ports.told()) + "\n")
        sys.stdout.flush()
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, over.set)
        loop.add_reader(sys.stdin.fileno(), over.set)
        await over.wait()
    finally:
        policy.close()
        for server in servers:
            server.terminate()
        for server in servers:
            _await_end(server)


def _start(places: Places, *command: str) -> subprocess.Popen[bytes]:
    """In a session of its own: what one server does to its process group must not reach the other."""
    environment = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    with (places.home / f"{Path(command[0]).name}.out").open("wb") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True
        )


async def _answering(places: Places, servers: list[subprocess.Popen[bytes]], ports: Ports) -> None:
    for port in (ports.imap, ports.lmtp, ports.submission, ports.border):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await _greets(port):
                if any(server.poll() is not None for server in servers):
                    raise SystemExit(_last_words(places))
                await asyncio.sleep(0.02)


async def _greets(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        return bool(await reader.readline())
    except ConnectionError:
        return False
    finally:
        writer.close()


def _last_words(places: Places) -> str:
    logs = [*sorted(places.home.glob("*.log")), *sorted(places.home.glob("*.out"))]
    return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-2000:]}" for log in logs)


def _await_end(server: subprocess.Popen[bytes]) -> None:
    """Whoever is left of its session after a while is ended by force."""
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


if __name__ == "__main__":
    asyncio.run(keep(Places(home=Path(sys.argv[1]).resolve())))
