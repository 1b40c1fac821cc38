"""A question that the gateway itself asks a model beside turns: for a title, a summary, what is worth remembering."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from agents.models.protocol import Finished, Message, Model, TextDelta, TokenUsage
from agents.models.rehearsal.model import PROVIDER as REHEARSAL
from agents.models.wire.reasoning_filter import spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedModel:
    """What a model answered: its words without its thoughts, and what it took."""

    words: str
    usages: tuple[TokenUsage, ...]

    @property
    def is_rehearsed(self) -> bool:
        """Whether only the rehearsal model answered, whose words mean nothing."""
        return any(usage.provider == REHEARSAL for usage in self.usages)


async def ask_model(model: Model, messages: Sequence[Message]) -> AskedModel:
    """The whole answer to these messages, without tools. Raises what the model raises."""
    words: list[str] = []
    usages: list[TokenUsage] = []
    async with aclosing(model.stream(messages, ())) as deltas:
        async for delta in deltas:
            if isinstance(delta, TextDelta):
                words.append(delta.text)
            elif isinstance(delta, Finished):
                usages.append(delta.usage)
    return AskedModel(words=spoken("".join(words)), usages=tuple(usages))
