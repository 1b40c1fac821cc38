"""Rows of work in lanes: strict order inside a lane, many lanes at once, leases, retries and dead letters.

Inbox and outbox are both such tables. The head of a lane is claimed by an update that the database itself keeps
single (a unique index allows one running row a lane). Each claim counts the row's lease up, and whatever is done under
it is refused once that number is not the newest (`record/fence`), so a worker that lost its lease cannot do what
another has taken over. What was running when its owner died comes back marked `interrupted`. Pauses are counted by the
event loop; the database's clock only takes over what a gateway that died was waiting for. This file knows nothing of
what the rows mean.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import structlog

from gateway.queue.claims import Claims, Heads
from gateway.queue.housekeeping import FARTHEST, Housekeeping
from gateway.queue.jobs import GiveUp, Handle, Job, OnDead, Patience, TryLater, job_of
from gateway.queue.keeping import Keeper
from gateway.queue.leases import Holds
from gateway.queue.reach import ReachBounds
from governance.record.fence import Fence, LeaseLost, Seconds, act_under, seconds_with_sleep
from governance.record.transaction import DatabaseAway, Row, Store, Transaction, load_queries
from governance.record.urgency import Connections, is_urgent, urgently

_log = structlog.get_logger(__name__)

QUERIES = Path(__file__).with_suffix(".sql")
RELEASE_SECONDS = 1.0
"""How long a stop tries to put back what runs; without a database the leases do that."""


class Lanes:
    """The work on one table. `handle` does a job, or raises TryLater, GiveUp or anything else (a failed try)."""

    def __init__(
        self,
        store: Store,
        table: str,
        key: str,
        owner: str,
        patience: Patience,
        *,
        keeper: Keeper | None = None,
        clock: Seconds = seconds_with_sleep,
    ) -> None:
        """`clock` counts the seconds of leases, those asleep too."""
        self.store = store
        self._keeper = keeper or Keeper()
        self.owner = owner
        self.patience = patience
        self._bounds = ReachBounds()
        self._queries = {
            name: query.replace("{table}", table).replace("{key}", key) for name, query in load_queries(QUERIES).items()
        }
        self._table = table
        self.clock = clock
        self._holds = Holds(store, self._queries, patience.lease, clock)
        self._busy: Counter[str] = Counter()
        self._behind: set[str] = set()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._next: dict[int, Job] = {}
        self._house = Housekeeping(store, self._queries, patience.lease, running=self._running.keys(), wake=self.wake)
        self._handle: Handle | None = None
        self._on_dead: OnDead | None = None
        self._stopping = False
        self._talk = self._claims("not starts_with(lane, '!')", patience.at_once, Connections.QUEUES)
        self._urgent = self._claims("starts_with(lane, '!')", patience.urgent_at_once, Connections.URGENT)

    def _claims(self, which: str, at_once: int, connections: Connections) -> Claims:
        ready = self._queries["claim_ready"].replace("{which}", which)

        async def claim_anywhere(room: int, rested: Sequence[int]) -> list[Row]:
            return await self._fetch(claims, ready, room, rested)

        async def claim_lanes(lanes: Sequence[str]) -> list[Row]:
            rows = await self._fetch(claims, self._queries["claim_lanes"], lanes)
            if len(rows) < len(lanes):
                self._bounds.on_left()
            return rows

        heads = Heads(anywhere=claim_anywhere, of_lanes=claim_lanes, connections=connections)
        claims = Claims(self._table, at_once, heads, self._claimed, self.clock)
        return claims

    def _claims_of(self, lane: str) -> Claims:
        return self._urgent if is_urgent(lane) else self._talk

    @property
    def has_room(self) -> bool:
        """Whether another conversation can be worked on right now."""
        return self._is_open and not self._talk.is_full

    @property
    def _is_open(self) -> bool:
        return self._handle is not None and not self._stopping

    @contextmanager
    def places(self, lanes: Sequence[str]) -> Iterator[list[bool]]:
        """Keep a place for the first row of each of these lanes, as far as there is room: which rows may be begun."""
        seen: set[str] = set()
        wanted = Counter[Claims]()
        given = []
        for lane in lanes:
            claims = self._claims_of(lane)
            may = self._is_open and lane not in seen and not self._busy[lane] and claims.room > wanted[claims]
            wanted[claims] += may
            seen.add(lane)
            given.append(may)
        with self._talk.keep(wanted[self._talk]), self._urgent.keep(wanted[self._urgent]):
            yield given

    def query(self, name: str) -> str:
        """A named query with the table filled in."""
        return self._queries[name]

    def wake(self, lanes: Iterable[str] = ()) -> None:
        """Something is ready: in these lanes, or anywhere when none is named."""
        named = set(lanes)
        busy = {lane for lane in named if self._busy[lane]}
        self._behind |= busy
        urgent = {lane for lane in named - busy if is_urgent(lane)}
        if urgent:
            self._urgent.wake(urgent)
        if talk := named - busy - urgent:
            self._talk.wake(talk)
            if self._talk.is_full:
                self._bounds.on_left()
        if not named:
            self._urgent.wake_everywhere()
            self._talk.wake_everywhere()

    async def finish_within(self, work: Transaction, job: Job) -> None:
        """Finish the job in the transaction of what it did. Raises LeaseLost when it is no longer ours."""
        if await work.fetchval(self._queries["finish"], job.id, self.owner, job.fence.number) is None:
            raise LeaseLost
        work.ends_lease = True

    async def run(self, handle: Handle, on_dead: OnDead, bounds: ReachBounds | None = None) -> None:
        """Work until cancelled; then what runs is cancelled and put back.

        `bounds` says which rows are ours to claim, where others work on the table too.
        """
        self._bounds = bounds or ReachBounds()
        self._handle, self._on_dead, self._stopping = handle, on_dead, False
        try:
            async with asyncio.TaskGroup() as group:
                parts = (
                    ("claim urgent", self._urgent.run),
                    ("claim", self._talk.run),
                    ("keep house", self._keep_house),
                    ("renew", self._renew),
                )
                for name, part in parts:
                    told = f"{name} {self._table}"
                    group.create_task(self._keeper.keep(told, part), name=told)
        finally:
            await self._stop()

    def start(self, row: Row, since: float) -> None:
        """Work on a row that is already claimed for us, by a statement that was sent at `since` of `clock`.

        Where it still runs here, others took it for lost and put it back. If nobody else had it meanwhile it goes on
        under the new lease; otherwise what runs is out of date: it is cancelled, and the row begun anew after it.
        """
        fence = Fence(
            queue=self._table,
            id=row["id"],
            owner=self.owner,
            number=row["lease"],
            good_until=since + self._holds.good_seconds,
            clock=self.clock,
        )
        if row["id"] not in self._running:
            self._begin(job_of(row, fence))
        elif self._running[row["id"]].done() or not self._holds.go_on(fence):
            self._next[row["id"]] = job_of(row, fence)
            self._running[row["id"]].cancel()

    def _begin(self, job: Job) -> None:
        self._holds.add(job.fence)
        self._claims_of(job.lane).began()
        with urgently(urgent=is_urgent(job.lane)):
            task = asyncio.create_task(self._work(job), name=f"{self._table} {job.lane}")
        self._running[job.id] = task
        self._busy[job.lane] += 1
        task.add_done_callback(lambda _: self._ended(job))

    def _lose(self, job_id: int) -> None:
        """A lease was not renewed in time: what runs under it ends, before it can do what another may be doing."""
        self._running[job_id].cancel()

    def _ended(self, job: Job) -> None:
        self._running.pop(job.id, None)
        self._holds.drop(job.id)
        self._busy[job.lane] -= 1
        if not self._busy[job.lane]:
            del self._busy[job.lane]
        if (again := self._next.pop(job.id, None)) is not None and not self._stopping:
            self._begin(again)
        if job.lane in self._behind:
            self._behind.discard(job.lane)
            self.wake([job.lane])
        self._claims_of(job.lane).ended()

    def _claimed(self, row: Row, since: float) -> None:
        if row["more"]:
            self._behind.add(row["lane"])
        self.start(row, since)

    async def _fetch(self, claims: Claims, query: str, *args: object) -> list[Row]:
        import asyncpg  # noqa: PLC0415  # only its error class, and the store hides the rest of it

        try:
            return await self.store.fetch(query, self.owner, self.patience.lease, *args, *self._bounds.values())
        except asyncpg.UniqueViolationError:
            claims.wake_everywhere()  # another replica was quicker with a lane; look again
            return []

    async def _work(self, job: Job) -> None:
        """One job to its end, whatever that is."""
        act_under(job.fence)
        try:
            await self._try(job)
        except LeaseLost:
            _log.warning("lease_lost", table=self._table, lane=job.lane, key=job.key)
            # Where nobody has taken it over yet, somebody may at once.
            await self._insist(job, lambda: self.store.fetch(self._queries["let_go"], [job.id], [job.fence.number]))

    async def _try(self, job: Job) -> None:
        handle = self._handle
        if handle is None:
            raise RuntimeError("work was claimed before run()")
        try:
            if job.tries > max(self.patience.tries, self.patience.deaths):
                raise GiveUp(f"it was tried {job.tries - 1} times and ended each time with the program")  # noqa: TRY301  # one place decides what a failure means
            await handle(job)
        except LeaseLost:
            raise
        except DatabaseAway as error:
            await self._put_back(job, 1.0, error.reason or str(error), 1)
        except TryLater as error:
            await self._put_back(job, error.seconds, str(error), 0 if error.is_counted else 1)
        except Exception as error:  # noqa: BLE001  # the border of one job: whatever it is, it is kept and shown
            await self._failed(job, error)

    async def _failed(self, job: Job, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:2000]
        if not isinstance(error, GiveUp) and job.tries < self.patience.tries:
            _log.warning("job_failed", table=self._table, lane=job.lane, key=job.key, reason=reason, exc_info=error)
            await self._put_back(job, self.patience.pause(job.tries), reason, 0)
            return
        _log.error("job_buried", table=self._table, lane=job.lane, key=job.key, reason=reason)
        if not await self._insist(job, lambda: self._dead_letter(job, error, reason)):
            await self._write(job, "dead_letter", reason)

    async def _dead_letter(self, job: Job, error: Exception, reason: str) -> None:
        """Put it aside with whatever tells of that, or neither."""
        async with self.store.transaction() as work:
            mine = job.id, self.owner, job.fence.number
            if await work.fetchval(self._queries["dead_letter"], *mine, reason) is None:
                raise LeaseLost
            work.ends_lease = True
            if self._on_dead is not None:
                await self._on_dead(work, job, error)

    async def _write(self, job: Job, name: str, *args: object) -> None:
        """Write what became of a job."""
        await self._insist(
            job, lambda: self.store.fetch(self._queries[name], job.id, self.owner, job.fence.number, *args)
        )

    async def _insist(self, job: Job, write: Callable[[], Awaitable[object]]) -> bool:
        """Do it, waiting for the database as long as it takes; whether it was done.

        What fails otherwise is left to the lease: the row comes back when that is over, and is tried again.
        """
        while True:
            try:
                await write()
            except LeaseLost:
                raise
            except DatabaseAway:
                await asyncio.sleep(0.5)
            except Exception as error:  # noqa: BLE001  # the border of one job
                _log.exception(
                    "end_of_job_not_written", table=self._table, lane=job.lane, key=job.key, reason=str(error)
                )
                return False
            else:
                return True

    async def _put_back(self, job: Job, seconds: float, reason: str, uncounted: int) -> None:
        """Try it again after a pause, which ends by the event loop here, whatever clocks do meanwhile."""
        pause = min(timedelta(seconds=seconds), FARTHEST)
        await self._write(job, "put_back", pause, reason, uncounted)
        asyncio.get_running_loop().call_later(pause.total_seconds(), self._claims_of(job.lane).has_rested, job.id)

    async def _renew(self) -> None:
        with urgently():  # a lease that is renewed too late is lost
            await self._holds.run(self._lose)

    async def _keep_house(self) -> None:
        with urgently():
            await self._house.run(self._bounds)

    async def _stop(self) -> None:
        self._stopping = True
        tasks: Sequence[asyncio.Task[None]] = tuple(self._running.values())
        if tasks and self.patience.last_words:
            await asyncio.wait(tasks, timeout=self.patience.last_words)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2)
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self.store.fetch(self._queries["release_own"], self.owner)
        except (DatabaseAway, TimeoutError) as error:
            _log.warning("work_not_put_back", table=self._table, reason=str(error) or "no answer")
