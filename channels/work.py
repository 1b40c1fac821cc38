"""The calls behind an answer: one step for each, and how many there were."""

from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """How a call stands, for whoever watches. Alphabetical.

    NOT_RUN: it made no sense as it was written, and the model will write it anew. REFUSED: the guard does not let it.
    """

    DONE = "done"
    FAILED = "failed"
    NOT_RUN = "not_run"
    REFUSED = "refused"
    RUNNING = "running"
    STOPPED = "stopped"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call: `what` it is in the words of its reader, `about` which path, command or address, without secrets.

    `seconds` is how long it has taken once it ended; `code` names the request that it waits for.
    """

    id: str
    what: str
    about: str = ""
    how: How = How.RUNNING
    seconds: float = 0.0
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an answer took: how many calls, how long all of it, and the newest of the calls."""

    count: int = 0
    seconds: float = 0.0
    lines: tuple[Step, ...] = ()


NO_WORK = Work()
