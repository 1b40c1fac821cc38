"""Names this process in the rows that it works on, and tells of another by its name whether it has ended.

Only a process that can be seen is judged: of the same boot of the same machine, and of the same namespace of process
ids, for containers that share a host's name count their processes each from 1. Whoever cannot be judged is waited for
as long as its lease lasts.
"""

import os
import secrets
import socket
from pathlib import Path

_PROC = Path("/proc")
_ENDED = frozenset({"X", "Z"})
"""States of a process that runs no more and was only not waited for yet (proc_pid_stat(5), field 3)."""


def name_of_this_process() -> str:
    """`host:pid:start:place:token`; the token makes it new each time, the start tells a pid that is used again."""
    pid = os.getpid()
    _, started = _state_and_start(pid) or ("", "")
    return f"{socket.gethostname()}:{pid}:{started}:{_place()}:{secrets.token_hex(4)}"


def has_ended(owner: str) -> bool:
    """Whether the process of that name is known to be gone; False when that cannot be known."""
    parts = owner.rsplit(":", 4)
    if len(parts) != 5 or not parts[1].isdigit():  # noqa: PLR2004  # the fields of a name
        return False
    host, pid, started, place, _ = parts
    if not started or not place or place != _place() or host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)  # also finds a process that /proc hides from us
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    now = _state_and_start(int(pid))
    return now is not None and (now[0] in _ENDED or now[1] != started)


def _place() -> str:
    """Where process ids mean the same as here: the boot and the namespace; empty where the system tells neither."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}.{(_PROC / 'self/ns/pid').readlink().name.strip('pid:[]')}"
    except OSError:
        return ""


def _state_and_start(pid: int) -> tuple[str, str] | None:
    """Fields 3 and 22 of proc_pid_stat(5): the state, and the start in ticks since boot; None when they are hidden."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], fields[19]
