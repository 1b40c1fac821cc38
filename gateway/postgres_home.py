"""The folders of the embedded PostgreSQL inside the data folder: who may enter them, and who holds them now.

It makes only folders of its own and never widens the permissions of one that was there before.
"""

import fcntl
import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path
from typing import TextIO

from gateway.postgres_binaries import PostgresError, Runner, can_enter

PORT = 5432
"""Part of the socket's file name only."""
MAX_SOCKET_PATH_BYTES = 103
"""What fits into `sun_path` with its closing NUL: 107 on Linux, 103 on macOS."""
STATE_OF_ROOT = Path("/var/lib/nexora")


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
    """The folder that holds cluster, log and sockets, and who runs the server.

    Normally `home/postgres`. When we are root and the runner cannot enter `home` (it lies under /root, say), a folder
    below /var/lib/nexora, to which `home/postgres` is then a link. A cluster that exists is run by its owner.
    """
    place = home / "postgres"
    if runner and (place / "data").is_dir():
        runner = _owner(place / "data")
    if place.is_symlink() and not place.exists():
        raise PostgresError(f"{place} points to {place.readlink()}, which is gone. Remove the link to begin anew.")
    if not place.exists():
        _make_place(place, runner)
    real = place.resolve()
    if not can_enter(real, runner):
        name = runner.name if runner else ""
        raise PostgresError(
            f"The user {name} that runs PostgreSQL cannot enter {real}. Move the data folder to where "
            "it can (NEXORA_HOME), or start Nexora as the folder's owner."
        )
    return real, runner


def _make_place(place: Path, runner: Runner | None) -> None:
    if runner is None:
        place.mkdir(mode=0o700)
    elif can_enter(place.parent.resolve(), runner):
        place.mkdir(mode=0o700)
        _admit(place, runner)
    else:
        STATE_OF_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
        elsewhere = Path(tempfile.mkdtemp(prefix="postgres-", dir=STATE_OF_ROOT))
        _admit(elsewhere, runner)
        place.symlink_to(elsewhere)


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
