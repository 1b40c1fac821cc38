"""Builds memory: the table, what people chose, the tools, and who learns. It runs nothing."""

from dataclasses import dataclass

from agents.memory.block import MemoryBlock
from agents.memory.choices import MemoryChoices
from agents.memory.learning import Learner
from agents.memory.memories import Memories
from agents.memory.tools import MemoryTools
from agents.pool import Pool
from agents.tools.tool import Tool
from agents.turn.remembering import Remembering
from gateway.run.foundation import Foundation
from gateway.settings.model import Settings
from governance.record.transaction import Store
from governance.usage.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryParts:
    """What is remembered, and what people chose."""

    store: Store
    memories: Memories
    choices: MemoryChoices

    @classmethod
    def on(cls, store: Store) -> "MemoryParts":
        """On that database."""
        return cls(store=store, memories=Memories(store), choices=MemoryChoices(store))

    def tools(self) -> tuple[Tool, ...]:
        """By which agents remember, forget and look up."""
        return MemoryTools(self.store, self.memories, self.choices).tools()

    def learner(self, settings: Settings, base: Foundation, usage: Usage, pool: Pool) -> Learner:
        """Who learns from conversations that rest."""
        learning = settings.memory.learning
        return Learner(self.store, self.memories, self.choices, usage, pool, owner=base.owner, learning=learning)

    def remembering(self, learner: Learner) -> Remembering:
        """Memory, as turns see it."""
        return Remembering(MemoryBlock(self.memories, self.choices), learner)
