"""Whether somebody wants to be remembered at all. Who has chosen nothing does."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from uuid import UUID

from agents.memory.memories import QUERIES
from governance.record.transaction import Store, Transaction

_KEPT = 4096
_KEPT_SECONDS = 30.0


class MemoryChoices:
    """What people chose; known for half a minute. `clock` is monotonic seconds."""

    def __init__(self, store: Store, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[UUID, tuple[bool, float]] = OrderedDict()

    async def is_on(self, person_id: UUID) -> bool:
        """Whether anything is learnt of that person, and shown to models."""
        known = self._known.get(person_id)
        if known is not None and known[1] > self._clock():
            return known[0]
        row = await self._store.fetchrow(QUERIES["choices"], person_id)
        is_on = row is None or bool(row["is_on"])
        self._keep(person_id, is_on=is_on)
        return is_on

    async def choose(self, work: Transaction, person_id: UUID, *, is_on: bool) -> None:
        """Let it be so from now on; what is remembered stays."""
        await work.execute(QUERIES["choose"], person_id, is_on, self._store.now())
        self._keep(person_id, is_on=is_on)

    def _keep(self, person_id: UUID, *, is_on: bool) -> None:
        self._known[person_id] = (is_on, self._clock() + _KEPT_SECONDS)
        self._known.move_to_end(person_id)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
