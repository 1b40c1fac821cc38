"""What is started for a command: the arguments of bubblewrap, or the plan for the confining child. It starts nothing.

The view is the same at both levels: the workspace at its own path, the system's programs and the interpreter that
runs the gateway to read, a /tmp of its own, a few harmless files of /etc, and nothing else of this machine.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agents.confinement import proxy_listener as listener_boot
from agents.confinement.enter import BOOT
from agents.sandbox import extras
from agents.sandbox.limits import CommandLimits

OUR_ROOT = Path(__file__).parent.parent.parent
FILTER, LEFT = "filter", "left"
"""Names of descriptors: the filter on system calls, and where it is written how many processes a command left."""
NOT_FILES = frozenset({FILTER, LEFT})
SCRATCH_BYTES = 256 << 20
"""The size of a /tmp that goes with its command, under bubblewrap."""
_GIT_SETTINGS = "/etc/gitconfig"
SKILLS = "/skills"
"""Where commands find the folders of skills, each by the name of its skill, where they have a view of their own."""

_FIRST_FREE_PORT = 1024
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
_FACTS = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version")
_COUNTED = (
    'exec {{own}}>&2 2>/dev/null; "$0" -c "$1" 2>&$own {{own}}>&- {left}>&-; code=$?; tries=0; set -- /proc/[0-9]*; '
    "while [ $# -gt 2 ] && [ $tries -lt 4 ]; do sleep 0.05; tries=$((tries + 1)); set -- /proc/[0-9]*; done; "
    "[ $# -gt 2 ] && echo $(($# - 2)) >&{left}; exit $code"
)
"""Runs the command and counts; what is about to end by itself gets a fifth of a second."""
_ULIMITS = {"RLIMIT_DATA": ("d", 1024), "RLIMIT_AS": ("v", 1024), "RLIMIT_CPU": ("t", 1), "RLIMIT_NOFILE": ("n", 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Where bubblewrap puts what a command changes: `upper` holds the changes, `work` is the kernel's own folder.

    Both are empty folders of one file system, which the command does not see.
    """

    upper: Path
    work: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyListener:
    """The inner side of a proxy: where it listens inside, and through which descriptor the listeners are handed out.

    `environment` and `files` (content by path) tell programs of it.
    """

    handing: int
    places: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def needs_low_ports(self) -> bool:
        """Whether it listens where only a process with that power may."""
        return any(int(place.rpartition(":")[2]) < _FIRST_FREE_PORT for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedCommand:
    """One command and what it may have. `scratch` is its /tmp, which goes with it where that is not given.

    Without a `listener` it has no network. With an `overlay` the workspace itself stays as it is, and what the command
    changes is found in the overlay. It begins in `folder` of the workspace. `identity` is a file with settings of git,
    before which any others come. `extras` are environments of Python that it reads and finds first, `reads` further
    folders of this machine. `carried` are variables that it takes over from whoever starts it, since arguments can be
    read by everybody on the machine.
    It reads the folders in `skills` as well, which are given by the names of these.
    """

    command: str
    workspace: Path
    limits: CommandLimits
    cpu_seconds: float
    scratch: Path | None = None
    listener: ProxyListener | None = None
    overlay: Overlay | None = None
    folder: str = ""
    identity: Path | None = None
    extras: tuple[Path, ...] = ()
    reads: tuple[Path, ...] = ()
    carried: tuple[str, ...] = ()
    skills: Mapping[str, Path] = field(default_factory=dict)


def shell() -> str:
    """The shell that runs commands: bash, for which the guard reads them, else the system's own."""
    return next((path for path in ("/bin/bash", "/usr/bin/bash") if os.access(path, os.X_OK)), "/bin/sh")


def bubblewrap(binary: str, wanted: WantedCommand, *, hardened: bool, descriptors: Mapping[str, int]) -> list[str]:
    """The arguments that run a command under bubblewrap; `hardened` adds what older versions and kernels lack.

    `descriptors` hold what it reads: the filter on system calls under FILTER, the listener's files under their paths.
    """
    listener = wanted.listener
    environment = _environment(wanted, "/tmp", _GIT_SETTINGS) | dict(listener.environment if listener else {})  # noqa: S108  # a file system of the command's own
    workspace = str(wanted.workspace)
    size = ["--size", str(SCRATCH_BYTES)] if hardened else []
    low = listener is not None and listener.needs_low_ports
    powers = ["--cap-add", "CAP_NET_BIND_SERVICE"] if low else []
    # Below a second user namespace that power would not reach the network; the filter forbids new ones just as well.
    nested = [] if low and FILTER in descriptors else ["--disable-userns"]
    return [
        *(binary, "--unshare-all"),
        *(["--unshare-user", *nested] if hardened else []),
        *("--die-with-parent", "--new-session", *(() if wanted.carried else ("--clearenv",))),
        *("--cap-drop", "ALL", *powers),
        *(("--seccomp", str(descriptors[FILTER])) if FILTER in descriptors else ()),
        *(part for name, value in environment.items() for part in ("--setenv", name, value)),
        *_programs(),
        *("--proc", "/proc", "--dev", "/dev", *size, "--tmpfs", "/dev/shm"),  # noqa: S108  # as above
        *(("--bind", str(wanted.scratch)) if wanted.scratch else (*size, "--tmpfs")),
        "/tmp",  # noqa: S108  # as above
        *(part for path in _readable(wanted) for part in ("--ro-bind-try", path, path)),
        *(part for name, path in wanted.skills.items() for part in ("--ro-bind-try", str(path), f"{SKILLS}/{name}")),
        *(
            part
            for path, at in descriptors.items()
            if path not in NOT_FILES
            for part in ("--ro-bind-data", str(at), path)
        ),
        *(("--ro-bind", str(wanted.identity), _GIT_SETTINGS) if wanted.identity else ()),
        *_changed(wanted.overlay, workspace),
        *("--chdir", str(wanted.workspace / wanted.folder)),
        *(["--remount-ro", "/"] if hardened else []),
        *("--", *(_opening(listener) if listener else ()), *_limited(wanted, descriptors.get(LEFT, 0))),
    ]


def _opening(listener: ProxyListener) -> list[str]:
    """What opens the listener from inside, before the program that follows."""
    python = os.path.realpath(sys.executable)
    return [
        *(python, "-I", "-S", "-B", "-c", listener_boot.BOOT),
        *(str(OUR_ROOT), str(listener.handing), ",".join(listener.places)),
    ]


def _changed(overlay: Overlay | None, workspace: str) -> list[str]:
    """How the workspace is mounted: itself, or below a layer that takes every change."""
    if overlay is None:
        return ["--bind", workspace, workspace]
    return ["--overlay-src", workspace, "--overlay", str(overlay.upper), str(overlay.work), workspace]


def confining(wanted: WantedCommand, *, confined: bool, descriptors: Mapping[str, int]) -> list[str]:
    """The arguments that run a command below a child of ours, confined by Landlock and seccomp or not at all."""
    scratch = str(wanted.scratch or "/tmp")  # noqa: S108  # a file system of the command's own
    plan: Mapping[str, object] = {
        "argv": [shell(), "-c", wanted.command],
        "environment": _environment(wanted, scratch, str(wanted.identity)),
        "folder": str(wanted.workspace / wanted.folder),
        "limits": wanted.limits.for_kernel(wanted.cpu_seconds),
        "processes": wanted.limits.processes,
        "confined": confined,
        "carried": wanted.carried,
        "left": descriptors[LEFT],
        "reads": [
            *(*_PROGRAMS, *_readable(wanted), *(f"/proc/{name}" for name in _FACTS), "/dev/random", "/dev/urandom"),
            *([str(wanted.identity)] if wanted.identity else ()),
            *map(str, wanted.skills.values()),
        ],
        "writes": [str(wanted.workspace), scratch, "/dev/full", "/dev/null", "/dev/zero"],
    }
    python = os.path.realpath(sys.executable)
    return [python, "-I", "-S", "-B", "-c", BOOT, str(OUR_ROOT), json.dumps(plan, ensure_ascii=False)]


def _limited(wanted: WantedCommand, left: int) -> list[str]:
    """The shell limits itself and starts the one that runs the command: two milliseconds, where Python takes fifteen.

    A limit that is lower already cannot be raised, which is as well. Afterwards it writes into the descriptor `left`
    how many processes there are beside the two that always are, itself and the one that bubblewrap leaves inside.
    """
    limits = wanted.limits.for_kernel(wanted.cpu_seconds)
    steps = [f"ulimit -{flag} {limits[name] // unit} 2>/dev/null" for name, (flag, unit) in _ULIMITS.items()]
    steps.append(f"ulimit -f {limits['RLIMIT_FSIZE'] // (1024 if shell().endswith('bash') else 512)} 2>/dev/null")
    steps.append(f"ulimit -c 0; ulimit -u {wanted.limits.processes} 2>/dev/null")
    if not shell().endswith("bash"):  # others know no descriptors of two digits
        return [shell(), "-c", f'{"; ".join(steps)}; exec "$0" -c "$1"', shell(), wanted.command]
    steps.append(_COUNTED.format(left=left))
    return [shell(), "-c", "; ".join(steps), shell(), wanted.command]


def _environment(wanted: WantedCommand, scratch: str, identity: str) -> dict[str, str]:
    """All that a command sees of an environment; `identity` is where it finds the settings of git."""
    own = Path(sys.base_prefix, "bin")
    places = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
    return {
        **extras.environment(wanted.extras, places if _is_system(own) else f"{places}:{own}", scratch),
        "HOME": str(wanted.workspace),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        **({"GIT_CONFIG_SYSTEM": identity} if wanted.identity else {"GIT_CONFIG_NOSYSTEM": "1"}),
        "GIT_PAGER": "cat",
        "GIT_TERMINAL_PROMPT": "0",
        "NO_COLOR": "1",
        "PAGER": "cat",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": scratch,
    }


def _programs() -> Iterator[str]:
    """The folders of programs, as links where the system has links."""
    for path in map(Path, _PROGRAMS):
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))


def _readable(wanted: WantedCommand) -> Iterator[str]:
    yield from (f"/etc/{name}" for name in _SETTINGS)
    base = Path(sys.base_prefix)
    if not _is_system(base) and not wanted.workspace.is_relative_to(base) and base != Path.home():
        yield str(base)
    yield from map(str, (*wanted.extras, *wanted.reads))
    if wanted.listener:
        yield str(OUR_ROOT / "agents" / "confinement")


def _is_system(path: Path) -> bool:
    """Whether this lies in a folder that commands see anyway, or is so high that it would show them everything."""
    return len(path.parts) <= 2 or path.is_relative_to("/usr")  # noqa: PLR2004  # the root and one name
