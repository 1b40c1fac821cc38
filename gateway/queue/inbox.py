"""The durable inbox and the live streams, both in PostgreSQL. It carries events and knows nothing of what they mean.

Publishing commits in groups: whatever arrives while a commit is in flight goes into the next one, without a timer. The
first event of an idle lane is inserted as already running and is worked on here at once. Streams are rows of an
unlogged table, written every 40 ms with one NOTIFY, so that any replica can serve any of them from any point.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from channels.base import NotStored
from channels.codec import load
from channels.messages import Inbound
from gateway.queue.jobs import Handle, Job, OnDead
from gateway.queue.lanes import Lanes
from gateway.queue.neighbours import READY_CHANNEL
from gateway.queue.reach import ReachBounds
from governance.record.commits import Committed
from governance.record.fence import Fence, current
from governance.record.transaction import DatabaseAway, Transaction, load_queries
from governance.record.urgency import Connections, is_urgent, through

_log = structlog.get_logger(__name__)

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
FLUSH_SECONDS = 0.04
FORGET_STREAM_SECONDS = 600
LARGEST_BATCH = 500
MOST_CONVERSATIONS = 200
STREAM_CHANNEL = "nexora_stream"


class Published(StrEnum):
    """What became of an event. Alphabetical."""

    FULL = "full"
    REPEATED = "repeated"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One event that waits for its commit."""

    lane: str
    channel: str
    event_id: str
    body: str
    done: asyncio.Future[Published]


