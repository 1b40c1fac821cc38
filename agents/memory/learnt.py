"""What a model proposes to remember after a conversation: one JSON object a line, read strictly.

Whatever does not fit is left out, and nothing is guessed: a line with an unknown field, a message that was not shown,
an entry that was not shown, somebody else's words as the basis of what a person is.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.memory.entries import LONGEST, MemoryKind, MemoryLayer
from agents.memory.fit import is_grounded, unfit

MOST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """A message as the model was shown it. `words` are those that somebody said themselves."""

    number: int
    is_persons: bool
    words: str


class LearntLine(BaseModel):
    """One line of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    do: Literal["add", "confirm", "correct", "forget"]
    rests_on: int
    layer: MemoryLayer | None = None
    kind: MemoryKind = MemoryKind.FACT
    words: str = Field(default="", max_length=LONGEST)
    also: str = Field(default="", max_length=LONGEST)
    entry: str = ""


def read_learnt(
    answer: str, shown: Mapping[int, ShownMessage], known: Sequence[str], layers: Sequence[MemoryLayer]
) -> tuple[list[LearntLine], int]:
    """The lines that count, and how many were left out. `known` are the labels of entries that were shown."""
    kept: list[LearntLine] = []
    left_out = 0
    for text in answer.splitlines():
        if not text.strip() or text.strip().startswith("```"):
            continue
        line = _line_of(text)
        if line is not None and len(kept) < MOST_LINES and _counts(line, shown, known, layers):
            kept.append(line)
        else:
            left_out += 1
    return kept, left_out


def _line_of(text: str) -> LearntLine | None:
    try:
        return LearntLine.model_validate(json.loads(text))
    except (ValidationError, ValueError, RecursionError):
        return None


def _counts(
    line: LearntLine, shown: Mapping[int, ShownMessage], known: Sequence[str], layers: Sequence[MemoryLayer]
) -> bool:
    basis = shown.get(line.rests_on)
    if basis is None:
        return False
    if line.do != "add" and line.entry not in known:
        return False
    if line.do in ("confirm", "forget"):
        return basis.is_persons
    layer = line.layer if line.do == "add" else _layer_of(line.entry)
    if layer not in layers or unfit(f"{line.words}\n{line.also}"):
        return False
    return (basis.is_persons or layer is not MemoryLayer.PERSON) and is_grounded(line.words, basis.words)


def _layer_of(label: str) -> MemoryLayer:
    return MemoryLayer.CONVERSATION if label.startswith("C") else MemoryLayer.PERSON
