"""A filter on system calls for what Landlock leaves open: sockets, io_uring, namespaces, modes and owners by path.

Numbers are of unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64).
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Sequence

_LOAD, _EQUAL, _AND, _RETURN, _AT_LEAST = 0x20, 0x15, 0x54, 0x06, 0x35
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
_X32 = 0x40000000
_SET_SECCOMP, _FILTER = 22, 2
_NEW_NAMESPACES = 0x7E020080
"""CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}."""
_UNIX, _INTERNET = 1, (2, 10, 16)
"""AF_UNIX; AF_INET, AF_INET6 and AF_NETLINK, by which the C library finds out what addresses there are."""

_SAME = """
    pidfd_send_signal 424
    io_uring_setup 425  io_uring_enter 426  io_uring_register 427  open_tree 428  move_mount 429  fsopen 430
    fsmount 432  pidfd_getfd 438  mount_setattr 442  fchmodat2 452  setxattrat 463  removexattrat 466
"""
_X86_64 = """
    socket 41  clone 56  kill 62  rt_sigqueueinfo 129  tkill 200  tgkill 234  utimensat 280  rt_tgsigqueueinfo 297
    chmod 90  chown 92  lchown 94  ptrace 101  utime 132  pivot_root 155  adjtimex 159  chroot 161  acct 163
    settimeofday 164  mount 165  umount2 166  swapon 167  swapoff 168  reboot 169  sethostname 170
    setdomainname 171  iopl 172  ioperm 173  init_module 175  delete_module 176  quotactl 179  setxattr 188
    lsetxattr 189  removexattr 197  lremovexattr 198  clock_settime 227  utimes 235  kexec_load 246
    add_key 248  request_key 249  keyctl 250  fchownat 260  futimesat 261  fchmodat 268  unshare 272
    perf_event_open 298  name_to_handle_at 303  open_by_handle_at 304  setns 308  process_vm_readv 310
    process_vm_writev 311  kcmp 312  finit_module 313  kexec_file_load 320  bpf 321  userfaultfd 323
"""
_AARCH64 = """
    socket 198  clone 220  utimensat 88  kill 129  tkill 130  tgkill 131  rt_sigqueueinfo 138  rt_tgsigqueueinfo 240
    setxattr 5  lsetxattr 6  removexattr 14  lremovexattr 15  umount2 39  mount 40  pivot_root 41  chroot 51
    fchmodat 53  fchownat 54  quotactl 60  acct 89  unshare 97  kexec_load 104  init_module 105
    delete_module 106  clock_settime 112  ptrace 117  reboot 142  sethostname 161  setdomainname 162
    settimeofday 170  adjtimex 171  add_key 217  request_key 218  keyctl 219  swapon 224  swapoff 225
    perf_event_open 241  name_to_handle_at 264  open_by_handle_at 265  setns 268  process_vm_readv 270
    process_vm_writev 271  kcmp 272  finit_module 273  bpf 280  userfaultfd 282  kexec_file_load 294
"""
_MACHINES = {"aarch64": (0xC00000B7, _AARCH64), "x86_64": (0xC000003E, _X86_64)}
_JUDGED = frozenset({"socket", "clone", "utimensat"})
"""Calls that depend on their arguments; the others of the tables are refused."""
_SIGNALS = frozenset({"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"})
_MODES = frozenset(
    {
        *("chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "utime", "utimes", "futimesat"),
        *("setxattr", "lsetxattr", "setxattrat", "removexattr", "lremovexattr", "removexattrat"),
    }
)
_CLONE3 = 435


def is_known_machine() -> bool:
    """Whether we know the numbers of this machine's calls."""
    return os.uname().machine in _MACHINES


def install(*, signals: bool) -> None:
    """Filter this process and all it starts, for good; raises OSError. No new privileges must be set before.

    No socket can be made. Without `signals` no process can be signalled. The mode, owner, times and attributes of a
    file can be changed only through a descriptor, that is of what may be opened.
    """
    program = _program(os.uname().machine, families=(), signals=signals, modes=False)
    held = ctypes.create_string_buffer(_packed(program))

    class _Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    filled = _Program(len(program), ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(filled), ctypes.c_ulong(0), ctypes.c_ulong(0)):
        raise OSError(ctypes.get_errno(), "the kernel refused the filter on system calls")


def compiled() -> bytes:
    """The filter as bubblewrap takes it, for a command that has a view and a network of its own; empty where unknown.

    Sockets of the Internet and UNIX sockets are left, since they lead nowhere but to the command itself; those of other
    families (virtual machines, the kernel's cryptography, raw packets) are not.
    """
    if not is_known_machine():
        return b""
    return _packed(_program(os.uname().machine, families=(*_INTERNET, _UNIX), signals=True, modes=True))


def _packed(program: Iterable[tuple[int, int, int, int]]) -> bytes:
    return b"".join(struct.pack("=HBBI", *each) for each in program)


def _program(machine: str, *, families: Sequence[int], signals: bool, modes: bool) -> list[tuple[int, int, int, int]]:
    architecture, table = _MACHINES[machine]
    words = (table + _SAME).split()
    numbers = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    let = _JUDGED | (_SIGNALS if signals else frozenset()) | (_MODES if modes else frozenset())
    refuse = _ERROR | errno.EPERM
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, refuse),
        # The C library falls back from clone3, whose flags lie where a filter cannot look, to clone.
        *_when(_CLONE3, [(_RETURN, 0, 0, _ERROR | errno.ENOSYS)]),
    ]
    for number in [number for name, number in numbers.items() if name not in let]:
        program += _when(number, [(_RETURN, 0, 0, refuse)])
    known = [(_EQUAL, len(families) - at, 0, family) for at, family in enumerate(families)]
    program += _when(
        numbers["socket"],
        [(_LOAD, 0, 0, _FIRST), *known, (_RETURN, 0, 0, refuse), (_RETURN, 0, 0, _ALLOW)],
    )
    program += _when(
        numbers["clone"],
        [(_LOAD, 0, 0, _FIRST), (_AND, 0, 0, _NEW_NAMESPACES), (_EQUAL, 1, 0, 0), (_RETURN, 0, 0, refuse)],
    )
    if not modes:  # times may be changed of what is open (no path given), not of what is only named
        no_path = [(_LOAD, 0, 0, _SECOND), (_EQUAL, 0, 2, 0), (_LOAD, 0, 0, _SECOND + 4), (_EQUAL, 1, 0, 0)]
        program += _when(numbers["utimensat"], [*no_path, (_RETURN, 0, 0, refuse)])
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _when(number: int, then: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Instructions for one call. What falls through has spoilt the number, so it loads it again."""
    body = then if then[-1][0] == _RETURN and len(then) == 1 else [*then, (_LOAD, 0, 0, _NUMBER)]
    return [(_EQUAL, 0, len(body), number), *body]
