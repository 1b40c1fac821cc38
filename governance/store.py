"""The transaction in which a change, its audit lines and its outgoing messages commit together, or not at all."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg

from channels.base import NexoraError
from channels.codec import dump
from channels.messages import Outbound
from governance.audit import Chains, Event

Clock = Callable[[], datetime]
Connection: TypeAlias = Any
"""An asyncpg connection, whose package carries no types."""
Row: TypeAlias = Mapping[Any, Any]
"""A row, read by column name or index."""


def utc_now() -> datetime:
    """The clock of production: an aware time in UTC."""
    return datetime.now(UTC)


GONE: tuple[type[BaseException], ...] = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that ended between two steps of one query
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.OperatorInterventionError,
)
"""What a database raises that is not there, is stopping, or has no connection left for us."""


class DatabaseAway(NexoraError):
    """The database cannot be reached right now."""


@cache
def load_queries(path: Path) -> Mapping[str, str]:
    """The named queries of a `.sql` file: each begins with a line `-- name: the_name`."""
    pieces = re.split(r"^-- name: *(\w+).*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], (piece.strip().rstrip(";") for piece in pieces[2::2]), strict=True))


QUERIES = Path(__file__).with_name("queries.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An event that the gateway tells itself through the inbox, in the same transaction as the change it follows."""

    event_id: str
    lane: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a commit left to do: the lanes of the outbox and of the inbox that have something new."""

    outbox: frozenset[str] = frozenset()
    inbox: frozenset[str] = frozenset()


class Transaction:
    """A database transaction that also collects audit lines, outgoing messages and notices until it commits."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.events: list[Event] = []
        self.outgoing: list[tuple[Outbound, datetime | None]] = []
        self.notices: list[Notice] = []

    def record(self, event: Event) -> None:
        """Write this audit line with the change."""
        self.events.append(event)

    def send(self, message: Outbound, *, expires_at: datetime | None = None) -> None:
        """Send this message after the commit; a message with the same key is sent once."""
        self.outgoing.append((message, expires_at))

    def publish(self, notice: Notice) -> None:
        """Put this event on the bus with the change."""
        self.notices.append(notice)

    async def execute(self, query: str, *args: Any) -> str:
        """Run a statement; returns PostgreSQL's command tag."""
        tag: str = await self.connection.execute(query, *args)
        return tag

    async def fetch(self, query: str, *args: Any) -> list[Row]:
        """All rows of a query."""
        rows: list[Row] = await self.connection.fetch(query, *args)
        return rows

    async def fetchrow(self, query: str, *args: Any) -> Row | None:
        """The first row of a query, or None."""
        row: Row | None = await self.connection.fetchrow(query, *args)
        return row

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        return await self.connection.fetchval(query, *args)


class Store:
    """The door to the database for governance and agents. `on_commit` hears what a commit left to do."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        now: Clock = utc_now,
        on_commit: Callable[[Committed], None] = lambda _: None,
        message_ttl: timedelta = timedelta(hours=24),
    ) -> None:
        self.pool = pool
        self.now = now
        self.on_commit = on_commit
        self._message_ttl = message_ttl
        self._chains = Chains()
        self._queries = load_queries(QUERIES)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit everything done and collected inside, or nothing. Raises DatabaseAway when there is no database."""
        try:
            async with self.pool.acquire() as connection:
                work = Transaction(connection)
                transaction = connection.transaction()
                await transaction.start()
                try:
                    yield work
                except BaseException:
                    await _roll_back(transaction)
                    raise
                await self._finish(work, transaction)
        except GONE as error:
            raise DatabaseAway from error
        if work.outgoing or work.notices:
            self.on_commit(
                Committed(
                    outbox=frozenset(message.address.key for message, _ in work.outgoing),
                    inbox=frozenset(notice.lane for notice in work.notices),
                )
            )

    async def record(self, *events: Event) -> None:
        """Write audit lines that accompany no change, such as a refused attempt."""
        async with self.transaction() as work:
            for event in events:
                work.record(event)

    async def fetch(self, query: str, *args: Any) -> list[Row]:
        """All rows of a query outside any transaction. Raises DatabaseAway."""
        async with self._reading() as connection:
            rows: list[Row] = await connection.fetch(query, *args)
            return rows

    async def fetchrow(self, query: str, *args: Any) -> Row | None:
        """The first row of a query outside any transaction, or None. Raises DatabaseAway."""
        async with self._reading() as connection:
            row: Row | None = await connection.fetchrow(query, *args)
            return row

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row, or None. Raises DatabaseAway."""
        row = await self.fetchrow(query, *args)
        return None if row is None else row[0]

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Connection]:
        try:
            async with self.pool.acquire() as connection:
                yield connection
        except GONE as error:
            raise DatabaseAway from error

    async def _finish(self, work: Transaction, transaction: Any) -> None:
        try:
            await self._write_messages(work)
        except BaseException:
            await _roll_back(transaction)
            raise
        if not work.events:
            await transaction.commit()
            return
        async with self._chains.borrow() as chain:
            lines = chain.link(work.events, self.now())
            try:
                await work.connection.execute(self._queries["insert_audit_events"], *_columns(lines))
            except BaseException:
                await _roll_back(transaction)
                raise
            await transaction.commit()
            chain.advance(lines)

    async def _write_messages(self, work: Transaction) -> None:
        if work.outgoing:
            default = self.now() + self._message_ttl
            await work.connection.execute(
                self._queries["insert_outbox"],
                [message.key for message, _ in work.outgoing],
                [message.address.channel for message, _ in work.outgoing],
                [message.address.key for message, _ in work.outgoing],
                [dump(message) for message, _ in work.outgoing],
                [expires_at or default for _, expires_at in work.outgoing],
            )
        if work.notices:
            await work.connection.execute(
                self._queries["insert_notices"],
                [notice.event_id for notice in work.notices],
                [notice.lane for notice in work.notices],
                [notice.body for notice in work.notices],
            )


async def _roll_back(transaction: Any) -> None:
    try:
        await transaction.rollback()
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
        return  # the connection is gone, and with it the transaction


def _columns(lines: Sequence[Any]) -> list[list[Any]]:
    names = list(type(lines[0]).__dataclass_fields__)
    return [[getattr(line, name) for line in lines] for name in names]
