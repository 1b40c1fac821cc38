"""What was said, made fit to be sent to any model again: strict providers refuse a whole conversation for one message.

Providers refuse calls without results and results without calls, names and ids outside `[a-zA-Z0-9_-]{1,64}` (OpenAI's
and Anthropic's API references), ids that come twice, arguments that are no JSON object, and blank contents; Mistral,
and the templates of Gemma and others, refuse a person who speaks twice or right after a result. It refuses to judge
calls: what a model meant is the turn's business.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.call_forms.arguments import ArgumentsWrong, arguments_in
from agents.models.context import Prepared, message
from agents.models.protocol import ToolCallRequest
from agents.models.wire.call_pieces import new_call_id

_WORD = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9_-]+")
_LONGEST_NAME = 64
_LONGEST_ID = 40
"""OpenAI's limit."""
_UNNAMED = "unnamed"
NO_WORDS = "(no words)"
NO_ANSWER = "(no answer)"
NO_OUTPUT = "(no output)"
NO_RESULT = "The result of this call was lost; nobody knows whether it ran."


def numbered(calls: Sequence[ToolCallRequest], prompt: Sequence[Prepared]) -> list[ToolCallRequest]:
    """The calls with their own ids, or new ones where a provider would refuse them or they came before."""
    seen: set[str] = set()
    own = []
    for call in calls:
        quoted = json.dumps(call.id).encode()
        is_fit = _WORD.fullmatch(call.id) and len(call.id) <= _LONGEST_ID and call.id not in seen
        is_taken = not is_fit or any(quoted in body.json for body in prompt)
        own.append(replace(call, id=new_call_id()) if is_taken else call)
        seen.add(own[-1].id)
    return own


def sound(call: ToolCallRequest) -> ToolCallRequest:
    """The call as it can be replayed: a name that a tool could have, and an object for arguments that are none."""
    try:
        arguments_in(call.arguments)
    except ArgumentsWrong:
        call = replace(call, arguments="{}")
    return replace(call, name=_fit_name(call.name), arguments=call.arguments if call.arguments.strip() else "{}")


def sound_history(bodies: Iterable[Prepared], *, is_going_on: bool = False) -> list[Prepared]:
    """Stored messages as any model takes them; those that are in order are the very same objects.

    A call whose result is missing gets one that says so, and what a person said gets an answer, unless the turn
    `is_going_on` and they are its last; a result without its call is left out.
    """
    repair = _Repair()
    for body in bodies:
        repair.take(body)
    if not is_going_on:
        repair.end_turn()
    return repair.whole


class _Repair:
    """Reads messages one after the other. `_open` holds the stored and the sound id of each call without a result."""

    def __init__(self) -> None:
        self.whole: list[Prepared] = []
        self._open: list[tuple[str, str]] = []
        self._ids: set[str] = set()
        self._role = ""

    def take(self, body: Prepared) -> None:
        try:
            given = json.loads(body.json)  # not kept parsed, which would take more room than the text
        except (ValueError, RecursionError):
            return
        if not isinstance(given, dict):
            return
        if given.get("role") == "tool":
            self._take_result(body, given)
            return
        if given.get("role") == "user":
            self.end_turn()
        self._answer_open_calls()
        calls = given.get("tool_calls")
        if given.get("role") == "assistant" and calls and isinstance(calls, list):
            self._take_calls(body, given, calls)
        elif given.get("role") in ("assistant", "system", "user"):
            self._keep(body, given, _without(given, "tool_calls") | {"content": _worded(given, NO_WORDS)})

    def end_turn(self) -> None:
        """Make the messages so far such that a person may speak next."""
        self._answer_open_calls()
        if self._role in ("tool", "user"):
            self.whole.append(message("assistant", NO_ANSWER))

    def _answer_open_calls(self) -> None:
        """Say of every call that has no result that it is lost."""
        if self._open:
            self._role = "tool"
        self.whole += [message("tool", NO_RESULT, tool_call_id=call_id) for _, call_id in self._open]
        self._open.clear()

    def _take_calls(self, body: Prepared, given: Mapping[str, Any], calls: Sequence[Any]) -> None:
        asked = []
        for call in calls:
            found = _call_in(call)
            fit = sound(found)
            if not _WORD.fullmatch(fit.id) or len(fit.id) > _LONGEST_ID or fit.id in self._ids:
                fit = replace(fit, id=new_call_id())
            self._ids.add(fit.id)
            self._open.append((found.id, fit.id))
            function = {"name": fit.name, "arguments": fit.arguments}
            asked.append({"id": fit.id, "type": "function", "function": function})
        content = given.get("content")
        said = content if isinstance(content, str) else _worded(given, "")
        self._keep(body, given, {**given, "content": said, "tool_calls": asked})

    def _take_result(self, body: Prepared, given: Mapping[str, Any]) -> None:
        at = next((at for at, (stored, _) in enumerate(self._open) if stored == given.get("tool_call_id")), None)
        if at is not None:
            _, call_id = self._open.pop(at)
            self._keep(body, given, {**given, "content": _worded(given, NO_OUTPUT), "tool_call_id": call_id})

    def _keep(self, body: Prepared, given: Mapping[str, Any], fit: Mapping[str, Any]) -> None:
        self._role = str(fit["role"])
        self.whole.append(body if given == fit else Prepared(Prepared.of(fit).json, body.outcome))


def _call_in(call: Any) -> ToolCallRequest:
    given = call if isinstance(call, Mapping) else {}
    function = given.get("function")
    function = function if isinstance(function, Mapping) else {}
    name, arguments = function.get("name"), function.get("arguments")
    return ToolCallRequest(
        id=str(given.get("id") or ""),
        name=name if isinstance(name, str) else "",
        arguments=arguments if isinstance(arguments, str) else "{}",
    )


def _fit_name(name: str) -> str:
    return name if _WORD.fullmatch(name) else _NOT_IN_A_NAME.sub("_", name)[:_LONGEST_NAME] or _UNNAMED


def _worded(given: Mapping[str, Any], otherwise: str) -> Any:
    """The content as every provider takes it: words, or from a person a list of parts that each say something."""
    content = given.get("content")
    if isinstance(content, list):
        parts = [part for part in content if _is_part(part)]
        content = parts if given.get("role") == "user" else "\n".join(part.get("text", "") for part in parts)
    if isinstance(content, str):
        return content if content.strip() else otherwise
    return content if content and isinstance(content, list) else otherwise


def _is_part(part: Any) -> bool:
    """Whether it is text with words in it, or a picture that lies somewhere."""
    if not isinstance(part, Mapping):
        return False
    if part.get("type") == "image_url":
        picture = part.get("image_url")
        return isinstance(picture, Mapping) and isinstance(picture.get("url"), str)
    text = part.get("text")
    return part.get("type") == "text" and isinstance(text, str) and bool(text.strip())


def _without(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != name}
