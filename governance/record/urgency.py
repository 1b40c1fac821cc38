"""What is urgent: presses, decisions and the commands about running work. It never waits for what is slow.

A lane whose name begins with `!` is urgent, which no conversation's does. Urgent lanes have workers of their own, and
what is done in an urgent context uses the database connections that are reserved for it (`record.transaction`). The
bookkeeping of all other lanes has one connection: while it is busy, what is to be written gathers for one statement.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from enum import StrEnum

MARK = "!"
APART = "~"


class Connections(StrEnum):
    """Which connections of the database what runs may use. Alphabetical."""

    QUEUES = "queues"
    SHARED = "shared"
    URGENT = "urgent"


_connections: ContextVar[Connections] = ContextVar("connections", default=Connections.SHARED)


def urgent_lane(lane: str) -> str:
    """The urgent lane beside that lane: in order in itself, never behind the other."""
    return lane if is_urgent(lane) else MARK + lane


def lane_apart(lane: str, name: object) -> str:
    """A lane beside that lane which is shared only with what has the same name."""
    return f"{APART}{name}{APART}{lane}"


def is_urgent(lane: str) -> bool:
    """Whether what waits in that lane is urgent."""
    return lane.startswith(MARK)


def place_of(lane: str) -> str:
    """The lane without its marks, as people and the record know it."""
    place = lane.removeprefix(MARK)
    return place.removeprefix(APART).partition(APART)[2] if place.startswith(APART) else place


def connections_now() -> Connections:
    """Which connections the code that runs may use."""
    return _connections.get()


def is_urgent_now() -> bool:
    """Whether the code that runs does something urgent."""
    return connections_now() is Connections.URGENT


@contextmanager
def through(connections: Connections) -> Iterator[None]:
    """What is done inside uses these connections, and so do the tasks that it begins."""
    token = _connections.set(connections)
    try:
        yield
    finally:
        _connections.reset(token)


def urgently(*, urgent: bool = True) -> AbstractContextManager[None]:
    """What is done inside is urgent, or is as everything else."""
    return through(Connections.URGENT if urgent else Connections.SHARED)
