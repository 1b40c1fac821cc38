"""The process between the gateway and a command: it reaps, sweeps and reports, and its child becomes the command.

Started as `python -I -S -B -c BOOT folder plan`. It stays outside the confinement of its child, which therefore
cannot signal it, and ends everything below it when the command ends, when it is told to (SIGTERM), or when the
gateway dies.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from types import FrameType
from typing import Any

from agents.confinement import landlock, processes, seccomp

BOOT = "import sys;sys.path.insert(0,sys.argv[1]);from agents.confinement.enter import main;main(sys.argv[2])"
FAILED = 125
"""The status when the child could not be confined; the command has not run then."""
_SIGNAL_OF_PARENT, _REAPER, _DROP_BOUNDING = 1, 36, 24
_CAPABILITIES = 64


class _Stopped(BaseException):
    """We were told to stop."""


def main(plan: str) -> None:
    """Run the plan, a JSON object as made by `agents.sandbox.plans`, and exit with the command's status."""
    wanted: dict[str, Any] = json.loads(plan)
    signal.signal(signal.SIGTERM, _stop)
    parent = os.getppid()
    _prctl(_REAPER, 1)
    _prctl(_SIGNAL_OF_PARENT, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(FAILED)
    child = os.fork()
    if not child:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _become(wanted)
    status = FAILED
    try:
        status = _wait_for(child)
        if left := processes.left_below(os.getpid()):
            os.write(wanted["left"], str(left).encode())
    except _Stopped:
        status = 128 + signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        processes.end_descendants(os.getpid(), reap=True)
    os._exit(status)


def _stop(_: int, __: FrameType | None) -> None:
    raise _Stopped


def _wait_for(child: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _become(wanted: dict[str, Any]) -> None:
    """Confine this process and turn it into the command. Whatever fails, the command does not run."""
    try:
        os.close(wanted["left"])
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores, and a program would inherit that
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        os.chdir(wanted["folder"])
        _limit(wanted["limits"])
        _limit_processes(wanted["processes"])
        if wanted["confined"]:
            _confine(wanted)
        carried = {name: os.environ[name] for name in wanted["carried"]}
        environment = {**wanted["environment"], **carried}
        os.execve(wanted["argv"][0], wanted["argv"], environment)  # noqa: S606  # the command was judged before
    except BaseException as problem:  # noqa: BLE001  # a forked child must end here, whatever happened
        os.write(2, f"the command was not run: it could not be confined ({problem})\n".encode())
        os._exit(FAILED)


def _confine(wanted: dict[str, Any]) -> None:
    _drop_capabilities()
    landlock.confine(reads=wanted["reads"], writes=wanted["writes"])
    landlock.forbid_new_privileges()
    seccomp.install(signals=landlock.version() >= landlock.SCOPES_SIGNALS_FROM)


def _drop_capabilities() -> None:
    """Leave root without powers over the system; fails silently for a user who has none to drop."""
    for capability in range(_CAPABILITIES):
        _prctl(_DROP_BOUNDING, capability)


def _limit(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))


def _limit_processes(most: int) -> None:
    """Let this user have that many more processes than now; the kernel counts all of a user's, and none of root's."""
    if sys.platform == "linux" and os.geteuid():
        _limit({"RLIMIT_NPROC": processes.count_of_user(os.geteuid()) + most})


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0)))
