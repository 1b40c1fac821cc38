"""The transaction in which a change, its audit lines and its outgoing messages commit together, or not at all."""

import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import asyncpg
import structlog

from channels.base import NexoraError
from channels.codec import dump
from channels.messages import Outbound
from governance.record.audit import Chains, Event
from governance.record.commits import Commits, Committed
from governance.record.fence import Fence, LeaseLost, current, must_hold
from governance.record.passing import READ_ONLY, is_passing, reason_of, state_of
from governance.record.urgency import Connections, connections_now, is_urgent_now, lane_apart, urgent_lane

_log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Connection: TypeAlias = Any
"""An asyncpg connection, whose package carries no types."""
Row: TypeAlias = Mapping[Any, Any]
"""A row, read by column name or index."""


def utc_now() -> datetime:
    """The clock of production: an aware time in UTC."""
    return datetime.now(UTC)


class DatabaseAway(NexoraError):
    """The database cannot be reached right now."""

    def __init__(self, reason: str = "") -> None:
        """`reason` is what the database or the system said, for logs and admins; the sentence does not show it."""
        super().__init__()
        self.reason = reason


@contextmanager
def _reaching() -> Iterator[None]:
    """Whatever fails in here was asked of the database, so that an error of the system is one of reaching it."""
    try:
        yield
    except OSError as error:
        raise DatabaseAway(reason_of(error)) from error


