"""Events on their way to being stored: in order within a room, rooms beside each other, and what was stored remembered.

Discord takes no acknowledgement of an event. What stands for it is the number of the last event that was stored, and
that all before it were: with it a session is resumed, and whatever came after it is said again.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from channels.base import ChannelError, NotStored
from channels.sayings import saying
from channels.shared.socket import DRAIN_SECONDS, ended

_log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[None]]
MOST_IN_FLIGHT = 500
PATIENCE_SECONDS = 3.0


class Deliveries:
    """The events of one connection. `broken` is done once one could not be stored; nothing after it in its room is."""

    def __init__(self, stored: int | None, told: Callable[[int | None], None]) -> None:
        """`told` is told of the last number before which nothing is missing, whenever that changes."""
        self.stored = stored
        self.broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.has_lost = False
        self._told = told
        self._last = stored
        self._open: dict[int, None] = {}
        self._tasks: set[asyncio.Task[bool]] = set()
        self._tails: dict[str, asyncio.Task[bool]] = {}

    def skip(self, number: int | None) -> None:
        """An event that there is nothing to do for."""
        self._last = number if number is not None else self._last
        self._settle()

    def begin(self, room: str, number: int | None, work: Work) -> None:
        """Do that work after all that was begun in the room before; `number` is the event's, None if it has none.

        Work without a number cannot be had again by resuming: when it fails, `has_lost` is true.
        """
        if number is not None:
            self._last = number
            self._open[number] = None
        task = asyncio.create_task(self._do(self._tails.get(room), number, work), name=f"discord {room}")
        self._tasks.add(task)
        self._tails[room] = task
        task.add_done_callback(lambda done: self._gone(room, done))

    def _gone(self, room: str, task: "asyncio.Task[bool]") -> None:
        self._tasks.discard(task)
        if self._tails.get(room) is task and not task.cancelled() and task.result():
            del self._tails[room]

    async def _do(self, before: "asyncio.Task[bool] | None", number: int | None, work: Work) -> bool:
        """Whether it was stored, or is nothing that ever could be."""
        stored = False
        try:
            stored = (before is None or await before) and await self._done(work)
        finally:
            if number is None:
                self.has_lost = self.has_lost or not stored
            elif stored:
                self._open.pop(number, None)
                self._settle()
        return stored

    async def _done(self, work: Work) -> bool:
        try:
            await work()
        except (NotStored, ChannelError) as error:
            self._break(saying("not_stored", why=str(error)))
            return False
        except Exception:  # noqa: BLE001 -- the border of this event's task
            # It would not be understood the next time either, so it counts as done.
            _log.exception("discord_event_not_understood")
        return True

    async def have_room(self) -> None:
        """Let what is in flight go on, and wait for some of it where there is much.

        Nothing more is read meanwhile, heartbeats included, so the patience is short. Then the connection ends, and
        Discord keeps for us what is not stored.
        """
        await asyncio.sleep(0)
        if len(self._tasks) >= MOST_IN_FLIGHT:
            done, _ = await asyncio.wait(self._tasks, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                self._break(saying("too_fast"))

    def _break(self, reason: str) -> None:
        if not self.broken.done():
            self.broken.set_result(reason)

    def _settle(self) -> None:
        first = next(iter(self._open), None)
        self.stored = self._last if first is None else first - 1
        self._told(self.stored)

    async def until_broken(self) -> str:
        """Wait until one could not be stored; why."""
        await asyncio.wait((self.broken,))
        return self.broken.result()

    async def end(self) -> None:
        """Give what is in flight a moment, then cancel it; what is cut off counts as not stored."""
        await ended(self._tasks, 0.0 if self.broken.done() else DRAIN_SECONDS)

    async def cancel(self) -> None:
        """Leave no task behind."""
        await ended(self._tasks)
