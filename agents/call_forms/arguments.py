"""The arguments of a call as a model wrote them, checked before anything is judged or stored.

A model may write anything. What cannot be stored, sent on or judged in bounded time is refused here, with a sentence
for the model and a rule for the record: the call ends, the turn goes on.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

MOST_DEEP = 64
"""How deep lists and objects may lie in each other; PostgreSQL and Python give up somewhere beyond."""
MOST_VALUES = 50_000
MOST_DIGITS = 40
"""Of one whole number: far more than any tool counts, far less than what takes long to read or store."""
LONGEST = 16 << 20
"""Characters of all arguments; four times what may be written into a file, since signs may be escaped."""
_HALF = re.compile(r"[\ud800-\udfff]")


class ArgumentsWrong(ValueError):
    """The arguments of a call cannot be used. `rule` is the word by which the record names what is wrong."""

    def __init__(self, sentence: str, rule: str) -> None:
        super().__init__(sentence)
        self.rule = f"arguments.{rule}"


def arguments_in(text: str) -> dict[str, Any]:
    """The arguments of a call; none at all are an empty object. Raises ArgumentsWrong, with what is wrong with them."""
    if len(text) > LONGEST:
        raise ArgumentsWrong(f"The arguments are longer than {LONGEST >> 20} million characters", "long")
    try:
        arguments = json.loads(
            text if text.strip() else "{}", parse_constant=_no_constant, parse_int=_integer, parse_float=_number
        )
    except ArgumentsWrong:
        raise
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise ArgumentsWrong("The arguments are not a JSON object", "no_object") from error
    if not isinstance(arguments, dict):
        raise ArgumentsWrong("The arguments are not a JSON object", "no_object")
    _require_storable(arguments)
    return arguments


def _require_storable(arguments: Mapping[str, Any]) -> None:
    """Whether all of it can be stored and sent on, found out without ever calling itself."""
    level: list[Any] = [arguments]
    count = 0
    for _ in range(MOST_DEEP + 1):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _require_text(value)
            elif isinstance(value, Mapping):
                inner += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                inner += value
        count += len(inner)
        if count > MOST_VALUES:
            raise ArgumentsWrong(f"The arguments hold more than {MOST_VALUES:,} values", "many")
        if not inner:
            return
        level = inner
    raise _too_deep()


def _require_text(value: str) -> None:
    if "\0" in value or _HALF.search(value):
        raise ArgumentsWrong("The arguments hold NUL or half a character, which is no text", "no_text")


def _too_deep() -> ArgumentsWrong:
    return ArgumentsWrong(f"The arguments are nested more than {MOST_DEEP} deep", "deep")


def _no_constant(name: str) -> Any:
    raise ArgumentsWrong(f"The arguments hold {name}, which is no JSON", "no_number")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ArgumentsWrong(f"The arguments hold a whole number of more than {MOST_DIGITS} digits", "digits")
    return int(digits)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ArgumentsWrong("The arguments hold a number that is too large to be one", "no_number")
    return number
