"""What models do out of habit with a tool: other names for it and for its arguments, and values in other forms.

Other assistants have taught them that. Each tool says so of itself, beside its schema. A habit counts only where the
name does not exist and what is meant does; none may stand for a right, such as that to use a network.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Form = Callable[[Any, Path], Any]
"""A value as its argument has it, in the workspace of that path; unchanged where that would be a guess."""
Meant = Callable[[str, Mapping[str, Any], Collection[str]], Mapping[str, Any] | None]
"""The arguments of this tool that a call of some other name means, beside the tools there are; None for most."""


@dataclass(frozen=True, slots=True)
class ArgumentHabit:
    """Of one argument, in its `Annotated`: its other names, between blanks, and its form where that is its own.

    Under the names in `counts` models give a number instead, from the argument `since` on.
    """

    names: str = ""
    form: Form | None = None
    counts: str = ""
    since: str = ""


def means_nothing(_name: str, _given: Mapping[str, Any], _tools: Collection[str]) -> None:
    """The usual `Meant`: only a call of the tool's own means it."""
