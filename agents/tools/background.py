"""Commands that go on after their call: those that run here, their rows in the database, and how their end is told.

A row is written before a command starts. What it did reaches the workspace only while the row is still ours, so that
one whose gateway was thought dead changes nothing behind anybody's back; and a row whose gateway is gone is ended by
another gateway, which tells the conversation, so that nothing is lost in silence.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID, uuid4

import structlog

from agents.sandbox.running import Capture
from agents.tools.tool import ToolContext
from channels.locales import say
from channels.messages import Address, Outbound, notice
from channels.text.plain import shortened
from governance.masking import for_chat, for_record
from governance.record.audit import Event, Status
from governance.record.transaction import DatabaseAway, Row, Store, Transaction, load_queries

_log = structlog.get_logger(__name__)
QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
MOST_HERE, MOST_IN_ONE = 8, 3
"""So many run at one time, at one gateway and in one conversation."""
ASK_SECONDS, SWEEP_SECONDS = 1.0, 8.0
_AGAIN_SECONDS = 1.0
_LEAVE_SECONDS = 2.0
_KEPT = 32
"""So many that have ended wait here to have their last output read."""
_KEPT_ROWS = timedelta(days=30)
_SHOWN = 60
_NOBODY = UUID(int=0)


class CommandState(StrEnum):
    """How a command stands. Alphabetical. Done: by itself, or by a bound; ended: its gateway stopped.

    Lost: its gateway was gone; stopped: somebody said so.
    """

    DONE = "done"
    ENDED = "ended"
    ENDING = "ending"
    LOST = "lost"
    RUNNING = "running"
    STOPPED = "stopped"


@dataclass(slots=True, kw_only=True, eq=False)
class BackgroundCommand:
    """One that runs here, or has ended and was not read to its end. `unread` is what it wrote since last time.

    stop: who wants it to end, `model` or `person`; empty while nobody does. how: how it ended, in lines for a model.
    """

    id: UUID
    conversation: str
    number: int
    unread: Capture
    begun: float = field(default_factory=time.monotonic)
    stop: str = ""
    how: Sequence[str] = ()
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None

    @property
    def name(self) -> str:
        """What a model calls it: `b1`."""
        return f"b{self.number}"

    async def heard(self, text: str) -> None:
        """It has written this."""
        self.unread.feed(text.encode("utf-8", "replace"))

    async def why_now(self) -> str:
        """Why it must end now; empty while it may go on."""
        return "it was stopped" if self.stop else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEnd:
    """How a command ended: lines for a model, and the file with its whole output, empty where there is none."""

    how: Sequence[str]
    output: str = ""


Work = Callable[[BackgroundCommand], Awaitable[CommandEnd]]
"""Runs a command to its end."""


class Backgrounds:
    """The commands of one gateway. `owner` is its name in rows, `lease` how long another counts as living unheard."""

    def __init__(self, store: Store, *, owner: str, lease: timedelta, most: int = MOST_HERE) -> None:
        self._store = store
        self._owner = owner
        self._lease = lease
        self._most = most
        self._running: dict[UUID, BackgroundCommand] = {}
        self._ended: dict[UUID, BackgroundCommand] = {}
        self._is_closing = False

    async def begin(self, context: ToolContext, command: str, limit_bytes: int, work: Work) -> BackgroundCommand | str:
        """Start one; a sentence for the model where there are too many."""
        if len(self._running) >= self._most:
            return f"{self._most} commands run in the background here already; wait until one has ended"
        row_id, shown = uuid4(), for_record(command)
        async with self._store.transaction() as store:
            number = await store.fetchval(
                QUERIES["begin"],
                row_id,
                context.conversation,
                context.person.id,
                context.agent,
                shown,
                self._owner,
                self._store.now(),
                MOST_IN_ONE,
            )
        if number is None:
            return f"{MOST_IN_ONE} commands run in the background of this conversation already; stop one of them first"
        unread = Capture(limit_bytes)
        running = BackgroundCommand(id=row_id, conversation=context.conversation, number=number, unread=unread)
        self._running[row_id] = running
        # In a context of its own: the lease of the turn that began it says nothing about what goes on after it.
        running.task = asyncio.create_task(
            self._run(running, work), name=f"background {running.name}", context=Context()
        )
        return running

    async def _run(self, running: BackgroundCommand, work: Work) -> None:
        state = CommandState.DONE
        try:
            end = await work(running)
            state = CommandState.STOPPED if running.stop else CommandState.DONE
        except asyncio.CancelledError:
            state, end = CommandState.ENDED, CommandEnd(how=("Nexora was stopped, and the command with it",))
        except Exception as error:  # noqa: BLE001  # the border of one command: its end is told whatever happened
            _log.exception("background_failed", conversation=running.conversation)
            end = CommandEnd(how=(f"it failed: {type(error).__name__}: {error}",))
        running.how = end.how
        try:
            await self._surely(lambda: self._end(running, state, end))
        finally:
            self._running.pop(running.id, None)
            self._ended[running.id] = running
            while len(self._ended) > _KEPT:
                del self._ended[next(iter(self._ended))]
            running.ended.set()

    async def claim(self, running: BackgroundCommand) -> bool:
        """Whether what it did may reach the workspace: the row is ours, and no person has stopped it."""
        claimed: list[UUID | None] = []

        async def ask() -> None:
            claimed.append(await self._store.fetchval(QUERIES["claim"], running.id, self._owner))

        await self._surely(ask)
        return bool(claimed and claimed[0])

    async def _surely(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write, however long the database is away; at a stop one attempt is all."""
        while True:
            try:
                async with asyncio.timeout(_LEAVE_SECONDS if self._is_closing else None):
                    await write()
            except (DatabaseAway, TimeoutError) as error:
                _log.warning("background_not_written", reason=str(error))
                if self._is_closing:
                    return
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                return

    async def _end(self, running: BackgroundCommand, state: CommandState, end: CommandEnd) -> None:
        how = next(iter(end.how), "")
        async with self._store.transaction() as store:
            now = self._store.now()
            row = await store.fetchrow(QUERIES["end"], running.id, self._owner, state, how, end.output, now)
            if row is not None:
                _tell(store, row, is_quiet=running.stop == "model")

    # Asked for

    def here(self, conversation: str, number: int) -> BackgroundCommand | None:
        """One of this gateway that runs, or whose last output nobody has read."""
        known = (*self._running.values(), *self._ended.values())
        return next((one for one in known if (one.conversation, one.number) == (conversation, number)), None)

    async def row(self, conversation: str, number: int) -> Row | None:
        """What the database knows of one, wherever it runs."""
        return await self._store.fetchrow(QUERIES["find"], conversation, number)

    async def known(self, conversation: str) -> Sequence[Row]:
        """The newest ones of a conversation."""
        return await self._store.fetch(QUERIES["known"], conversation)

    async def was_read(self, running: BackgroundCommand) -> None:
        """A model has read how it ended, so that it need not be told."""
        self._ended.pop(running.id, None)
        await self._store.fetch(QUERIES["read"], running.id, _NOBODY)

    async def stop(self, conversation: str, *, number: int | None = None, by: str = "person") -> bool:
        """Let one end, or all of a conversation, wherever they run; False when none does. Raises DatabaseAway."""
        rows = await self._store.fetch(QUERIES["stop"], conversation, number, by)
        for row in rows:
            self._told_to_stop(row["id"], by)
        return bool(rows)

    def _told_to_stop(self, row_id: UUID, by: str) -> None:
        if running := self._running.get(row_id):
            running.stop = by

    async def told(self, conversation: str, turn_id: UUID) -> str:
        """What a model is to know of those that ended since it was told last; the same for a turn that is run again.

        It holds no word of a command, for a model wrote that, and what a person says counts for more.
        """
        rows = await self._store.fetch(QUERIES["told"], conversation, turn_id)
        return "\n".join(_for_model(row) for row in rows)

    # As long as the gateway lives

    async def run(self) -> None:
        """Hear what others want stopped, and end the rows of gateways that are gone, until cancelled."""
        swept = -SWEEP_SECONDS
        while True:
            try:
                if self._running:
                    for row in await self._store.fetch(QUERIES["asked"], self._owner):
                        self._told_to_stop(row["id"], row["stop"])
                if time.monotonic() - swept >= SWEEP_SECONDS:
                    await self.sweep()
                    swept = time.monotonic()
            except DatabaseAway as error:
                _log.warning("background_not_heard", reason=str(error))
            await asyncio.sleep(ASK_SECONDS)

    async def sweep(self) -> int:
        """Say of each command whose gateway is gone that it has ended; how many. Forgets what is old."""
        async with self._store.transaction() as store:
            now = self._store.now()
            rows = await store.fetch(QUERIES["lost"], self._owner, now, self._lease)
            for row in rows:
                _tell(store, row)
            await store.execute(QUERIES["forget"], now - _KEPT_ROWS)
        return len(rows)

    async def close(self) -> None:
        """End all that runs, and say so."""
        self._is_closing = True
        tasks = [running.task for running in self._running.values() if running.task]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _tell(store: Transaction, row: Row, *, is_quiet: bool = False) -> None:
    """Write the line of the record, and tell the conversation unless `is_quiet`."""
    store.record(
        Event(
            tag="agents:background:ended",
            actor=str(row["user_id"]),
            actor_name=row["who"],
            resource=f"b{row['number']}",
            status=Status.OK if row["state"] in {CommandState.DONE, CommandState.STOPPED} else Status.FAILED,
            address=row["conversation"],
            detail={"agent": row["agent"], "command": row["command"], "how": row["how"], "state": row["state"]},
        )
    )
    if is_quiet or row["channel"] is None:
        return
    first = for_chat(" ".join(row["command"].split()))
    shown = shortened(first, _SHOWN)
    told = say(
        f"turn.background_{row['state']}",
        row["language"],
        id=f"b{row['number']}",
        command=shown.replace("`", "'"),
        how=row["how"],
    )
    address = Address(channel=row["channel"], room=row["room"], thread=row["thread"])
    store.send(Outbound(key=f"background:{row['id']}", address=address, parts=notice(told)))


def _for_model(row: Row) -> str:
    name, state = f"b{row['number']}", row["state"]
    if state == CommandState.LOST:
        return f"[Nexora] {name} is gone with the gateway that ran it; nobody knows how far it came."
    output = f" Its whole output: {row['output']}." if row["output"] else ""
    how = "was stopped" if state == CommandState.STOPPED else "has ended"
    return f"[Nexora] {name}, in the background, {how}: {row['how']}.{output}"
