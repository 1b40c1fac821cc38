"""What stands below every answer of an agent, where people have to be told that it was made by AI."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from channels.locales import say


class AnswerSettings(BaseModel):
    """What stands below every answer of an agent."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    mark_ai: bool | Annotated[str, Field(min_length=1, max_length=200)] = False
    """true: a line says in the language of whoever reads that the answer was made by AI, as China's rules of 2025 for
    generated content and Europe's AI Act ask of some. A text: that line instead. Models never see it."""

    def mark(self, language: str) -> str:
        """The line; empty where none is wanted."""
        if isinstance(self.mark_ai, str):
            return self.mark_ai
        return say("turn.by_ai", language) if self.mark_ai else ""
