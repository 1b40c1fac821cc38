"""What is started for a command: the arguments of bubblewrap, or the plan for the confining child. It starts nothing.

The view is the same at both levels: the workspace at its own path, the system's programs and the interpreter that
runs the gateway to read, a /tmp of its own, a few harmless files of /etc, and nothing else of this machine.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.confinement.enter import BOOT
from agents.sandbox.limits import Limits

OUR_ROOT = Path(__file__).parent.parent.parent
PORTS = (22, 53, 80, 443, 853, 9418)
"""The TCP ports that a command with network may connect to where the kernel knows ports: SSH, DNS, HTTP, HTTPS, git.
The gateway's own and those of databases and agents on this machine are not among them."""
SCRATCH_BYTES = 256 << 20
"""The size of /tmp under bubblewrap."""

_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
_SETTINGS = (
    *("alternatives", "bash.bashrc", "ca-certificates", "ca-certificates.conf", "debian_version", "fonts", "group"),
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "lsb-release", "magic", "mime.types", "os-release"),
    *(
        "passwd",
        "pki/tls/certs",
        "profile",
        "python3",
        "services",
        "shells",
        "ssl/certs",
        "ssl/openssl.cnf",
        "timezone",
    ),
)
_NETWORK_SETTINGS = ("gai.conf", "host.conf", "hosts", "nsswitch.conf", "protocols", "resolv.conf")
_FACTS = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version")
_ULIMITS = {"RLIMIT_DATA": ("d", 1024), "RLIMIT_AS": ("v", 1024), "RLIMIT_CPU": ("t", 1), "RLIMIT_NOFILE": ("n", 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Where bubblewrap puts what a command changes: `upper` holds the changes, `work` is the kernel's own folder.

    Both are empty folders of one file system, which the command does not see.
    """

    upper: Path
    work: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One command and what it may have. `scratch` stands in for /tmp where there is no view of its own.

    With an `overlay` the workspace itself stays as it is, and what the command changes is found in the overlay.
    """

    command: str
    workspace: Path
    network: bool
    limits: Limits
    cpu_seconds: float
    scratch: Path | None = None
    overlay: Overlay | None = None


def shell() -> str:
    """The shell that runs commands: bash, for which the guard reads them, else the system's own."""
    return next((path for path in ("/bin/bash", "/usr/bin/bash") if os.access(path, os.X_OK)), "/bin/sh")


def bubblewrap(binary: str, wanted: Wanted, *, hardened: bool, filter_from: int) -> list[str]:
    """The arguments that run a command under bubblewrap; `hardened` adds what older versions and kernels lack.

    `filter_from` is the descriptor that holds the filter on system calls, negative without one.
    """
    inner = _confining(wanted, stays=False, files=False) if wanted.network else _limited(wanted)
    environment = _environment(wanted.workspace, "/tmp")  # noqa: S108  # a file system of the command's own
    workspace = str(wanted.workspace)
    size = ["--size", str(SCRATCH_BYTES)] if hardened else []
    return [
        *(binary, "--unshare-all", *(["--share-net"] if wanted.network else [])),
        *(["--unshare-user", "--disable-userns"] if hardened else []),
        *("--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"),
        *(("--seccomp", str(filter_from)) if filter_from >= 0 else ()),
        *(part for name, value in environment.items() for part in ("--setenv", name, value)),
        *_programs(),
        *("--proc", "/proc", "--dev", "/dev", *size, "--tmpfs", "/dev/shm", *size, "--tmpfs", "/tmp"),  # noqa: S108  # as above
        *(part for path in _readable(wanted) for part in ("--ro-bind-try", path, path)),
        *_changed(wanted.overlay, workspace),
        *("--chdir", workspace),
        *(["--remount-ro", "/"] if hardened else []),
        *("--", *inner),
    ]


def _changed(overlay: Overlay | None, workspace: str) -> list[str]:
    """How the workspace is mounted: itself, or below a layer that takes every change."""
    if overlay is None:
        return ["--bind", workspace, workspace]
    return ["--overlay-src", workspace, "--overlay", str(overlay.upper), str(overlay.work), workspace]


def confining(wanted: Wanted, *, confined: bool) -> list[str]:
    """The arguments that run a command below a child of ours, confined by Landlock and seccomp or not at all."""
    return _confining(wanted, stays=True, files=True, confined=confined)


def _confining(wanted: Wanted, *, stays: bool, files: bool, confined: bool = True) -> list[str]:
    scratch = str(wanted.scratch or "/tmp")  # noqa: S108  # a file system of the command's own
    plan: Mapping[str, object] = {
        "argv": [shell(), "-c", wanted.command],
        "environment": _environment(wanted.workspace, scratch),
        "folder": str(wanted.workspace),
        "limits": wanted.limits.for_kernel(wanted.cpu_seconds),
        "processes": wanted.limits.processes,
        "network": wanted.network,
        "stays": stays,
        "files": files,
        "confined": confined,
        "ports": PORTS if wanted.network else (),
        "reads": [*_PROGRAMS, *_readable(wanted), *(f"/proc/{name}" for name in _FACTS), "/dev/random", "/dev/urandom"],
        "writes": [str(wanted.workspace), scratch, "/dev/full", "/dev/null", "/dev/zero"],
    }
    python = os.path.realpath(sys.executable)
    return [python, "-I", "-S", "-B", "-c", BOOT, str(OUR_ROOT), json.dumps(plan, ensure_ascii=False)]


def _limited(wanted: Wanted) -> list[str]:
    """The shell limits itself and becomes the one that runs the command: a millisecond, where Python takes fifteen.

    A limit that is lower already cannot be raised, which is as well.
    """
    limits = wanted.limits.for_kernel(wanted.cpu_seconds)
    steps = [f"ulimit -{flag} {limits[name] // unit} 2>/dev/null" for name, (flag, unit) in _ULIMITS.items()]
    steps.append(f"ulimit -f {limits['RLIMIT_FSIZE'] // (1024 if shell().endswith('bash') else 512)} 2>/dev/null")
    steps.append(f"ulimit -c 0; ulimit -u {wanted.limits.processes} 2>/dev/null")
    return [shell(), "-c", f'{"; ".join(steps)}; exec "$0" -c "$1"', shell(), wanted.command]


def _environment(workspace: Path, scratch: str) -> dict[str, str]:
    """All that a command sees of an environment."""
    own = Path(sys.base_prefix, "bin")
    places = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
    return {
        "PATH": places if _is_system(own) else f"{places}:{own}",
        "HOME": str(workspace),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "GIT_CONFIG_NOSYSTEM": "1",
        "TMPDIR": scratch,
    }


def _programs() -> Iterator[str]:
    """The folders of programs, as links where the system has links."""
    for path in map(Path, _PROGRAMS):
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))


def _readable(wanted: Wanted) -> Iterator[str]:
    yield from (f"/etc/{name}" for name in (*_SETTINGS, *(_NETWORK_SETTINGS if wanted.network else ())))
    base = Path(sys.base_prefix)
    if not _is_system(base) and not wanted.workspace.is_relative_to(base) and base != Path.home():
        yield str(base)
    if wanted.network:
        yield str(OUR_ROOT / "agents" / "confinement")


def _is_system(path: Path) -> bool:
    """Whether this lies in a folder that commands see anyway, or is so high that it would show them everything."""
    return len(path.parts) <= 2 or path.is_relative_to("/usr")  # noqa: PLR2004  # the root and one name
