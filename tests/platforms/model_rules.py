"""What the OpenAI chat endpoint refuses (its API reference, "Create chat completion"), in its own words."""

import re
from typing import Any

FIELDS = frozenset(
    {
        "frequency_penalty",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "model",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning_effort",
        "seed",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
        "user",
    }
)
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def complaint_about(body: dict[str, Any]) -> str:
    """The sentence of refusal; empty when the request is in order."""
    if unknown := set(body) - FIELDS:
        return f"Unrecognized request argument supplied: {', '.join(sorted(unknown))}"
    if not 0 <= body.get("temperature", 0) <= 2:
        return "Invalid 'temperature': must be between 0 and 2"
    if not body.get("messages"):
        return "Invalid 'messages': empty array"
    return _about_tools(body.get("tools")) or _about_messages(body["messages"])


def _about_tools(tools: list[dict[str, Any]] | None) -> str:
    if tools == []:
        return "Invalid 'tools': empty array. Expected an array with minimum length 1"
    for at, tool in enumerate(tools or []):
        if tool.get("type") != "function":
            return f"Invalid value for 'tools[{at}].type'"
        function = tool["function"]
        if not TOOL_NAME.fullmatch(function.get("name", "")):
            return f"Invalid 'tools[{at}].function.name'"
        if function.get("parameters", {}).get("type", "object") != "object":
            return f"Invalid schema for function '{function['name']}': schema must be of type object"
    return ""


def _about_messages(messages: list[dict[str, Any]]) -> str:
    open_calls: set[str] = set()
    for at, message in enumerate(messages):
        role = message.get("role")
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                return f"Invalid parameter: messages[{at}] with role 'tool' must follow a message with 'tool_calls'"
            open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            break
        if role not in ("system", "developer", "user", "assistant"):
            return f"Invalid value for 'messages[{at}].role': {role!r}"
        if message.get("content") is None and not message.get("tool_calls"):
            return f"Invalid value for 'messages[{at}].content': expected a string, got null"
        open_calls = {call["id"] for call in message.get("tool_calls", ())}
    if open_calls:
        missing = ", ".join(sorted(open_calls))
        return f"An assistant message with 'tool_calls' must be followed by tool messages. Missing: {missing}"
    return ""


def complaint_about_pictures(messages: list[dict[str, Any]]) -> str:
    """The refusal of a model that cannot see, as vLLM words it."""
    parts = (part for message in messages if isinstance(message.get("content"), list) for part in message["content"])
    return "This model does not support image input" if any(part["type"] == "image_url" for part in parts) else ""


def complaint_about_thinking(messages: list[dict[str, Any]], rule: str) -> str:
    """DeepSeek's refusal (its manual, "Thinking Mode") or that of servers with a strict schema, by `rule`."""
    for at, message in enumerate(messages):
        thinking = message.get("reasoning_content")
        if rule == "required" and message.get("tool_calls") and not thinking:
            return "The `reasoning_content` in the thinking mode must be passed back to the API."
        if rule == "refused" and thinking is not None:
            return f"Extra inputs are not permitted, field: 'messages[{at}].reasoning_content'"
    return ""
