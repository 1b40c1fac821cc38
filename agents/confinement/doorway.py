"""Opens the door's inner side: listens on the sandbox's own loopback, hands the listeners out, becomes the command.

Started inside the sandbox as `python -I -S -B -c BOOT folder descriptor places program…`. A socket stays in the network
in which it was made, whoever holds it, so the gateway accepts there what the command connects, and nothing of ours is
left inside. It decides nothing.
"""

import os
import socket

BOOT = "import sys;sys.path.insert(0,sys.argv[1]);from agents.confinement.doorway import main;main(*sys.argv[2:])"
FAILED = 125
"""The status when the door could not be opened; the command has not run then."""
_WAITING = 64


def main(descriptor: str, places: str, *program: str) -> None:
    """Listen at `places` (`address:port`, with commas between), hand them out in that order, and become the program."""
    try:
        listeners = [_listener(place) for place in places.split(",")]
        with socket.socket(fileno=int(descriptor)) as out:
            socket.send_fds(out, [b"."], [listener.fileno() for listener in listeners])
        os.execv(program[0], program)  # noqa: S606  # the command was judged before
    except OSError as problem:
        os.write(2, f"the command was not run: its network could not be opened ({problem})\n".encode())
        os._exit(FAILED)


def _listener(place: str) -> socket.socket:
    address, _, port = place.rpartition(":")
    listener = socket.socket()
    listener.bind((address, int(port)))
    listener.listen(_WAITING)
    return listener
