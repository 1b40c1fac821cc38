"""What one row of work is, how it may end, and how hard a table of them tries (gateway/queue/lanes works on them)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from channels.base import NexoraError
from governance.record.fence import Fence
from governance.record.transaction import Row, Transaction


class TryLater(NexoraError):
    """It could not be done now; try again after a while, without counting this as a failure unless `is_counted`."""

    def __init__(self, seconds: float, detail: str = "", *, is_counted: bool = False) -> None:
        super().__init__(detail or f"try again in {seconds:g} s")
        self.seconds = seconds
        self.is_counted = is_counted


class GiveUp(NexoraError):
    """Trying again would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One claimed row, and the lease under which it is worked on.

    `tries` counts this try; `was_interrupted` when an earlier one ended with its worker, `was_put_back` when there
    was an earlier one at all. `companions` are rows behind it that end with it.
    """

    id: int
    key: str
    channel: str
    lane: str
    body: str
    tries: int
    fence: Fence
    was_interrupted: bool = False
    was_put_back: bool = False
    companions: tuple[int, ...] = ()


def job_of(row: Row, fence: Fence) -> Job:
    """The row that a claim returned, under the lease that it got."""
    return Job(
        id=row["id"],
        key=row["key"],
        channel=row["channel"],
        lane=row["lane"],
        body=row["body"],
        tries=row["tries"],
        fence=fence,
        was_interrupted=row["error"] == "interrupted",
        was_put_back=row["error"] != "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How hard a table tries.

    `tries` is the most tries of one row that fail, and `deaths` the most that may end with the program: on a bad day
    it dies often, and no message is to blame; one that kills it is put aside all the same. Pauses double from
    `first_pause` seconds. `last_words` is how many seconds what runs at a stop may take to end by itself, before it is
    cancelled and put back. `urgent_at_once` are places for
    urgent lanes alone, which the others never take.
    """

    tries: int = 5
    deaths: int = 12
    first_pause: float = 1.0
    longest_pause: float = 60.0
    lease: timedelta = timedelta(seconds=10)
    at_once: int = 64
    urgent_at_once: int = 16
    last_words: float = 0.0

    def pause(self, tries: int) -> float:
        """Seconds to wait after this many failed tries."""
        return min(self.first_pause * 2.0 ** (tries - 1), self.longest_pause)


Handle = Callable[[Job], Awaitable[None]]
OnDead = Callable[[Transaction, Job, Exception], Awaitable[None]]
"""What else is written when a row is put aside for good, in the same transaction."""
