"""The record of requests that were turned away, kept short: nobody can flood the record by knocking."""

from collections import OrderedDict
from dataclasses import dataclass

from aiohttp import web

from governance.people.people import Origin, Person
from governance.record.audit import Status
from governance.record.transaction import Store

WINDOW_SECONDS = 60.0
MOST_PLACES = 200


@dataclass(slots=True)
class _Place:
    ends: float
    unsaid: int = 0


class Denials:
    """Writes one line a minute for an address and a route, with how often; of too many places only a sum."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places: OrderedDict[tuple[str, str], _Place] = OrderedDict()

    async def note(self, request: web.Request, status: int, why: str, person: Person | None, origin: Origin) -> None:
        """Record that a request was refused with this status."""
        info = request.match_info.route.resource
        route = f"{request.method} {info.canonical if info else '?'}"
        times = self._count(str(person.id) if person else origin.address, f"{status} {route}")
        if times:
            detail = {"route": route, "status": status, "why": why, "times": times}
            await self._store.record(origin.event("request:refused", person, status=Status.DENIED, detail=detail))

    def _count(self, who: str, what: str) -> int:
        """How many refusals the line to be written now stands for; 0 when none is due."""
        now = self._store.now().timestamp()
        while self._places and not _is_recent(next(iter(self._places.values())), now):
            self._places.popitem(last=False)
        key = (who, what)
        if key not in self._places and len(self._places) >= MOST_PLACES:
            key = ("", "")
        place = self._places.get(key)
        if place is not None and now < place.ends <= now + WINDOW_SECONDS:
            place.unsaid += 1
            return 0
        times = 1 + (place.unsaid if place else 0)
        self._places[key] = _Place(ends=now + WINDOW_SECONDS)
        self._places.move_to_end(key)
        return times


def _is_recent(place: _Place, now: float) -> bool:
    """Not long over; what ends too far ahead was noted before the clock was set back."""
    return now - WINDOW_SECONDS < place.ends <= now + WINDOW_SECONDS
