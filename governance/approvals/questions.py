"""How many questions may wait for people: of a turn, a conversation, an agent, a person. What is beyond is not asked.

Looked at in the transaction that asks, one after the other on all gateways, so that no two turns share a last place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from governance.approvals.refused_asks import RefusedAsks, Standing
from governance.approvals.request_type import RequestType
from governance.guard.calls import ProposedCall
from governance.guard.policy import Questions
from governance.record.transaction import Store, Transaction, load_queries
from governance.values.bursts import Bursts
from governance.values.reasons import Why, why

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


@dataclass(slots=True, kw_only=True)
class Budget:
    """What may still be asked within one transaction."""

    left: dict[str, int]
    most: Mapping[str, int]
    standing: tuple[Standing, ...]
    refused: RefusedAsks
    pending: dict[str, str]

    def lack(self, call: ProposedCall) -> Why | None:
        """Why this call is put before nobody; None when it may be, and then its place is taken."""
        if call.digest in self.pending:
            return why("again.pending")
        if again := self.refused.again(self.standing, call):
            return again
        over = next((each for each, number in self.left.items() if number <= 0), None)
        if over is not None:
            return why(f"budget.{over}", most=str(self.most[over]))
        self.left = {each: number - 1 for each, number in self.left.items()}
        self.pending[call.digest] = ""
        return None


class Asked:
    """Opens the budget of a turn. `most` are the settings of the policy; of these `kinds` those count that ask."""

    def __init__(self, store: Store, most: Questions, kinds: Iterable[RequestType]) -> None:
        self._kinds = [kind.name for kind in kinds if kind.is_question]
        self.refused = RefusedAsks(store, again_after_seconds=most.again_after_seconds)
        self._most = {
            "turn": most.per_turn,
            "conversation": most.per_conversation,
            "agent": most.per_agent,
            "person": most.per_person,
        }
        self._told = Bursts(store.now)

    async def budget(self, work: Transaction, call: ProposedCall, turn_id: UUID) -> Budget:
        """What this turn may still ask; nobody else asks until the transaction ends."""
        return Budget(
            left=await self._left(work, turn_id, call.conversation, call.agent, call.person.id),
            most=self._most,
            standing=tuple(await self.refused.standing(work, call.conversation)),
            refused=self.refused,
            pending={},
        )

    async def has_room(
        self, work: Transaction, *, turn_id: UUID | None, conversation: str, agent: str, person: UUID
    ) -> bool:
        """Whether one more question may wait that is about no call; nobody else asks until the transaction ends."""
        left = await self._left(work, turn_id, conversation, agent, person)
        return all(number > 0 for number in left.values())

    async def _left(
        self, work: Transaction, turn_id: UUID | None, conversation: str, agent: str, person: UUID
    ) -> dict[str, int]:
        await work.execute(QUERIES["one_at_a_time"])
        row = await work.fetchrow(QUERIES["open"], turn_id, conversation, agent, person, self._kinds)
        taken = dict(row) if row is not None else {}
        return {each: most - taken.get(each, 0) for each, most in self._most.items()}

    def told(self, lack: Why, turn_id: UUID) -> str:
        """What a model is told of it: the reason once in a turn, after that a few words."""
        if not self._told.begins(f"{lack.word}:{turn_id}"):
            return "Not put before anybody either, for the same reason."
        return f"Not put before anybody: {lack}. Tell the person that, and end your turn."