@cache
def load_queries(path: Path) -> Mapping[str, str]:
    """The named queries of a `.sql` file: each begins with a line `-- name: the_name`."""
    pieces = re.split(r"^-- name: *(\w+).*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], (piece.strip().rstrip(";") for piece in pieces[2::2]), strict=True))


QUERIES = Path(__file__).with_name("queries.sql")
RECENT_SECONDS = 10.0
"""The queues look at the database every two seconds, so that a failure which is older than this has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An event that the gateway tells itself through the inbox, in the same transaction as the change it follows."""

    event_id: str
    lane: str
    body: str
    channel: str = "nexora"
    """Another where it is what somebody said there, handled once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outgoing:
    """A message that waits for the commit, and the lane of the outbox in which it goes."""

    message: Outbound
    lane: str
    expires_at: datetime | None


class Transaction:
    """A database transaction that also collects audit lines, outgoing messages and notices until it commits.

    `fence` is the lease under which it writes. Whoever ends that lease within the transaction says so by `ends_lease`.
    """

    def __init__(self, connection: Connection, fence: Fence | None = None) -> None:
        self.connection = connection
        self.fence = fence
        self.ends_lease = False
        self.events: list[Event] = []
        self.outgoing: list[_Outgoing] = []
        self.notices: list[Notice] = []
        self.told: set[str] = set()

    def record(self, event: Event) -> None:
        """Write this audit line with the change."""
        self.events.append(event)

    def send(
        self,
        message: Outbound,
        *,
        expires_at: datetime | None = None,
        urgent: bool | None = None,
        apart: object = None,
    ) -> None:
        """Send this message after the commit; a message with the same key is sent once.

        What is `urgent` does not wait behind other messages of its conversation, nor keep their order. Unless told,
        it is as urgent as what is being done. What is sent `apart`, under any name, keeps order only with what has the
        same name, and so has a share of the room's pace of its own.
        """
        lane = lane_apart(message.address.key, apart) if apart else message.address.key
        if is_urgent_now() if urgent is None else urgent:
            lane = urgent_lane(lane)
        self.outgoing.append(_Outgoing(message=message, lane=lane, expires_at=expires_at))

    def supersede(self, key: str) -> None:
        """Leave out what this transaction has sent to rewrite the message of that key, for it is rewritten again."""
        self.outgoing = [each for each in self.outgoing if each.message.rewrites != key]

    def publish(self, notice: Notice) -> None:
        """Put this event on the bus with the change."""
        self.notices.append(notice)

    def announce(self, what: str) -> None:
        """Tell every gateway this word after the commit."""
        self.told.add(what)

    async def execute(self, query: str, *args: Any) -> str:
        """Run a statement; returns PostgreSQL's command tag."""
        with _reaching():
            tag: str = await self.connection.execute(query, *args)
        return tag

    async def fetch(self, query: str, *args: Any) -> list[Row]:
        """All rows of a query."""
        with _reaching():
            rows: list[Row] = await self.connection.fetch(query, *args)
        return rows

    async def fetchrow(self, query: str, *args: Any) -> Row | None:
        """The first row of a query, or None."""
        with _reaching():
            row: Row | None = await self.connection.fetchrow(query, *args)
        return row

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        with _reaching():
            return await self.connection.fetchval(query, *args)


class DatabaseTrouble:
    """The latest failure of the database. Said once in the log while it lasts, however many ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reason = ""
        self._at = float("-inf")

    def heard(self, reason: str) -> None:
        """It has failed just now."""
        if self.recent != reason:
            _log.warning("database_away", reason=reason)
        self._reason, self._at = reason, self._clock()

    @property
    def recent(self) -> str:
        """The reason, for as long as somebody is sure to have asked again if it still held."""
        return self._reason if self._clock() - self._at < RECENT_SECONDS else ""


class Store:
    """The way to the database for governance and agents. `commits` hears what a commit left to do.

    What is urgent, and the bookkeeping of queues, have connections of their `own` (`governance.record.urgency`).
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        own: Mapping[Connections, asyncpg.Pool] = MappingProxyType({}),
        now: Clock = utc_now,
        commits: Commits | None = None,
        message_ttl: timedelta = timedelta(hours=24),
    ) -> None:
        self.pool = pool
        self.now = now
        self.commits = commits or Commits()
        self._message_ttl = message_ttl
        self._own = own
        self._chains = Chains()
        self._urgent_chains = Chains(2) if own else self._chains
        self._trouble = DatabaseTrouble()
        self._queries = load_queries(QUERIES)

    @property
    def trouble(self) -> str:
        """What the database said when it last failed, while that is recent; empty when all is well."""
        return self._trouble.recent

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit everything done and collected inside, or nothing.

        Raises DatabaseAway when there is no database, and LeaseLost when the lease under which we act is not ours now.
        """
        must_hold()
        async with self._connection() as connection:
            work = Transaction(connection, current())
            transaction = connection.transaction()
            with _reaching():
                await transaction.start()
            try:
                yield work
            except BaseException:
                await _roll_back(transaction)
                raise
            with _reaching():
                await self._finish(work, transaction)
        if work.fence is not None and work.ends_lease:
            work.fence.is_lifted = True
        if work.outgoing or work.notices or work.told:
            self.commits.tell(
                Committed(
                    outbox=frozenset(each.lane for each in work.outgoing),
                    inbox=frozenset(notice.lane for notice in work.notices),
                    told=frozenset(work.told),
                )
            )

    async def record(self, *events: Event) -> None:
        """Write audit lines that accompany no change, such as a refused attempt."""
        async with self.transaction() as work:
            for event in events:
                work.record(event)

    async def fetch(self, query: str, *args: Any) -> list[Row]:
        """All rows of a query outside any transaction. Raises DatabaseAway."""
        async with self._connection() as connection:
            with _reaching():
                rows: list[Row] = await connection.fetch(query, *args)
            return rows

    async def fetchrow(self, query: str, *args: Any) -> Row | None:
        """The first row of a query outside any transaction, or None. Raises DatabaseAway."""
        async with self._connection() as connection:
            with _reaching():
                row: Row | None = await connection.fetchrow(query, *args)
            return row

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row, or None. Raises DatabaseAway."""
        row = await self.fetchrow(query, *args)
        return None if row is None else row[0]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """A connection, reserved for what is urgent. An error that passes, of any kind, leaves as DatabaseAway."""
        pool = self._own.get(connections_now(), self.pool)
        try:
            with _reaching():
                connection = await pool.acquire()
            try:
                yield connection
            finally:
                await pool.release(connection)
        except DatabaseAway as error:
            self._trouble.heard(error.reason)
            raise
        except (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError) as error:
            if not is_passing(error):
                raise
            if state_of(error) == READ_ONLY:
                await pool.expire_connections()  # this one may have become a standby: ask for the primary anew
            away = DatabaseAway(reason_of(error))
            self._trouble.heard(away.reason)
            raise away from error

    async def _finish(self, work: Transaction, transaction: Any) -> None:
        fence = None if work.ends_lease else work.fence
        try:
            await self._write_messages(work)
            if fence is not None and not work.events:
                _require(await work.fetchval(_fenced(self._queries["hold"], fence), *_lease(fence)))
        except BaseException:
            await _roll_back(transaction)
            raise
        if not work.events:
            await transaction.commit()
            return
        chains = self._urgent_chains if is_urgent_now() else self._chains
        async with chains.borrow() as chain:
            lines = chain.link(work.events, self.now())
            try:
                await self._write_lines(work, lines, fence)
            except BaseException:
                await _roll_back(transaction)
                raise
            await transaction.commit()
            chain.advance(lines)

    async def _write_lines(self, work: Transaction, lines: Sequence[Any], fence: Fence | None) -> None:
        """Write audit lines; under a lease, only while it is held, which costs no round trip of its own."""
        if fence is None:
            await work.execute(self._queries["insert_audit_events"], *_columns(lines))
        else:
            query = _fenced(self._queries["insert_audit_events_fenced"], fence)
            _require(await work.fetchval(query, *_columns(lines), *_lease(fence)))

    async def _write_messages(self, work: Transaction) -> None:
        for what in sorted(work.told):
            await work.connection.execute(self._queries["announce"], what)
        if work.outgoing:
            default = self.now() + self._message_ttl
            await work.connection.execute(
                self._queries["insert_outbox"],
                [each.message.key for each in work.outgoing],
                [each.message.address.channel for each in work.outgoing],
                [each.lane for each in work.outgoing],
                [dump(each.message) for each in work.outgoing],
                [each.expires_at or default for each in work.outgoing],
            )
        if work.notices:
            await work.connection.execute(
                self._queries["insert_notices"],
                [notice.event_id for notice in work.notices],
                [notice.lane for notice in work.notices],
                [notice.body for notice in work.notices],
                [notice.channel for notice in work.notices],
            )


@cache
def _of_queue(query: str, queue: str) -> str:
    return query.replace("{queue}", queue)


def _fenced(query: str, fence: Fence) -> str:
    return _of_queue(query, fence.queue)


def _lease(fence: Fence) -> tuple[int, str, int]:
    return fence.id, fence.owner, fence.number


def _require(held: object) -> None:
    if held is None:
        raise LeaseLost


async def _roll_back(transaction: Any) -> None:
    try:
        await transaction.rollback()
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError):
        return  # the connection is gone, and with it the transaction


def _columns(lines: Sequence[Any]) -> list[list[Any]]:
    names = list(type(lines[0]).__dataclass_fields__)
    return [[getattr(line, name) for line in lines] for name in names]
