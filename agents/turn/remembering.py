"""What a turn begins with, and below it what is remembered; and that it has ended, to be learnt from."""

from collections.abc import Sequence

from agents.conversation.sound import NO_WORDS
from agents.memory.block import MemoryBlock
from agents.memory.entries import MemoryReader
from agents.memory.learning import HeardRest, Learner
from agents.models.context import Prepared, message
from agents.turn.task import Task


class Remembering:
    """Memory, as a turn sees it."""

    def __init__(self, block: MemoryBlock, learner: Learner) -> None:
        self._block = block
        self._learner = learner

    async def first(self, task: Task, history: Sequence[Prepared]) -> Prepared:
        """What the person said, with what matters to it. It is stored so, and stays the same from then on."""
        turn = task.turn
        reader = MemoryReader(
            person_id=turn.person.id, agent=turn.agent.name, conversation=task.key, is_direct=turn.is_direct
        )
        below = await self._block.below(reader, task.said, history)
        return message("user", f"{task.said if task.said.strip() else NO_WORDS}{below}")

    def ended(self, task: Task) -> None:
        """Somebody has spoken there; returns at once."""
        turn = task.turn
        if task.said:
            heard = HeardRest(
                person_id=turn.person.id, agent=turn.agent.name, is_direct=turn.is_direct, turn_id=turn.id
            )
            self._learner.hear(task.key, heard)
