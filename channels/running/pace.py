"""How patient a supervisor is, and what it has seen of its channel since the start."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from channels.base import ChannelDown, ChannelRefused
from channels.sayings import saying


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patient a supervisor is, in seconds.

    A pause doubles from `first_pause` to `longest_pause`, give or take a quarter, and starts over once a connection
    has stood for `proven`. What the platform refuses is tried again after `refused`. A probe comes after `starting`
    until the channel is up, then after `probe_every`, or at once when a call has failed, but not within `doubted` of
    the last; a connection whose probe failed has `last_words` to say why. Before a
    pause longer than `yields` another gateway may take the seat.
    """

    first_pause: float = 1.0
    longest_pause: float = 60.0
    proven: float = 60.0
    refused: float = 300.0
    probe_every: float = 60.0
    probe_timeout: float = 15.0
    starting: float = 1.0
    doubted: float = 5.0
    last_words: float = 1.0
    yields: float = 3.0


class Trouble(StrEnum):
    """What kind of thing keeps a channel down. Alphabetical."""

    PACKAGE = "package"
    PASSING = "passing"
    REFUSED = "refused"


def trouble_of(error: Exception) -> Trouble:
    """What kind of thing this is: a package that is not installed, what only a person mends, or what may pass."""
    if isinstance(error, ImportError):
        return Trouble.PACKAGE
    return Trouble.REFUSED if isinstance(error, ChannelRefused) else Trouble.PASSING


@dataclass(slots=True, kw_only=True)
class Record:
    """What happened on one channel since the start."""

    reconnects: int = 0
    last_error: str = ""
    trouble: Trouble | None = None
    """What kind of thing the last error was."""
    last_in: datetime | None = None
    last_out: datetime | None = None


def raise_failure(task: asyncio.Task[None]) -> None:
    """Raise what a part of a connection ended with, once it has; ChannelDown where something cancelled it."""
    if task.done():
        if task.cancelled():
            raise ChannelDown(saying("cancelled"))
        task.result()
