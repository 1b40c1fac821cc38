"""Finds and ends whole trees of processes. Orphans stay in a tree whose root is their reaper."""

import os
import signal
import time


def children_of(pid: int) -> list[int]:
    """The direct children of a process, of all its threads; none when it is gone or the system keeps no such list."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  # pathlib costs a child 5 ms
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as listing:  # noqa: PTH123  # as above
                found.extend(map(int, listing.read().split()))
    except OSError:
        return found
    return found


def descendants_of(pid: int) -> list[int]:
    """Everything below a process, nearest first."""
    found: list[int] = []
    level = children_of(pid)
    while level:
        found.extend(level)
        level = [below for each in level for below in children_of(each)]
    return found


def count_of_user(uid: int) -> int:
    """How many threads a user has now, as far as /proc shows them."""
    count = 0
    for name in os.listdir("/proc"):  # noqa: PTH208  # as above
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid:  # noqa: PTH116  # as above
                count += len(os.listdir(f"/proc/{name}/task"))  # noqa: PTH208  # as above
        except OSError:
            continue
    return count


def resident_bytes(pid: int) -> int:
    """Memory that a process holds now; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as listing:  # noqa: PTH123  # as above
            return int(listing.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def end_descendants(pid: int, *, reap: bool, within_seconds: float = 2.0) -> bool:
    """Kill all that lies below a process until nothing does; says whether it managed. `reap` when `pid` is ourselves.

    One pass is not enough: a process may fork between being listed and being killed.
    """
    until = time.monotonic() + within_seconds
    while below := descendants_of(pid):
        for each in below:
            _kill(each)
        if reap:
            gather_ended()
        if time.monotonic() > until:
            return False
        time.sleep(0.002)
    return True


def left_below(pid: int) -> int:
    """How many processes go on below ours after a command; what is about to end gets a fifth of a second."""
    for _ in range(4):
        gather_ended()
        if not descendants_of(pid):
            return 0
        time.sleep(0.05)
    gather_ended()
    return len(descendants_of(pid))


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def gather_ended() -> None:
    """Take leave of all our children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return
