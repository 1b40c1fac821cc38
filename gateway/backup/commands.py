"""The commands `nexora backup`, `nexora restore` and `nexora database rebuild`.

A backup is one file with the database at one moment and the data folder; it may be made while the gateway runs. A
restore takes an empty place or puts what is there aside, and begins nothing anew that may have happened since: waiting
events are put aside, messages on their way are marked as a possible repeat, everybody signs in again.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from channels.base import NexoraError
from gateway import __version__
from gateway.backup import archive
from gateway.backup.archive import Folders, Manifest
from gateway.backup.dumps import dump, fill, find_programs
from gateway.database.embedded.fresh import data_of, fresh_cluster
from gateway.database.pool import DatabaseNewer, connect, explained, migrate, revisions, version_of
from gateway.queue.inbox import set_aside
from gateway.queue.outbox import mark_repeats
from gateway.run.admin import address_of, read_settings
from gateway.settings.model import Settings
from gateway.upkeep.shared_folder import FOLDERS
from governance.audit.checkpoint_file import path_of as checkpoint_path
from governance.record.audit import Event
from governance.record.transaction import Store, load_queries
from governance.sign_in.sessions import end_all_sessions
from governance.sign_in.tokens import end_all_tokens

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
BACKUPS = "backups"
NOT_KEPT = frozenset({BACKUPS, "extras", "layers", "postgres", "postgres.lock", "scratch"})
"""What of the data folder is in no backup: other backups, extras of the sandbox, what is kept for undoing, and the
cluster, kept as a dump."""


class NotRestored(NexoraError):
    """The backup was not restored."""


def backup(chosen: argparse.Namespace) -> int:
    """Write a backup and say where it is and what is in it."""
    settings = read_settings()
    file = Path(chosen.to).absolute() if chosen.to else settings.home.resolve() / BACKUPS / f"nexora-{stamp()}.tar.gz"
    _run(make(settings, file, _say))
    return 0


def restore(chosen: argparse.Namespace) -> int:
    """Put a backup in force; a gateway must not run."""
    _run(bring_back(read_settings(), Path(chosen.file).absolute(), _say, replace=chosen.replace))
    return 0


def rebuild(_: argparse.Namespace) -> int:
    """Make the embedded database anew from its own dump, and keep the old one beside it."""
    _run(make_anew(read_settings(), _say))
    return 0


async def make(settings: Settings, file: Path, say: Callable[[str], None]) -> None:
    """Write a backup to a file that is not there yet. Raises a NexoraError with a sentence."""
    home = settings.home.resolve()
    await asyncio.to_thread(_require_new, file)
    with tempfile.TemporaryDirectory(prefix=".nexora-backup-", dir=file.parent) as folder:
        work = Path(folder)
        # The file of checkpoints first: one newer than the database would look like a database put back.
        await asyncio.to_thread(_copy_first, home, work / "first")
        async with address_of(settings) as dsn:
            manifest = await _manifest(dsn)
            say("Reading the database …")
            await dump(find_programs(manifest.server), dsn, work / archive.DUMP)
        say(f"Reading the data folder {home} …")
        folders = Folders(home=home, first=work / "first", skip=NOT_KEPT, elsewhere=_shared_elsewhere(settings))
        written = await asyncio.to_thread(archive.write, file, manifest, work / archive.DUMP, folders)
    for name, reason in sorted(written.left_out.items()):
        say(f"Left out: {name} ({reason})")
    megabytes = await asyncio.to_thread(_megabytes, file)
    say(f"Written: {file} ({megabytes:,.1f} MB, the database and {len(written.digests) - 2:,} files).")
    if settings.keys.given:
        say(
            "The master key is NOT in it, for it comes from your settings (keys.master). Keep it too, in another place:"
        )
        say("without it nobody opens the keys in this backup.")
    else:
        say("It holds the keys and what opens them: keep it where only you can read it, and on another machine.")


async def bring_back(settings: Settings, file: Path, say: Callable[[str], None], *, replace: bool) -> None:
    """Put a backup in force. Raises a NexoraError with a sentence, and then everything is as it was before."""
    say("Reading the backup to its end …")
    manifest = await asyncio.to_thread(archive.verify, file)
    if manifest.revision not in revisions():
        raise DatabaseNewer(f"{file} was made by Nexora {manifest.nexora}, which is newer. Nothing was restored.")
    home, mark = settings.home.resolve(), stamp()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".nexora-restore-", dir=home) as folder:
        laid = Path(folder) / "home"
        laid.mkdir()
        await asyncio.to_thread(archive.extract, file, Path(folder) / archive.DUMP, laid)
        _require_room(home, laid, replace=replace)
        async with _empty(settings, home, mark, replace=replace) as (dsn, before):
            say("Filling the database …")
            await fill(find_programs(await _server(dsn)), dsn, Path(folder) / archive.DUMP)
            await migrate(dsn)
            aside = await asyncio.to_thread(_swap, home, laid, home / BACKUPS / f"before-restore-{mark}")
            try:
                await _settle(dsn, file, manifest, say)
            except BaseException:
                await asyncio.to_thread(_swap_back, home, laid, aside)
                raise
    say(f"Restored: the backup of {manifest.made_at}. Whatever was revoked or decided since then holds no longer.")
    for name, place in _shared_elsewhere(settings).items():
        if (home / name).exists():
            say(f"{home / name} was restored; move it to {place}, where shared_folder of your settings looks for it.")
    for kept in (before, aside):
        if kept is not None and kept.exists():
            say(f"What was here before is kept in {kept}; remove it when you no longer need it.")


async def make_anew(settings: Settings, say: Callable[[str], None]) -> None:
    """Fill a new embedded cluster from a dump of the old one, which stays beside it and comes back on failure."""
    if settings.dsn is not None:
        raise NexoraError("This is for the embedded database; NEXORA_DB_URL names a server of yours.")
    home = settings.home.resolve()
    if not data_of(home).exists():
        raise NexoraError(f"There is no embedded database in {home} yet; a new one is made as it should be.")
    backup_file = home / BACKUPS / f"nexora-{stamp()}.tar.gz"
    await make(settings, backup_file, say)
    with tempfile.TemporaryDirectory(prefix=".nexora-rebuild-", dir=home) as folder:
        dumped = Path(folder) / archive.DUMP
        await asyncio.to_thread(archive.extract, backup_file, dumped, Path(folder))
        async with address_of(settings) as dsn:
            rows = await _counts(dsn)
        async with fresh_cluster(home, stamp(), replace=True) as fresh:
            say("Filling the new database …")
            await fill(find_programs(await _server(fresh.dsn)), fresh.dsn, dumped)
            if await _counts(fresh.dsn) != rows:
                raise NotRestored("The new database does not hold what the old one holds, so the old one stays.")
    say(f"The database was made anew with its {sum(rows.values()):,} rows. The old one is kept in {fresh.before}.")


def stamp() -> str:
    """This moment in a file's name, in UTC."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S")


