"""What a command may ask of the system itself: no powers, and few kinds of sockets."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.sandbox import Sandbox, SandboxLevel
from tests.unit.test_sandbox import CONTAINED, python, run, working


@pytest.fixture(params=CONTAINED)
def contained(request: pytest.FixtureRequest) -> Sandbox:
    return working(request.param, CONTAINED)


@pytest.fixture
async def listener() -> AsyncIterator[tuple[int, list[str]]]:
    """A server of this machine, and who came."""
    came: list[str] = []

    def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append("came")
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], came


ODD_SOCKETS = """
import socket
for family in (17, 38, 40):
    try:
        print(socket.socket(family, 1))
    except OSError:
        continue
"""


async def test_a_command_has_no_powers_over_the_system_and_is_filtered(contained: Sandbox, tmp_path: Path):
    """Also as root, and where it has a view of its own: no raw packets, no virtual machines, no namespaces."""
    (tmp_path / "odd.py").write_text(ODD_SOCKETS)

    told = await run(contained, tmp_path, "grep -E 'CapEff|CapBnd|CapAmb|Seccomp:' /proc/self/status")
    sockets = await run(contained, tmp_path, "python3 odd.py")
    unshared = await run(contained, tmp_path, "unshare --user true || unshare --mount true")

    if contained.level is SandboxLevel.BUBBLEWRAP:
        none = "0" * 16
        assert told.output == f"CapEff:\t{none}\nCapBnd:\t{none}\nCapAmb:\t{none}\nSeccomp:\t2\n"
    assert (sockets.exit_code, sockets.output) == (0, "")
    assert unshared.exit_code != 0


CONNECT = """
import socket, sys
places = ("127.0.0.1", {port}), "{unix}", "\\0{abstract}"
for family, place in zip((socket.AF_INET, socket.AF_UNIX, socket.AF_UNIX), places):
    try:
        socket.socket(family).connect(place)
        print("reached", place)
    except OSError as problem:
        print("not", problem.errno)
"""


async def test_no_server_of_this_machine_is_reached(
    contained: Sandbox, tmp_path: Path, listener: tuple[int, list[str]]
):
    """Neither by TCP, nor by a UNIX socket, named or abstract."""
    port, came = listener
    abstract = f"nexora-test-{os.getpid()}"
    named = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        one.bind(str(named))
        one.listen()
        other.bind(f"\0{abstract}")
        other.listen()
        program = CONNECT.format(port=port, unix=named, abstract=abstract)
        (tmp_path / "try.py").write_text(program)

        done = await run(contained, tmp_path, "python3 try.py")

    bound_by_view = contained.level is SandboxLevel.BUBBLEWRAP
    assert "reached ('127" not in done.output
    assert "reached \0" not in done.output
    assert bound_by_view or "reached" not in done.output, "a socket in the workspace itself is the workspace's own"
    assert done.output.count("not") + done.output.count("reached") == 3
    assert came == []


async def test_the_internet_is_not_there(contained: Sandbox, tmp_path: Path):
    program = python('import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 53))')

    assert (await run(contained, tmp_path, program)).exit_code != 0
