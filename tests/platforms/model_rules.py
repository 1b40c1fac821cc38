"""What the OpenAI chat endpoint refuses (its API reference, "Create chat completion"), in its own words.

And what any strict server behind the same protocol refuses: whatever one of them turns down, all of ours must not send.
"""

import json
import re
from collections.abc import Set as AbstractSet
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
CALL_ID = re.compile(r"[a-zA-Z0-9_-]{1,40}")


def complaint_about(body: dict[str, Any], also_takes: AbstractSet[str] = frozenset()) -> str:
    """The sentence of refusal; empty when the request is in order."""
    if unknown := set(body) - FIELDS - also_takes:
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
    seen: set[str] = set()
    for at, message in enumerate(messages):
        if problem := _about_content(at, message) or _about_calls(at, message, seen):
            return problem
    return _about_order(messages)


def _about_order(messages: list[dict[str, Any]]) -> str:
    """Calls and results belong together (OpenAI); a person speaks once, and not after a result (Mistral, Gemma)."""
    open_calls: set[str] = set()
    before = ""
    for at, message in enumerate(messages):
        role = message.get("role")
        if role == "tool" and message.get("tool_call_id") not in open_calls:
            return f"Invalid parameter: messages[{at}] with role 'tool' must follow a message with 'tool_calls'"
        if role not in ("system", "developer", "user", "assistant", "tool"):
            return f"Invalid value for 'messages[{at}].role': {role!r}"
        if open_calls and role != "tool":
            break
        if role == "user" and before in ("tool", "user"):
            return f"Conversation roles must alternate: unexpected role 'user' after role '{before}'"
        open_calls -= {message.get("tool_call_id")}
        open_calls |= {call["id"] for call in message.get("tool_calls", ())}
        before = role
    if open_calls:
        missing = ", ".join(sorted(open_calls))
        return f"An assistant message with 'tool_calls' must be followed by tool messages. Missing: {missing}"
    return ""


def _about_content(at: int, message: dict[str, Any]) -> str:
    """Blank contents are refused by Anthropic, Moonshot and Bedrock in nearly these words; OpenAI refuses null."""
    content, where = message.get("content"), f"messages[{at}].content"
    if message.get("tool_calls"):
        return "" if content is None or isinstance(content, str) else f"Invalid type for '{where}'"
    if content is None:
        return f"Invalid value for '{where}': expected a string, got null"
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    known = ("text", "image_url")
    if not isinstance(parts, list) or any(
        not isinstance(each, dict) or each.get("type") not in known for each in parts
    ):
        return f"Invalid type for '{where}'"
    texts = [part.get("text", "") for part in parts if part["type"] == "text"]
    if not content or any(not text.strip() for text in texts):
        return f"The message at position {at} with role '{message.get('role')}' must not be empty"
    return ""


def _about_calls(at: int, message: dict[str, Any], seen: set[str]) -> str:
    if "tool_calls" in message and not message["tool_calls"]:
        return f"[] is too short - 'messages.{at}.tool_calls'"
    calls = enumerate(message.get("tool_calls", ()))
    problems = (_about_call(call, f"messages[{at}].tool_calls[{number}]", seen) for number, call in calls)
    return next((problem for problem in problems if problem), "")


def _about_call(call: Any, where: str, seen: set[str]) -> str:
    """OpenAI's rule for names and ids, Anthropic's that ids are unique, and that of llama.cpp, vLLM and Ollama, whose
    templates read the arguments: they are an object."""
    if not isinstance(call, dict) or call.get("type") != "function":
        return f"Invalid value for '{where}': expected an object of type 'function'"
    call_id, function = str(call.get("id")), call.get("function", {})
    if not CALL_ID.fullmatch(call_id) or call_id in seen:
        return f"Invalid '{where}.id': expected a string that is unique and matches '{CALL_ID.pattern}'"
    seen.add(call_id)
    if not TOOL_NAME.fullmatch(function.get("name") or ""):
        return f"Invalid '{where}.function.name': string does not match pattern '{TOOL_NAME.pattern}'"
    return "" if is_object(function.get("arguments")) else f"Invalid '{where}.function.arguments': no JSON object"


def is_object(text: Any) -> bool:
    """Whether it is the text of a JSON object, as strictly as RFC 8259 has it."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        return False
    return isinstance(value, dict)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


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


def too_long(kind: str, asked: int, window: int) -> tuple[int, Any]:
    """How servers refuse a request of so many tokens: status and body, as they document it or are known to send it."""
    if kind == "llama.cpp":  # its tools/server README, and server-common.cpp
        sentence = f"request ({asked} tokens) exceeds the available context size ({window} tokens), try increasing it"
        error = {"code": 400, "message": sentence, "type": "exceed_context_size_error"}
        return 400, {"error": error | {"n_prompt_tokens": asked, "n_ctx": window}}
    if kind == "gemini":  # its endpoint for OpenAI's protocol sends a list
        sentence = f"The input token count ({asked}) exceeds the maximum number of tokens allowed ({window})."
        return 400, [{"error": {"code": 400, "message": sentence, "status": "INVALID_ARGUMENT"}}]
    if kind == "anthropic":
        sentence = f"prompt is too long: {asked} tokens > {window} maximum"
        return 400, {"type": "error", "error": {"type": "invalid_request_error", "message": sentence}}
    if kind == "numberless":  # Groq
        sentence = "Please reduce the length of the messages or completion."
    else:
        sentence = (
            f"This model's maximum context length is {window} tokens. However, your messages resulted in {asked} "
            "tokens. Please reduce the length of the messages."
        )
    error = {"message": sentence, "type": "invalid_request_error", "param": "messages"}
    return 400, {"error": error | {"code": "context_length_exceeded"}}


def tokens_in(body: dict[str, Any]) -> int:
    """What a request would count, roughly: four bytes a token."""
    return len(json.dumps([body["messages"], body.get("tools")], ensure_ascii=False).encode()) // 4
