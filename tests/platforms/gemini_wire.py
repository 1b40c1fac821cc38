"""Gemini's `streamGenerateContent` for the fake model (API reference; guides "Function calling", "Thought signatures").

Like the real service it refuses fields that it does not know, contents without parts, results that do not follow their
calls one to one, and, for a model that thinks, a call that comes back without the signature it went out with.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

from aiohttp import web

FIELDS = frozenset({"contents", "generationConfig", "safetySettings", "systemInstruction", "toolConfig", "tools"})
CONFIG = frozenset({"maxOutputTokens", "seed", "stopSequences", "temperature", "thinkingConfig", "topK", "topP"})
PARTS = frozenset({"fileData", "functionCall", "functionResponse", "inlineData", "text", "thought", "thoughtSignature"})
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}")
SIGNATURE = "c2lnbmVkIGJ5IHRoZSBmYWtl"
SKIPPED = "skip_thought_signature_validator"
FINISH_REASONS = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS"}


class Reply(Protocol):
    calls: tuple[Any, ...]
    thinking: str
    counts_tokens: bool

    @property
    def is_partial(self) -> bool: ...

    @property
    def stop_reason(self) -> str: ...

    def pieces(self) -> list[str]: ...


def complaint_about(body: dict[str, Any], *, signs: bool) -> str:
    for where, known, given in (("", FIELDS, body), ("generation_config", CONFIG, body.get("generationConfig") or {})):
        if unknown := sorted(set(given) - known):
            return f"Invalid JSON payload received. Unknown name \"{unknown[0]}\" at '{where}': Cannot find field."
    if not body.get("contents"):
        return "* GenerateContentRequest.contents: contents is not specified"
    problem = _about_parts(body["contents"]) or _about_tools(body.get("tools") or [])
    return problem or _about_calls(body["contents"], signs=signs)


def _about_parts(contents: list[dict[str, Any]]) -> str:
    for at, content in enumerate(contents):
        if content.get("role") not in ("user", "model"):
            return "Please use a valid role: user, model."
        if not content.get("parts"):
            return f"* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty."
        for part in content["parts"]:
            if set(part) - PARTS or not part:
                return f"Invalid JSON payload received. Unknown name in 'contents[{at}].parts': Cannot find field."
            if not NAME.fullmatch(part.get("functionCall", {}).get("name", "_")):
                return "Invalid function name. Must start with a letter or an underscore."
            if "text" in part and not part["text"]:
                return "Unable to submit request because it must have a text parameter."
    return ""


def _about_tools(tools: list[dict[str, Any]]) -> str:
    for tool in tools:
        for function in tool["functionDeclarations"]:
            if set(function) - {"description", "name", "parameters", "parametersJsonSchema"}:
                return "Invalid JSON payload received. Unknown name in 'function_declarations'."
            if not NAME.fullmatch(function["name"]):
                return "Invalid function name. Must start with a letter or an underscore."
    return ""


def _about_calls(contents: list[dict[str, Any]], *, signs: bool) -> str:
    waiting: list[dict[str, Any]] = []
    for at, content in enumerate(contents):
        calls = [part for part in content["parts"] if "functionCall" in part]
        results = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
        if calls and (content["role"] != "model" or at == 0):
            return "Please ensure that function call turn comes immediately after a user turn or a response turn."
        if len(results) != len(waiting):
            return "Please ensure that the number of function response parts is equal to the function call parts."
        for call, result in zip(waiting, results, strict=True):
            if (call["name"], call.get("id")) != (result["name"], result.get("id")):
                return "Please ensure that function response turn comes immediately after a function call turn."
            if not isinstance(result["response"], dict) or not isinstance(call["args"], dict):
                return "Invalid value at 'function_response.response' (type.googleapis.com/google.protobuf.Struct)"
        if signs and calls and calls[0].get("thoughtSignature") not in (SIGNATURE, SKIPPED):
            return "Function call is missing a thought_signature in functionCall parts."
        waiting = [part["functionCall"] for part in calls]
    return "Please ensure that function call turn is followed by a function response turn." if waiting else ""


def as_messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The contents in the form in which the fake's script and its echo read a request."""
    messages = []
    for content in [body.get("systemInstruction") or {"parts": []}, *body["contents"]]:
        results = [part["functionResponse"]["response"] for part in content["parts"] if "functionResponse" in part]
        texts = [str(result.get("result")) for result in results] or [part.get("text", "") for part in content["parts"]]
        messages.append({"role": "tool" if results else content.get("role", "system"), "content": "\n".join(texts)})
    return messages


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    kinds = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
    error = {"error": {"code": status, "message": message, "status": kinds.get(status, "INTERNAL")}}
    return web.json_response([error], status=status, headers=headers)


def lines(body: dict[str, Any], reply: Reply, *, signs: bool) -> Iterator[bytes]:
    if reply.thinking:
        yield chunk([{"text": reply.thinking, "thought": True}])
    for piece in reply.pieces():
        yield chunk([{"text": piece}], counts=reply.counts_tokens)
    if reply.is_partial:
        return
    try:
        parts = [{"functionCall": {"name": call.name, "args": json.loads(call.arguments)}} for call in reply.calls]
    except ValueError:
        yield chunk([{"text": ""}], "MALFORMED_FUNCTION_CALL")
        return
    for part, call in zip(parts, reply.calls, strict=True):
        if signs:
            part["functionCall"]["id"] = call.id
    if signs and parts:
        parts[0] = {**parts[0], "thoughtSignature": SIGNATURE}
    yield chunk(
        parts or [{"text": ""}], FINISH_REASONS.get(reply.stop_reason, reply.stop_reason), counts=reply.counts_tokens
    )


def chunk(parts: list[dict[str, Any]], reason: str = "", *, counts: bool = True) -> bytes:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    usage = {"promptTokenCount": 100, "cachedContentTokenCount": 40, "totalTokenCount": 120}
    usage |= {"candidatesTokenCount": 15, "thoughtsTokenCount": 5} if reason else {}
    told = {"candidates": [candidate], **({"usageMetadata": usage} if counts else {})}
    return b"data: " + json.dumps(told).encode() + b"\r\n\r\n"
