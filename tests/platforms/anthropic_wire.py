"""Anthropic's Messages protocol for the fake model (their API reference, "Streaming messages")."""

import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

from aiohttp import web

WORD = re.compile(r"[a-zA-Z0-9_-]+")
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
STOP_REASONS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"}


class Call(Protocol):
    name: str
    arguments: str
    id: str


class Reply(Protocol):
    calls: tuple[Any, ...]
    counts_tokens: bool

    @property
    def is_partial(self) -> bool: ...

    @property
    def stop_reason(self) -> str: ...

    def pieces(self) -> list[str]: ...


def complaint_about(body: dict[str, Any]) -> str:
    if not isinstance(body.get("max_tokens"), int):
        return "max_tokens: Field required"
    if not body.get("messages"):
        return "messages: at least one message is required"
    if any(message["role"] not in ("user", "assistant") for message in body["messages"]):
        return "messages: Unexpected role"
    if body["messages"][0]["role"] != "user":
        return 'messages: first message must use the "user" role'
    return _about_contents(body["messages"]) or _about_calls(body["messages"]) or _about_results(body["messages"])


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _about_contents(messages: list[dict[str, Any]]) -> str:
    for at, message in enumerate(messages):
        if not message.get("content"):
            return f"messages.{at}: all messages must have non-empty content except for the optional final assistant"
        if any(block["type"] == "text" and not block["text"].strip() for block in _blocks(message)):
            return "messages: text content blocks must contain non-whitespace text"
    return ""


def _about_calls(messages: list[dict[str, Any]]) -> str:
    seen: set[str] = set()
    for at, message in enumerate(messages):
        for block in _blocks(message):
            if block["type"] != "tool_use":
                continue
            if not WORD.fullmatch(block["id"]):
                return f"messages.{at}.content.tool_use.id: String should match pattern '{WORD.pattern}'"
            if not TOOL_NAME.fullmatch(block["name"]):
                return f"messages.{at}.content.tool_use.name: String should match pattern '{TOOL_NAME.pattern}'"
            if block["id"] in seen:
                return f"messages.{at}: `tool_use` ids must be unique"
            if not isinstance(block["input"], dict):
                return f"messages.{at}.content.tool_use.input: Input should be a valid dictionary"
            seen.add(block["id"])
    return ""


def _about_results(messages: list[dict[str, Any]]) -> str:
    asked: set[str] = set()
    for at, message in enumerate(messages):
        blocks = _blocks(message)
        answered = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if answered - asked:
            return f"messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks"
        if asked - answered:
            return f"messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after"
        asked = {block["id"] for block in blocks if block["type"] == "tool_use"}
    return "messages: `tool_use` ids were found without `tool_result` blocks" if asked else ""


def refusal(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    error = {"type": "error", "error": {"type": kind, "message": message}}
    return web.json_response(error, status=status, headers=headers)


def lines(body: dict[str, Any], reply: Reply) -> Iterator[bytes]:
    usage = {"input_tokens": 60, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 0, "output_tokens": 1}
    if not reply.counts_tokens:
        usage = dict.fromkeys(usage, 0)
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": []}
    yield event("message_start", message={**start, "stop_reason": None, "stop_sequence": None, "usage": usage})
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for piece in reply.pieces():
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
    if reply.is_partial:
        return
    yield event("content_block_stop", index=0)
    for at, call in enumerate(reply.calls, start=1):
        yield event(
            "content_block_start",
            index=at,
            content_block={"type": "tool_use", "id": call.id, "name": call.name, "input": {}},
        )
        yield event("content_block_delta", index=at, delta={"type": "input_json_delta", "partial_json": call.arguments})
        yield event("content_block_stop", index=at)
    reason = STOP_REASONS.get(reply.stop_reason, reply.stop_reason)
    yield event(
        "message_delta",
        delta={"stop_reason": reason, "stop_sequence": None},
        usage={"output_tokens": 20 * reply.counts_tokens},
    )
    yield event("message_stop")


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
