"""What ends when a person is shut out, beside what is the person's own. It is made before those who see to that."""

from uuid import UUID

from governance.people.hearing import OnDisable
from governance.people.people import Person
from governance.record.transaction import Transaction


class ShutOut:
    """Whoever sees to such an end registers here."""

    def __init__(self) -> None:
        self._ends: list[OnDisable] = []

    def also(self, end: OnDisable) -> None:
        """End this too, in the same transaction."""
        self._ends.append(end)

    async def __call__(self, work: Transaction, person_id: UUID, by: Person | None) -> int:
        """How many requests were ended."""
        return sum([await end(work, person_id, by) for end in self._ends])