class Bus:
    """The inbox with its lanes, and the streams. `listen_dsn` opens the one connection that hears NOTIFY."""

    def __init__(self, lanes: Lanes, *, lane_cap: int, listen_dsn: str) -> None:
        self.lanes = lanes
        self._store = lanes.store
        self._lane_cap = lane_cap
        self._listen_dsn = listen_dsn
        self._entries: list[_Entry] = []
        self._urgent_entries: list[_Entry] = []
        self._publishing: asyncio.Task[None] | None = None
        self._items: list[tuple[str, str, Fence | None]] = []
        self._emitting: asyncio.Task[None] | None = None
        self._followers: dict[str, set[asyncio.Event]] = {}

    async def publish(self, lane: str, channel: str, event_id: str, body: str) -> Published:
        """Persist an event; returns once it is committed. Raises NotStored when it could not be."""
        done: asyncio.Future[Published] = asyncio.get_running_loop().create_future()
        entries = self._urgent_entries if is_urgent(lane) else self._entries
        entries.append(_Entry(lane=lane, channel=channel, event_id=event_id, body=body, done=done))
        if self._publishing is None:
            self._publishing = asyncio.create_task(self._publish_all(), name="publish")
        return await done

    async def _publish_all(self) -> None:
        try:
            while self._urgent_entries or self._entries:
                with through(Connections.URGENT if self._urgent_entries else Connections.QUEUES):
                    await self._publish_batch(self._next_batch())
        finally:
            self._publishing = None

    def _next_batch(self) -> list[_Entry]:
        batch = self._urgent_entries[:LARGEST_BATCH]
        del self._urgent_entries[: len(batch)]
        others = self._entries[: LARGEST_BATCH - len(batch)]
        del self._entries[: len(others)]
        return batch + others

    async def _publish_batch(self, batch: Sequence[_Entry]) -> None:
        since = self.lanes.clock()
        try:
            with self.lanes.places([entry.lane for entry in batch]) as may_begin:
                rows = await self._written(batch, may_begin)
                self._hand_out(rows, since)
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait to acknowledge must hear of it
            await self._refuse(batch, error)
            return
        states = {(row["channel"], row["key"]): row["error"] for row in rows}
        for entry in batch:
            trouble = states.pop((entry.channel, entry.event_id), None)
            outcome = Published.REPEATED if trouble is None else Published.FULL if trouble else Published.TAKEN
            if not entry.done.done():
                entry.done.set_result(outcome)
        if full := {row["lane"] for row in rows if row["error"]}:
            await self._coalesce(full)

    async def _coalesce(self, lanes: Collection[str]) -> None:
        """Keep one dead letter for a burst, with their number: a flood must not fill what admins look through."""
        try:
            await self._store.fetch(QUERIES["coalesce_full"], list(lanes))
        except DatabaseAway as error:
            _log.warning("dead_letters_not_coalesced", reason=error.reason)

    async def _written(self, batch: Sequence[_Entry], may_begin: Sequence[bool]) -> list[Any]:
        try:
            return await self._insert(batch, may_begin)
        except asyncpg.UniqueViolationError:  # another replica runs one of these lanes since a moment ago
            return await self._insert(batch, [False] * len(batch))

    async def _insert(self, batch: Sequence[_Entry], may_begin: Sequence[bool]) -> list[Any]:
        return await self._store.fetch(
            QUERIES["publish"],
            [entry.channel for entry in batch],
            [entry.event_id for entry in batch],
            [entry.lane for entry in batch],
            [entry.body for entry in batch],
            self.lanes.owner,
            self.lanes.patience.lease,
            self._lane_cap,
            may_begin,
        )

    async def _refuse(self, batch: Sequence[_Entry], error: Exception) -> None:
        """One event that the database refuses must not cost its neighbours theirs: try each alone."""
        if len(batch) > 1 and not isinstance(error, DatabaseAway):
            for entry in batch:
                await self._publish_batch([entry])
            return
        _log.warning("publish_failed", events=len(batch), reason=str(error), error=type(error).__name__)
        for entry in batch:
            if not entry.done.done():
                entry.done.set_exception(NotStored(str(error)))

    def _hand_out(self, rows: Sequence[Any], since: float) -> None:
        for row in rows:
            if row["state"] == "running":
                self.lanes.start(row, since)
            elif row["state"] == "ready":
                self.lanes.wake([row["lane"]])

    def hear(self, committed: Committed) -> None:
        """A transaction left events to handle."""
        if committed.inbox:
            self.lanes.wake(committed.inbox)

    async def work(self, handle: Handle, on_dead: OnDead, bounds: ReachBounds | None = None) -> None:
        """Work on the inbox until cancelled, within what is ours of it."""
        await self.lanes.run(handle, on_dead, bounds)

    async def finish_within(self, work: Any, job: Job) -> None:
        """Finish an event in the transaction of what it caused. Raises LeaseLost."""
        await self.lanes.finish_within(work, job)
        if job.companions:
            await work.execute(QUERIES["finish_companions"], list(job.companions))

    async def emit(self, topic: str, items: Sequence[str]) -> None:
        """Add items to a stream; written within 40 ms."""
        fence = current()
        self._items.extend((topic, item, fence) for item in items)
        if self._emitting is None:
            self._emitting = asyncio.create_task(self._emit_soon(), name="emit")

    async def flush(self) -> None:
        """Wait until everything emitted so far is written."""
        while self._emitting is not None:
            await asyncio.wait([self._emitting])

    async def _emit_soon(self) -> None:
        try:
            while self._items:
                await asyncio.sleep(FLUSH_SECONDS)
                given, self._items = self._items, []
                # Words of an answer that another gateway has finished by now would stand behind its last ones.
                items = [(topic, item) for topic, item, fence in given if fence is None or not fence.is_past]
                await self._store.fetch(QUERIES["emit"], [topic for topic, _ in items], [item for _, item in items])
                self._tell({topic for topic, _ in items})
        except (DatabaseAway, asyncpg.PostgresError) as error:
            # What is shown live is also kept for good elsewhere, so a gap here costs a reload at most.
            _log.warning("emit_failed", reason=str(error))
        finally:
            self._emitting = None

    async def newest(self, channel: str) -> list[Inbound]:
        """The newest message of each conversation of a channel that is still kept, newest first, at most 200."""
        rows = await self._store.fetch(QUERIES["newest"], channel, MOST_CONVERSATIONS)
        return [load(Inbound, row["body"]) for row in rows]

    async def last(self, topic: str) -> int:
        """The number of the newest item of a stream, 0 when it is empty."""
        number: int = await self._store.fetchval(QUERIES["last"], topic)
        return number

    async def subscribe(self, topic: str, after: int = 0) -> AsyncGenerator[tuple[int, str], None]:
        """The items of a stream numbered above `after`, then those to come. Ends only when closed."""
        changed = asyncio.Event()
        self._followers.setdefault(topic, set()).add(changed)
        try:
            while True:
                changed.clear()
                rows = await self._store.fetch(QUERIES["replay"], topic, after)
                for row in rows:
                    after = row["seq"]
                    yield after, row["body"]
                if not rows:
                    await changed.wait()
        finally:
            self._followers[topic].discard(changed)
            if not self._followers[topic]:
                del self._followers[topic]

    def _tell(self, topics: set[str]) -> None:
        for topic in topics:
            for follower in self._followers.get(topic, ()):
                follower.set()

    async def listen(self, told: Callable[[str], None] = lambda _: None) -> None:
        """Until cancelled, hear what other replicas emit and publish; a lost connection is opened again.

        `told` hears what they say about work, seats that they leave and capabilities, and an empty word whenever it may
        have missed some.
        """
        while True:
            gone = asyncio.Event()
            try:
                await self._listen_once(gone, told)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                _log.warning("listener_lost", reason=str(error) or type(error).__name__)
            await asyncio.sleep(0.5)
            self._tell(set(self._followers))

    async def _listen_once(self, gone: asyncio.Event, told: Callable[[str], None]) -> None:
        def ready(*given: Any) -> None:
            self.lanes.wake()
            told(given[3])

        connection = await asyncpg.connect(self._listen_dsn, server_settings={"application_name": "nexora listen"})
        try:
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(STREAM_CHANNEL, lambda *given: self._tell(set(given[3].split("\n"))))
            await connection.add_listener(READY_CHANNEL, ready)
            told("")  # whatever was said while nobody listened
            while not gone.is_set():
                await connection.execute(QUERIES["forget_stream"])
                with suppress(TimeoutError):
                    async with asyncio.timeout(FORGET_STREAM_SECONDS):
                        await gone.wait()
        finally:
            connection.terminate()


async def set_aside(work: Transaction) -> int:
    """Put aside what a backup brought back, since it may have been answered after it; how many events."""
    count: int = await work.fetchval(QUERIES["set_aside"])
    return count
