"""The pool of connections, and the schema brought up to date at start. It holds no query but those about versions.

alembic costs a second to import, so it is imported only when the database is behind.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg
import structlog

from channels.base import NexoraError
from governance.record.passing import is_passing, state_of
from governance.record.urgency import Connections

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"
OLDEST_MAJOR = 15
BY_INDEX = (
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;"
    " set plan_cache_mode = force_generic_plan"  # there is but one good plan, so making it anew each time is lost
)
RESERVED = {Connections.URGENT: 3, Connections.QUEUES: 1}
"""Connections for presses, control and leases alone, and the one for the bookkeeping of all other lanes."""
MIGRATION_LOCK = 0x6E65786F7261
"""The advisory lock under which the schema changes, so that replicas starting together migrate once: "nexora"."""
SETTINGS_WRONG = frozenset({"28", "3D", "42"})
"""Classes of what a server says of an address that names nobody, or nothing, that it knows."""
CLOSE_SECONDS = 5
IDLE_IN_TRANSACTION_SECONDS = 5
"""How long a transaction may stand still before the server ends it; half of how long a lease lasts."""
LIBPQ_ONLY = {"channel_binding", "connect_timeout", "gssencmode", "keepalives", "keepalives_idle", "tcp_user_timeout"}
"""Words of libpq's addresses that asyncpg would hand to the server, which refuses them."""

log = structlog.get_logger(__name__)


class DatabaseUrlWrong(NexoraError):
    """The database's address is not a PostgreSQL URL."""


class DatabaseUnreachable(NexoraError):
    """The database cannot be reached."""


class DatabaseNotReady(DatabaseUnreachable):
    """The database does not answer yet."""


class DatabaseTooOld(NexoraError):
    """The PostgreSQL server is older than Nexora supports."""


class DatabaseNewer(NexoraError):
    """The database was made by a newer Nexora."""


class MigrationFailed(NexoraError):
    """The schema could not be changed."""


