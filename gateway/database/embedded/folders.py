"""The folders of the embedded PostgreSQL inside the data folder: who may enter them, and who holds them now.

It makes only folders of its own and never widens the permissions of one that was there before.
"""

import fcntl
import hashlib
import os
import pwd
import stat
import sys
import tempfile
from pathlib import Path
from typing import TextIO

import structlog

from gateway.database.embedded.binaries import PostgresError, Runner, can_enter

PORT = 5432
"""Part of the socket's file name only."""
MAX_SOCKET_PATH_BYTES = 103
"""What fits into `sun_path` with its closing NUL: 107 on Linux, 103 on macOS."""
_log = structlog.get_logger(__name__)


class HomeUnwritable(PostgresError):
    """The data folder cannot be written."""


class HomeInUse(PostgresError):
    """Another gateway runs on this data folder."""


def lock_home(home: Path, runner: Runner | None) -> TextIO:
    """Make the data folder if need be and hold it; closing the file lets it go. Raises HomeUnwritable or HomeInUse."""
    try:
        _make_home(home, runner)
        descriptor = os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        held = os.fdopen(descriptor, "r+", encoding="ascii")
        if os.geteuid() == 0:
            os.fchown(descriptor, home.stat().st_uid, home.stat().st_gid)
    except OSError as error:
        raise HomeUnwritable(
            f"The data folder {home} cannot be written ({error.strerror}). "
            "Make it writable for this user, or set NEXORA_HOME to another folder."
        ) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = held.read().strip() or "unknown"
        held.close()
        raise HomeInUse(
            f"Another gateway (process {holder}) runs on the data folder {home}. Stop it first, or set NEXORA_HOME "
            "to another folder; several gateways can share a PostgreSQL server through NEXORA_DB_URL."
        ) from error
    held.truncate(0)
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held


def is_held(home: Path) -> bool:
    """Whether a gateway holds the data folder right now."""
    try:
        with (home / "postgres.lock").open(encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _make_home(home: Path, runner: Runner | None) -> None:
    if home.is_dir():
        return
    home.parent.mkdir(parents=True, exist_ok=True)
    home.mkdir(mode=0o700)
    if runner:
        _admit(home, runner)


def _admit(folder: Path, runner: Runner) -> None:
    """Let the runner's group pass through a folder that we have just made, without seeing what is in it."""
    os.chown(folder, 0, runner.gid)
    folder.chmod(0o710)


def settle(home: Path, runner: Runner | None) -> tuple[Path, Runner | None]:
    """The folder that holds cluster, log and sockets, always `home/postgres`, and who runs the server.

    A cluster that exists is run by its owner. One that an earlier version put elsewhere for root is brought home.
    """
    place = home / "postgres"
    if runner and (place / "data").is_dir():
        runner = _owner(place / "data")
    if place.is_symlink():
        _bring_home(place)
    if not place.exists():
        place.mkdir(mode=0o700)
        if runner:
            _admit(place, runner)
    return place.resolve(), runner


def _bring_home(place: Path) -> None:
    """Move what the link leads to into the link's place, where both are on one file system; else it stays as it is."""
    real = place.resolve()
    if not real.exists():
        raise PostgresError(f"{place} points to {place.readlink()}, which is gone. Remove the link to begin anew.")
    coming = place.with_name("postgres.coming-home")
    try:
        real.rename(coming)
    except OSError as error:
        _log.warning("database_outside_the_data_folder", folder=str(real), reason=error.strerror)
        return
    place.unlink()
    coming.rename(place)
    _log.info("database_brought_home", before=str(real), now=str(place))


class Entrance:
    """The way by which the server's user comes into the folder, also where it may not enter the folders above.

    A descriptor that the server inherits leads into the folder itself (proc_pid_fd(5): such a link is followed without
    asking about the path to it), so that a cluster below /root need neither be opened to others nor lie elsewhere.
    """

    def __init__(self, place: Path, runner: Runner | None) -> None:
        """Raises PostgresError where the system has no such way and the user cannot enter the folder."""
        self._place = place
        self._descriptor: int | None = None
        if can_enter(place, runner):
            return
        if sys.platform != "linux" or not Path("/proc/self/fd").is_dir():
            raise PostgresError(
                f"The user {runner.name if runner else ''} that runs PostgreSQL cannot enter {place}. Move the data "
                "folder to where it can (NEXORA_HOME), or start Nexora as the folder's owner."
            )
        self._descriptor = os.open(place, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    @property
    def inherited(self) -> tuple[int, ...]:
        """Descriptors that the server's programs must inherit."""
        return () if self._descriptor is None else (self._descriptor,)

    def seen(self, path: Path) -> Path:
        """How the server's programs name something in the folder."""
        if self._descriptor is None or not path.is_relative_to(self._place):
            return path
        return Path(f"/proc/self/fd/{self._descriptor}", path.relative_to(self._place))

    def close(self) -> None:
        """Let the folder go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _owner(data: Path) -> Runner:
    facts = data.stat()
    if facts.st_uid == 0:
        raise PostgresError(f"{data} belongs to root, but PostgreSQL refuses to run as root. Give it to another user.")
    try:
        name = pwd.getpwuid(facts.st_uid).pw_name
    except KeyError:
        name = str(facts.st_uid)
    return Runner(name=name, uid=facts.st_uid, gid=facts.st_gid)


def give(folder: Path, runner: Runner | None) -> None:
    """Make a fresh folder of ours the runner's own."""
    if runner:
        os.chown(folder, runner.uid, runner.gid)


def socket_folder(place: Path, runner: Runner | None) -> Path:
    """A folder that only the server's user can enter, with a path short enough for a socket's address."""
    folder = place / "run"
    if _fits(folder):
        if not folder.exists():
            folder.mkdir(mode=0o700)
            give(folder, runner)
        return folder
    name = f"nexora-{os.geteuid()}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:12]}"
    bases = [Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")), Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108  # checked below
    short = next(base / name for base in bases if base.is_dir() and _fits(base / name) and can_enter(base, runner))
    try:
        short.mkdir(mode=0o700)
        give(short, runner)
    except FileExistsError:
        _require_private(short, runner.uid if runner else os.geteuid())
    return short


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= MAX_SOCKET_PATH_BYTES


def _require_private(folder: Path, uid: int) -> None:
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != uid or facts.st_mode & 0o077:
        raise PostgresError(f"{folder} is not a private folder of the user that runs PostgreSQL. Remove it.")
