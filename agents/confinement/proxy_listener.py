"""Opens the proxy's inner side: listens on the sandbox's own loopback, hands the listeners out, becomes the command.

Started inside the sandbox as `python -I -S -B -c BOOT folder descriptor places program…`. A socket stays in the network
in which it was made, whoever holds it, so the gateway accepts there what the command connects, and nothing of ours is
left inside. It decides nothing, and loads nothing that takes time: `os` and `socket` would cost as much as the rest.
"""

import posix
import sys
from _signal import SIG_DFL, SIGPIPE, SIGXFSZ, signal  # type: ignore[import-not-found]  # quicker than `signal`
from _socket import SCM_RIGHTS, SOL_SOCKET, socket

BOOT = (
    "import sys;sys.path.insert(0,sys.argv[1]);from agents.confinement.proxy_listener import main;main(*sys.argv[2:])"
)
FAILED = 125
"""The status when the proxy could not be opened; the command has not run then."""
_WAITING = 64


def main(descriptor: str, places: str, *program: str) -> None:
    """Listen at `places` (`address:port`, with commas between), hand them out in that order, and become the program."""
    try:
        listeners = [_listener(place) for place in places.split(",")]
        handed = b"".join(listener.fileno().to_bytes(4, sys.byteorder) for listener in listeners)
        out = socket(fileno=int(descriptor))
        out.sendmsg([b"."], [(SOL_SOCKET, SCM_RIGHTS, handed)])
        out.close()
        for number in (SIGPIPE, SIGXFSZ):  # which Python ignores, and a program would inherit that
            signal(number, SIG_DFL)
        posix.execv(program[0], program)
    except OSError as problem:
        posix.write(2, f"the command was not run: its network could not be opened ({problem})\n".encode())
        posix._exit(FAILED)  # noqa: SLF001  # as os has it


def _listener(place: str) -> socket:
    address, _, port = place.rpartition(":")
    listener = socket()
    listener.bind((address, int(port)))
    listener.listen(_WAITING)
    return listener
