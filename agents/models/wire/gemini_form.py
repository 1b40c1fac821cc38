"""A conversation in the form of Gemini's `generateContent` (API reference, "Content", "FunctionDeclaration").

Results follow the very message that asked for them, as many as were asked; no message is empty; and a call goes back
with the signature that it came with (guide "Thought signatures"), or, where another model made it, with the word that
the same guide gives for such calls.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agents.models.pictures import seen
from agents.models.wire.openai_form import (
    NOTHING_SAID,
    EarlierCall,
    Image,
    calls_of,
    functions_of,
    nameable,
    parts_of,
    read,
    signed_by,
    words_of,
)

WIRE = "gemini"
UNSIGNED = "skip_thought_signature_validator"
Part = dict[str, Any]


def request_of(
    messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], *, wants_signatures: bool = False
) -> dict[str, Any]:
    """The fields `systemInstruction`, `contents` and `tools`."""
    given = read(seen(messages))
    body: dict[str, Any] = {"contents": _contents(given, wants_signatures=wants_signatures)}
    if system := "\n\n".join(words_of(each["content"]) for each in given if _is_system(each)):
        body["systemInstruction"] = {"parts": [{"text": system}]}
    if tools:
        body["tools"] = [{"functionDeclarations": [_declared(function) for function in functions_of(tools)]}]
    return body


def _contents(messages: Sequence[Mapping[str, Any]], *, wants_signatures: bool) -> list[dict[str, Any]]:
    contents: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    numbered: set[str] = set()
    was_result = False
    for message in messages:
        if _is_system(message):
            continue
        role = message.get("role")
        if role == "assistant":
            calls, marks = calls_of(message), _marks(message)
            names |= {call.id: _named(call) for call in calls}
            numbered |= {call.id for call, mark in zip(calls, marks, strict=False) if mark.get("has_id")}
            parts = [_part(part) for part in parts_of(message.get("content"))]
            parts += _called(calls, marks, numbered, wants_signatures=wants_signatures)
        elif role == "tool":
            parts = [_result(message, names, numbered)]
        else:
            parts = [_part(part) for part in parts_of(message.get("content"))] or [{"text": NOTHING_SAID}]
        if role == "tool" and was_result:
            contents[-1]["parts"] += parts
        elif parts:
            if not contents and role == "assistant":
                contents.append({"role": "user", "parts": [{"text": NOTHING_SAID}]})
            contents.append({"role": "model" if role == "assistant" else "user", "parts": parts})
        was_result = role == "tool"
    return contents


def _marks(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What Gemini gave with each call of its answer: a signature, and whether it gave an id."""
    marks = signed_by(message, WIRE).get("calls")
    return marks if isinstance(marks, list) else []


def _called(
    calls: Sequence[EarlierCall], marks: Sequence[Mapping[str, Any]], numbered: set[str], *, wants_signatures: bool
) -> Iterator[Part]:
    for at, call in enumerate(calls):
        function: dict[str, Any] = {"name": _named(call), "args": dict(call.arguments)}
        if call.id in numbered:
            function["id"] = call.id
        part: Part = {"functionCall": function}
        signature = marks[at].get("signature") if at < len(marks) else ""
        if not signature and wants_signatures and at == 0:
            signature = UNSIGNED
        if signature:
            part["thoughtSignature"] = signature
        yield part


def _named(call: EarlierCall) -> str:
    """The name of a call; Gemini wants a letter or an underscore first, of names that a model made up too."""
    return call.name if call.name[0].isalpha() or call.name[0] == "_" else f"_{call.name}"[:64]


def _result(message: Mapping[str, Any], names: Mapping[str, str], numbered: set[str]) -> Part:
    call_id = nameable(str(message["tool_call_id"]))
    response: dict[str, Any] = {
        "name": names.get(call_id, "unknown"),
        "response": {"result": words_of(message.get("content"))},
    }
    if call_id in numbered:
        response["id"] = call_id
    return {"functionResponse": response}


def _declared(function: Mapping[str, Any]) -> dict[str, Any]:
    declared = {"name": function["name"], "description": function.get("description", "")}
    parameters = function.get("parameters") or {}
    return {**declared, "parametersJsonSchema": parameters} if parameters.get("properties") else declared


def _part(part: str | Image) -> Part:
    if isinstance(part, str):
        return {"text": part}
    if part.address:
        return {"fileData": {"fileUri": part.address}}
    return {"inlineData": {"mimeType": part.media_type, "data": part.data}}


def _is_system(message: Mapping[str, Any]) -> bool:
    return message.get("role") in ("system", "developer")
