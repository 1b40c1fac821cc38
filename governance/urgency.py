"""What is urgent: presses, decisions and the commands about running work. It never waits for what is slow.

A lane whose name begins with `!` is urgent, which no conversation's does. Urgent lanes have workers of their own, and
what is done in an urgent context uses the database connections that are reserved for it (`governance.store`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MARK = "!"
_urgent: ContextVar[bool] = ContextVar("urgent", default=False)


def urgent_lane(lane: str) -> str:
    """The urgent lane beside that lane: in order in itself, never behind the other."""
    return lane if is_urgent(lane) else MARK + lane


def is_urgent(lane: str) -> bool:
    """Whether what waits in that lane is urgent."""
    return lane.startswith(MARK)


def place_of(lane: str) -> str:
    """The lane without its mark, as people and the record know it."""
    return lane.removeprefix(MARK)


def is_urgent_now() -> bool:
    """Whether the code that runs does something urgent."""
    return _urgent.get()


@contextmanager
def urgently(*, urgent: bool = True) -> Iterator[None]:
    """What is done inside is urgent, and so are the tasks that it begins."""
    token = _urgent.set(urgent)
    try:
        yield
    finally:
        _urgent.reset(token)
