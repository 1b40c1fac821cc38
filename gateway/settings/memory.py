"""What is remembered of conversations."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from agents.memory.learning import Learning


class MemorySettings(BaseModel):
    """What is remembered of conversations."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    learn: bool = True
    """Learn from conversations that have come to rest, by the model of their agent. false: only what somebody asks to
    be remembered is. Everybody may switch memory off for themselves."""
    rest_minutes: float = Field(default=10, ge=1, le=1440)
    """How long nobody must have spoken in a conversation before it is learnt from. Ten minutes, so that a pause for
    thought is not the end."""
    daily_tokens: int = Field(default=200_000, ge=0)
    """Most tokens that learning may take for one person in 24 hours; what is said beyond that is not learnt from."""

    @property
    def learning(self) -> Learning:
        """How much is learnt."""
        return Learning(is_on=self.learn, rest=timedelta(minutes=self.rest_minutes), daily_tokens=self.daily_tokens)
