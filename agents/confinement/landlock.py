"""Confines this process to some folders, without network, with Landlock, by system calls. See landlock(7).

Landlock says nothing about changing the mode, owner, times or attributes of files that the user owns; `seccomp` does.
"""

import ctypes
import os
from collections.abc import Iterable

CREATE, ADD, RESTRICT = 444, 445, 446
"""The numbers of the calls, the same on every architecture."""
_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK, _TRUNCATE, _IOCTL_DEV = 1 << 6, 1 << 11, 1 << 14, 1 << 15
_READS = EXECUTE | READ_FILE | READ_DIR
_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL_DEV
_RIGHTS_BY_VERSION = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
_ALL_RIGHTS = 0xFFFF
_BIND_TCP, _CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1, 2
_KNOWS_PORTS, SCOPES_SIGNALS_FROM = 4, 6


class _Attributes(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    # The kernel's own is packed to 12 bytes; the padding behind ours it does not read.
    _fields_ = (("access", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """The version of Landlock that this kernel offers; 0 without one."""
    try:
        return max(0, int(ctypes.CDLL(None).syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))))
    except (OSError, AttributeError):
        return 0


def confine(*, reads: Iterable[str], writes: Iterable[str]) -> None:
    """Restrict this process and all it starts, for good. Raises OSError when the kernel does not.

    reads, writes: folders and files that may be read and run, or also changed; missing ones are left out. Where the
    kernel knows ports (version 4), it can connect to none by TCP and listen on none.
    """
    offered = version()
    if not offered:
        raise OSError("this kernel has no Landlock")
    rights = _RIGHTS_BY_VERSION.get(offered, _ALL_RIGHTS)
    net = _BIND_TCP | _CONNECT_TCP if offered >= _KNOWS_PORTS else 0
    scoped = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if offered >= SCOPES_SIGNALS_FROM else 0
    attributes = _Attributes(rights, net, scoped)
    size = 24 if offered >= SCOPES_SIGNALS_FROM else 16 if offered >= _KNOWS_PORTS else 8
    ruleset = _call(CREATE, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
    _allow_paths(ruleset, reads, rights & _READS)
    _allow_paths(ruleset, writes, rights & ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL_DEV))
    forbid_new_privileges()
    _call(RESTRICT, ruleset, ctypes.c_uint32(0))
    os.close(ruleset)


def forbid_new_privileges() -> None:
    """From here on no set-uid program gives this process more rights."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))):
        raise OSError(ctypes.get_errno(), "PR_SET_NO_NEW_PRIVS failed")


def _allow_paths(ruleset: int, paths: Iterable[str], rights: int) -> None:
    for path in paths:
        try:
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        granted = rights if os.path.isdir(path) else rights & _ON_FILES  # noqa: PTH112  # pathlib costs a child 5 ms
        rule = _PathBeneath(granted, opened)
        _call(ADD, ruleset, ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
        os.close(opened)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock refused call {number}: {os.strerror(ctypes.get_errno())}")
    return result
