"""Rooms that their platform gave another id, as an adapter is told of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass


async def _none_moved() -> Mapping[str, str]:
    """No room ever got another id."""
    return {}


async def _forgotten(room: str, moved_to: str) -> None:
    """Nobody keeps it."""
    del room, moved_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Rooms that their platform gave another id; here they keep their first.

    load: the first id by the one of today; raises ChannelDown. note: keep that `room` is `moved_to` from now on; raises
    NotStored, and then what told of it must not be acknowledged.
    """

    load: Callable[[], Awaitable[Mapping[str, str]]] = _none_moved
    note: Callable[[str, str], Awaitable[None]] = _forgotten