@asynccontextmanager
async def _empty(settings: Settings, home: Path, mark: str, *, replace: bool) -> AsyncIterator[tuple[str, Path | None]]:
    """An empty database: a new embedded cluster, or the server's, which must be empty already."""
    if settings.dsn is None:
        async with fresh_cluster(home, mark, replace=replace) as fresh:
            yield fresh.dsn, fresh.before
        return
    with explained(settings.dsn):
        connection = await asyncpg.connect(settings.dsn, timeout=10)
        is_empty = await connection.fetchval(QUERIES["is_empty"])
        await connection.close()
    if not is_empty:
        raise NotRestored("The database is not empty, and nothing was changed. Name a new, empty one in NEXORA_DB_URL.")
    yield settings.dsn, None


async def _settle(dsn: str, file: Path, manifest: Manifest, say: Callable[[str], None]) -> None:
    """Let nothing happen twice that may have happened after the backup, and record where this database comes from."""
    pool = await connect(dsn, most=2)
    try:
        async with Store(pool).transaction() as work:
            await end_all_sessions(work)
            await end_all_tokens(work)
            events, messages = await set_aside(work), await mark_repeats(work)
            detail = {"file": file.name, "made_at": manifest.made_at, "events": events, "messages": messages}
            work.record(Event(tag="gateway:backup:restored", resource=file.name, detail=detail))
    finally:
        await pool.close()
    if events:
        say(f"{events} events that waited then are put aside, for they may have been answered since: /dead lists them.")
    if messages:
        say(f"{messages} messages that were on their way then will be sent, marked as a possible repeat.")


def _shared_elsewhere(settings: Settings) -> dict[str, Path]:
    """The folders that gateways share, where they do not lie in the data folder."""
    shared = (settings.shared_folder or settings.home).resolve()
    return {} if shared.is_relative_to(settings.home.resolve()) else {name: shared / name for name in FOLDERS}


def _require_new(file: Path) -> None:
    if file.exists():
        raise NexoraError(f"{file} is there already, and nothing was written. Name another file.")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def _megabytes(file: Path) -> float:
    return file.stat().st_size / 1e6


def _copy_first(home: Path, into: Path) -> None:
    source = checkpoint_path(home)
    if source.is_file():
        target = into / source.relative_to(home)
        target.parent.mkdir(parents=True)
        shutil.copyfile(source, target)


def _require_room(home: Path, laid: Path, *, replace: bool) -> None:
    there = [each.name for each in laid.iterdir() if (home / each.name).exists()]
    if there and not replace:
        raise NotRestored(
            f"The data folder {home} is in use ({', '.join(sorted(there)[:5])}), and nothing was changed. "
            "Add --replace to put that aside, or set NEXORA_HOME to another folder."
        )


def _swap(home: Path, laid: Path, aside: Path) -> Path | None:
    """Put the restored folders in force; where what they replace is kept, None when there was nothing."""
    aside.mkdir(mode=0o700, parents=True)
    for each in sorted(laid.iterdir()):
        if (home / each.name).exists():
            (home / each.name).rename(aside / each.name)
        each.rename(home / each.name)
    if any(aside.iterdir()):
        return aside
    aside.rmdir()
    return None


def _swap_back(home: Path, laid: Path, aside: Path | None) -> None:
    for each in sorted(aside.iterdir()) if aside is not None else ():
        (home / each.name).rename(laid / each.name)
        each.rename(home / each.name)


async def _manifest(dsn: str) -> Manifest:
    with explained(dsn):
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            revision, server = await version_of(connection), connection.get_server_version().major
        finally:
            await connection.close()
    if revision is None:
        raise NexoraError("The database is empty: there is nothing to keep yet.")
    return Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"), nexora=__version__, revision=revision, server=server
    )


async def _server(dsn: str) -> int:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        major: int = connection.get_server_version().major
        return major
    finally:
        await connection.close()


async def _counts(dsn: str) -> dict[str, int]:
    """How many rows each lasting table has."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        tables = await connection.fetch(
            "select relname from pg_class where relkind in ('r', 'p') and relpersistence = 'p' "
            "and relnamespace = 'public'::regnamespace and not relispartition order by relname"
        )
        return {
            table["relname"]: await connection.fetchval(f'select count(*) from "{table["relname"]}"')  # noqa: S608  # names from the catalogue
            for table in tables
        }
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except OSError as error:
        raise NexoraError(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ") + ".") from error


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
