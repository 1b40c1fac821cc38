"""Tells whose lease is over from what was seen at each look. It trusts no clock alone: clocks are set, and jump.

A worker that lives renews its leases three times before one ends, so each renewal is seen as a change. A lease is over
when it looked the same for as many looks as it lasts; or for half as many, when the database's clock says so too. A
clock set forward therefore takes nothing from a living worker, and one set back keeps nothing for a dead one.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What one look shows of one row. `is_past` is the opinion of the database's clock."""

    id: int
    until: datetime
    is_past: bool


class Leases:
    """What earlier looks have shown of the rows that others hold."""

    def __init__(self, *, lease_seconds: float, look_seconds: float) -> None:
        self._most_looks = max(2, math.ceil(lease_seconds / look_seconds))
        self._seen: dict[int, tuple[datetime, int]] = {}

    def over(self, leases: Iterable[Lease]) -> list[Lease]:
        """Which of these, all that can be seen now, have not been renewed for so long that nobody holds them."""
        before, self._seen = self._seen, {}
        over: list[Lease] = []
        for lease in leases:
            until, looks = before.get(lease.id, (None, 0))
            looks = looks + 1 if until == lease.until else 0
            self._seen[lease.id] = (lease.until, looks)
            if looks >= self._most_looks or (lease.is_past and looks >= math.ceil(self._most_looks / 2)):
                over.append(lease)
        return over

    def forget(self) -> None:
        """Nothing could be seen, and nobody could renew either: begin anew."""
        self._seen.clear()
