"""A call under the name of a program, which small models make: it means the command that runs that program."""

import re
import shlex
from collections.abc import Collection, Mapping
from typing import Any

from agents.call_forms.other_names import plain_name
from agents.place import is_at_hand

_PROGRAM = re.compile(r"[a-z][a-z0-9.+-]{0,30}")
_WITH_VERBS = frozenset({"cargo", "git", "go", "make", "npm", "pip"})
"""Programs whose first argument is a verb, which models join to the name: `git_status`."""
_MOST_ARGUMENTS = 8


def command_meant(name: str, given: Mapping[str, Any], tools: Collection[str]) -> Mapping[str, Any] | None:
    """The command of a program that is at hand and no tool, with the values of the arguments as its own."""
    program, _, verb = plain_name(name).partition("_")
    words = [program, *([verb.replace("_", "-")] if verb else [])]
    values = [each for value in given.values() for each in (value if isinstance(value, list) else [value])]
    is_plain = len(values) <= _MOST_ARGUMENTS and all(isinstance(each, str) for each in values)
    if name in tools or not is_plain or (verb and program not in _WITH_VERBS):
        return None
    if not _PROGRAM.fullmatch(program) or not is_at_hand(program):
        return None
    whole = given.get("command") if len(given) == 1 else None
    is_whole = isinstance(whole, str) and whole.split()[:1] == [program]
    return {"command": whole if is_whole else shlex.join([*words, *values])}
