"""Which calls of one answer may be put before somebody, told apart before any of them is tried."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from agents.turn.judging import Judged
from governance.approvals.questions import Asked
from governance.record.transaction import Transaction


async def within_limits(work: Transaction, asked: Asked, turn_id: UUID, judged: Sequence[Judged]) -> list[Judged]:
    """The calls, of which those are put before nobody that were refused before or are too many."""
    first = next((call.proposed for call in judged if call.ask and call.proposed), None)
    if first is None:
        return list(judged)
    budget = await asked.budget(work, first, turn_id)
    settled = []
    for call in judged:
        lack = budget.lack(call.proposed) if call.ask and call.proposed else None
        if lack is None:
            settled.append(call)
        else:
            told = asked.told(lack, turn_id)
            settled.append(replace(call, ask=None, answer=told, because=str(lack), rule=lack.word))
    return settled
