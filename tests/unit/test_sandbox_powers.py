"""What a command may ask of the system itself: no powers, and few kinds of sockets."""

from pathlib import Path

import pytest

from agents.sandbox import Level, Sandbox
from tests.unit.test_sandbox import CONTAINED, run, working


@pytest.fixture(params=CONTAINED)
def contained(request: pytest.FixtureRequest) -> Sandbox:
    return working(request.param, CONTAINED)


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

    if contained.level is Level.BUBBLEWRAP:
        none = "0" * 16
        assert told.output == f"CapEff:\t{none}\nCapBnd:\t{none}\nCapAmb:\t{none}\nSeccomp:\t2\n"
    assert (sockets.exit_code, sockets.output) == (0, "")
    assert unshared.exit_code != 0