def dsn_from(url: str) -> str:
    """The address as asyncpg reads it, from one as SQLAlchemy or libpq write it. Raises DatabaseUrlWrong.

    Takes `postgres://`, `postgresql://` and `postgresql+DRIVER://`. The sentence of the error never shows the URL,
    which holds a password.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise DatabaseUrlWrong(f"The database's address cannot be read: {error}.") from error
    if parts.scheme.partition("+")[0] not in {"postgres", "postgresql"}:
        told = f"begins with '{parts.scheme}:'" if parts.scheme else "has no scheme"
        raise DatabaseUrlWrong(
            f"The database's address {told}; it must look like postgresql://user:password@host/name."
        )
    words = [(key, value) for key, value in parse_qsl(parts.query) if key not in LIBPQ_ONLY]
    query = urlencode(words, quote_via=quote, safe="/")
    netloc, path = parts.netloc, parts.path or "/"
    return (
        urlunsplit(("postgresql", netloc, path, query, "")) if netloc else f"postgresql://{path}{query and '?' + query}"
    )


def shown(dsn: str) -> str:
    """The address without its password, for people and logs."""
    parts = urlsplit(dsn)
    who, at, where = parts.netloc.rpartition("@")
    socket = dict(parse_qsl(parts.query)).get("host", "")
    return f"{who.partition(':')[0]}{at}{where or socket}{parts.path}"


async def connect(dsn: str, *, most: int = 8, queues: bool = False) -> asyncpg.Pool:
    """A pool of up to `most` connections. Raises DatabaseUnreachable or DatabaseTooOld.

    A connection goes back without asyncpg's reset, which costs a round trip each time, so nobody may leave session
    state behind (SET, LISTEN, session-level advisory locks): an open transaction is the only thing that is undone.
    What every session of ours wants is set once, when it is opened. Those for `queues` find rows by indexes alone: a
    plan that was made while a queue was empty is kept when it has grown to 200,000 rows.
    """

    async def prepare(connection: Any) -> None:
        await _give_up_what_a_frozen_gateway_holds(connection)
        if queues:
            await connection.execute(BY_INDEX)

    with explained(dsn):
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=most,
            init=prepare,
            reset=_nothing_to_reset,
            statement_cache_size=256,
            command_timeout=30,
            timeout=10,
            server_settings={"application_name": "nexora"},
        )
        try:
            async with pool.acquire() as connection:
                _require_supported(connection)
        except BaseException:
            await pool.close()
            raise
    return pool


async def close(pool: asyncpg.Pool, seconds: float) -> None:
    """Close the pool; connections that are still in use after so long are broken off."""
    try:
        async with asyncio.timeout(seconds):
            await pool.close()
    except TimeoutError:
        pool.terminate()


async def _give_up_what_a_frozen_gateway_holds(connection: Any) -> None:
    """Let the server end a transaction that stands still, whose locks would keep others from taking the work over.

    It is set here, not asked for at the connection's start, because a pooler between us refuses what it does not know.
    """
    await connection.execute(f"set idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_SECONDS}s'")


async def _nothing_to_reset(_: Any) -> None:
    """Leave the session as it is: asyncpg has rolled back an open transaction before it calls this."""


def _require_supported(connection: Any) -> None:
    major = connection.get_server_version().major
    if major < OLDEST_MAJOR:
        raise DatabaseTooOld(f"The server is PostgreSQL {major}; Nexora needs {OLDEST_MAJOR} or newer.")


@contextmanager
def explained(dsn: str) -> Iterator[None]:
    """Say what keeps us from this database in a sentence: DatabaseUnreachable or a kind of it, or DatabaseUrlWrong."""
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        kind = DatabaseNotReady if _may_come(error) else DatabaseUnreachable
        raise kind(f"The database {shown(dsn)} cannot be reached: {str(error) or type(error).__name__}.") from error
    except ValueError as error:  # asyncpg checks an address's words itself
        raise DatabaseUrlWrong(f"The database's address cannot be used: {error}.") from error


def _may_come(error: BaseException) -> bool:
    """Whether waiting may help: what is said of a password, a name or a right stays true until somebody mends it."""
    return is_passing(error) and state_of(error)[:2] not in SETTINGS_WRONG


def revisions() -> list[str]:
    """Every revision the code knows, oldest first, from the files' names: `0001_spine.py` is revision 0001."""
    names = (path.name for path in VERSIONS.glob("[0-9]*.py"))
    return sorted(name.partition("_")[0] for name in names)


async def version_of(connection: Any) -> str | None:
    """The revision the database is at, or None when it is empty."""
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        return None
    version: str | None = await connection.fetchval("select version_num from alembic_version")
    return version


async def migrate(dsn: str) -> list[str]:
    """Bring the schema up to date; returns the revisions applied, oldest first.

    Replicas that start together wait for one another. Raises DatabaseNewer, DatabaseTooOld, DatabaseUnreachable or
    MigrationFailed, and then has changed nothing.
    """
    with explained(dsn):
        connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "nexora migrate"})
        try:
            _require_supported(connection)
            if not _behind(await version_of(connection)):
                return []
            await connection.execute("select pg_advisory_lock($1)", MIGRATION_LOCK)
            behind = _behind(await version_of(connection))
            if behind:
                from migrations import runner  # noqa: PLC0415  # alembic takes a second to import

                await runner.upgrade(dsn)
                log.info("database_migrated", revisions=behind)
            return behind
        finally:
            await connection.close(timeout=CLOSE_SECONDS)


def _behind(version: str | None) -> list[str]:
    known = revisions()
    if version is None:
        return known
    if version not in known:
        raise DatabaseNewer(
            f"The database is at revision {version}, which this Nexora does not know (its newest is {known[-1]}). "
            "It was made by a newer version: start that one, or restore a backup. Nothing was changed."
        )
    return known[known.index(version) + 1 :]


def new_revision(title: str) -> Path:
    """An empty migration after the newest one, for a developer to fill in; returns its file."""
    from migrations import runner  # noqa: PLC0415  # as above

    return runner.new_revision(title, f"{int(revisions()[-1]) + 1:04}")
