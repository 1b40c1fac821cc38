"""Under which lease the running code acts, and whether it still may. It renews nothing and takes nothing over.

A worker can be frozen at any point (a stopped process, a machine that sleeps) and wake when another has long taken its
work over. So whatever it does carries the number of its lease, which grows with each claim of the row. The database
refuses a transaction whose number is not the newest; what no database can refuse (a call of a platform, the start of a
tool) asks `must_hold` directly before, which knows how long the lease is good for by a clock that counts sleep too.
The lease belongs to the context of the job, so that all that the job does is held to it, and nothing has to be passed.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from channels.base import NexoraError

Seconds = Callable[[], float]


class LeaseLost(NexoraError):
    """Another worker has taken this over."""


def seconds_with_sleep() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps, where the system has one."""
    boottime: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


@dataclass(slots=True, kw_only=True)
class Fence:
    """The lease on one row of a queue: `number` is that of its claim, `good_until` is in seconds of `clock`.

    It is lifted once the row is done: nobody takes over what is done.
    """

    queue: str
    id: int
    owner: str
    number: int
    good_until: float
    clock: Seconds = seconds_with_sleep
    is_lifted: bool = False

    @property
    def is_past(self) -> bool:
        """Whether it was not renewed in time, so that somebody else may be at work."""
        return not self.is_lifted and self.clock() >= self.good_until


_held: ContextVar[Fence | None] = ContextVar("fence", default=None)


def act_under(fence: Fence) -> None:
    """From here on this task, and what it starts, acts under that lease."""
    _held.set(fence)


def current() -> Fence | None:
    """The lease under which we act; None outside of any job, and once the job is done."""
    fence = _held.get()
    return None if fence is None or fence.is_lifted else fence


def may_act() -> bool:
    """Whether an effect that nobody could refuse later may begin now."""
    fence = _held.get()
    return fence is None or not fence.is_past


def must_hold() -> None:
    """Ask this directly before such an effect. Raises LeaseLost."""
    if not may_act():
        raise LeaseLost
