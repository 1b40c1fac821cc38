"""Reads the arguments of a call as a model meant them, where they are nearly JSON.

What is tolerated is a matter of form alone: fences, raw line ends, JSON inside a string, commas too many, the quotes
and words of Python. What was cut off stays unreadable, for nobody knows how it would have gone on.
"""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from agents.call_forms.arguments import MOST_DEEP, ArgumentsWrong, arguments_in

_MOST_LITERAL = 200_000
"""Characters that are read as Python's; its parser takes far more room than JSON's."""
_FENCE = "```"
_LANGUAGE = re.compile(r"[\w-]*[ \t]*\r?")
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|,(?=\s*[}\]])', re.DOTALL)
"""A string that nobody ends is one too, up to the end, so that no text is looked through more than once."""
_BROKEN = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


def loose_arguments(text: str) -> tuple[dict[str, Any], bool]:
    """The arguments of a call, and whether the text is JSON as it stands.

    Raises ArgumentsWrong, as the strict reader does, for what is no object in any form.
    """
    try:
        return arguments_in(text), True
    except ArgumentsWrong as wrong:
        if wrong.rule != "arguments.no_object":
            raise
        strictly = wrong
    for candidate in _candidates(without_fence(text)):
        try:
            return arguments_in(candidate), False
        except ArgumentsWrong as wrong:
            if wrong.rule != "arguments.no_object":
                raise
    raise strictly


def without_fence(text: str) -> str:
    """The text inside a fence of Markdown, where it is nothing but that."""
    language, end, inner = text.strip().removeprefix(_FENCE).partition("\n")
    is_fenced = text.lstrip().startswith(_FENCE) and end and inner.endswith(_FENCE) and _LANGUAGE.fullmatch(language)
    return inner.removesuffix(_FENCE).rstrip(" \t").removesuffix("\n").removesuffix("\r") if is_fenced else text


def _candidates(text: str) -> Iterator[str]:
    """The text in stricter form, by one reading after the other."""
    yield text
    yield from _of_json(text)
    yield from _of_json(_STRING_OR_COMMA.sub(lambda found: found.group() if found.group() != "," else "", text))
    yield from _of_python(text)


def _of_json(text: str) -> Iterator[str]:
    """JSON whose strings may hold raw line ends, or that stands inside a string itself."""
    try:
        found = json.loads(text, strict=False)
        if isinstance(found, str):
            found = json.loads(without_fence(found), strict=False)
    except _BROKEN:
        return
    if isinstance(found, dict):
        yield json.dumps(found)


def _of_python(text: str) -> Iterator[str]:
    """An object as Python writes it: `{'path': 'a', 'all': True}`."""
    if len(text) > _MOST_LITERAL or _deepest(text) > MOST_DEEP:
        return
    try:
        found = ast.literal_eval(text.strip())
        if isinstance(found, dict) and all(isinstance(key, str) for key in found):
            yield json.dumps(found)
    except _BROKEN:
        return


def _deepest(text: str) -> int:
    """How deep brackets lie in each other, at most."""
    deepest = depth = 0
    for sign in text:
        if sign in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in ")]}":
            depth -= 1
    return deepest
