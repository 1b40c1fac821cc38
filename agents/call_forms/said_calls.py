"""Calls that a model wrote as words: small models do, and so do servers that do not know a model's form of calls.

An answer that is nothing but calls is calls. Words with something else beside them are words, but for calls in tags
that mean nothing else. What is found is judged like any call.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from agents.call_forms.forms import with_known_name
from agents.call_forms.loose_json import without_fence
from agents.models.protocol import ToolCallRequest
from agents.models.wire.call_pieces import MAX_CALLS, new_call_id
from agents.tools.tool import Tool

_LONGEST = 200_000
_TAGGED = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([\w.-]+)>(.*?)</function>", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([\w.-]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_NAMES = ("name", "tool", "tool_name", "function", "action")
_ARGUMENTS = ("arguments", "parameters", "input", "args", "params", "action_input", "tool_input")
_TAGS = ("<tool_call>", "<function=")
_TELLING = re.compile(r'"(?:name|tool|tool_name|tool_calls|function|action)"\s*:')
_TELLS_WITHIN = 200
"""Characters after which an object that is a call has said which."""


def said_calls(text: str, tools: Mapping[str, Tool]) -> tuple[str, tuple[ToolCallRequest, ...]]:
    """What of an answer is words, and the calls that it says; without calls of known tools all of it is words."""
    if not tools or len(text) > _LONGEST:
        return text, ()
    words, pieces = _taken_apart(text.strip())
    calls: list[ToolCallRequest] = []
    for piece in pieces:
        found = list(_calls_in(piece, tools))
        if not found:
            return text, ()
        calls += found
    return (words, tuple(calls)) if calls and len(calls) <= MAX_CALLS else (text, ())


class Held:
    """Shows an answer as it grows, and holds back what may turn out to be a call."""

    def __init__(self, *, has_tools: bool) -> None:
        self._has_tools = has_tools
        self._has_begun = False
        self._held = ""

    def feed(self, text: str) -> str:
        """What may be shown now."""
        if not self._has_tools:
            return text
        self._held += text
        if not self._has_begun and _may_be_call(self._held.lstrip()):
            return ""
        self._has_begun = True
        at = _begins_tag(self._held)
        shown, self._held = self._held[:at], self._held[at:]
        return shown

    def rest(self) -> str:
        """What was held back, when it is no call after all."""
        held, self._held = self._held, ""
        return held


def _may_be_call(begun: str) -> bool:
    """Whether an answer that begins so can still be nothing but calls."""
    if begun in ("`", "``"):
        return True
    if begun.startswith("```"):
        _, _, begun = begun.partition("\n")
        begun = begun.lstrip()
    if not begun or any(tag.startswith(begun[: len(tag)]) for tag in _TAGS):
        return True
    if begun[0] not in "{[" or (begun[0] == "[" and begun[1:].lstrip()[:1] not in ("", "{")):
        return False
    return len(begun) < _TELLS_WITHIN or _TELLING.search(begun, 0, _TELLS_WITHIN) is not None


def _begins_tag(text: str) -> int:
    """Where a tag of a call begins in the text, or may begin at its end; its length when none does."""
    found = [text.find(tag) for tag in _TAGS if tag in text]
    if found:
        return min(found)
    at = text.rfind("<")
    return at if at >= 0 and any(tag.startswith(text[at:]) for tag in _TAGS) else len(text)


def _taken_apart(text: str) -> tuple[str, list[Any]]:
    """The words outside of calls, and what may be calls, each as JSON would have it."""
    if tagged := [piece.strip() for piece in _TAGGED.findall(text)]:
        functions = [_of_function(piece) for piece in tagged]
        objects = [found or next(iter(_objects(piece)), None) for found, piece in zip(functions, tagged, strict=True)]
        return _TAGGED.sub("", text).strip(), objects
    closed, left = _closed(text, "</function>")
    if functions := _FUNCTION.findall(closed):
        return (_FUNCTION.sub("", closed) + left).strip(), [_function(*each) for each in functions]
    return "", list(_objects(without_fence(text).strip()))


def _of_function(text: str) -> Any:
    found = _FUNCTION.search(_closed(text, "</function>")[0])
    return _function(*found.groups()) if found else None


def _function(name: str, body: str) -> dict[str, Any]:
    """Llama's and Qwen's own forms: an object, or parameters in tags, within a tag that names the tool."""
    parameters = _PARAMETER.findall(_closed(body, "</parameter>")[0])
    return {"name": name, "arguments": dict(parameters) if parameters else body.strip()}


def _closed(text: str, tag: str) -> tuple[str, str]:
    """The text up to the last of such tags, and after it: what is never closed is not looked for again and again."""
    head, found, left = text.rpartition(tag)
    return head + found, left


def _objects(text: str) -> Iterator[Any]:
    """The JSON values of which the text consists, one after the other; nothing when there is anything else in it."""
    decoder, at, found = json.JSONDecoder(strict=False), 0, []
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        found += value if isinstance(value, list) else [value]
        at = end
        while at < len(text) and text[at] in " \t\r\n,;":
            at += 1
    yield from found


def _calls_in(piece: Any, tools: Mapping[str, Tool]) -> Iterator[ToolCallRequest]:
    if not isinstance(piece, Mapping):
        return
    if isinstance(several := piece.get("tool_calls"), list):
        for each in several:
            yield from _calls_in(each, tools)
        return
    inner = piece.get("function")
    if isinstance(inner, Mapping):
        yield from _calls_in(inner, tools)
        return
    name = next((piece[each] for each in _NAMES if isinstance(piece.get(each), str)), "")
    given = next((piece[each] for each in _ARGUMENTS if each in piece), None)
    if not name or given is None or not isinstance(given, Mapping | str):
        return
    arguments = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    call = with_known_name(ToolCallRequest(id=new_call_id(), name=name, arguments=arguments), tools)
    if call.name in tools:
        yield call
