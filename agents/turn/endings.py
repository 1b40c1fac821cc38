"""One answer of a model, and how a turn ends with it: what the person is told, and whether a model may see it again."""

from dataclasses import dataclass

from agents.call_forms.arguments import ArgumentsWrong, arguments_in
from agents.models.protocol import End, Finished, ModelError, ToolCallRequest, is_of_request
from agents.words import explain, told_of
from channels.locales import say

ANSWER_LIMIT = 60_000
"""Longest answer that is sent, in characters; a runaway model must not flood a room."""
CALL_CUT = (
    "This call was cut at the limit of your answer, so it did not run. Make it shorter, or in several parts: "
    "write_file with append adds to a file."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """One answer of the model; `error` when it broke off, `end` when it did not."""

    text: str
    calls: tuple[ToolCallRequest, ...]
    end: Finished | None
    error: ModelError | None = None
    is_too_long: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether there are calls to make; what was declined or filtered is not acted upon."""
        return bool(self.calls) and not (self.end and self.end.end in (End.FILTERED, End.REFUSED))


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnding:
    """How a turn ends: its state, and what the person is told below the model's own words, or in place of them.

    `is_withheld`: no model is shown this turn again, since the provider would refuse all that is said after it.
    """

    state: str
    told: str = ""
    error: Exception | None = None
    is_withheld: bool = False


def failed(error: ModelError, language: str) -> TurnEnding:
    """How a turn ends whose model did not answer."""
    return TurnEnding(state="failed", told=explain(error, language), error=error, is_withheld=is_of_request(error))


def ending_of(answer: ModelAnswer, language: str) -> TurnEnding:
    """How a turn ends whose answer has no calls to make."""
    end = answer.end.end if answer.end else End.STOP
    told = told_of(answer.end, language, has_words=bool(answer.text))
    if answer.is_too_long:
        told = say("turn.too_long", language, limit=ANSWER_LIMIT)
    is_withheld = end is End.REFUSED or (end is End.FILTERED and not answer.text)
    return TurnEnding(
        state="failed" if end in (End.FILTERED, End.REFUSED) else "done", told=told, is_withheld=is_withheld
    )


def is_whole(call: ToolCallRequest) -> bool:
    """Whether the arguments of a call that may have been cut are all there."""
    try:
        return bool(call.arguments.strip("{} ") and arguments_in(call.arguments))
    except ArgumentsWrong:
        return False
