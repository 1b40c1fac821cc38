"""A conversation in the form of Anthropic's Messages (API reference, "Messages"; guide "Extended thinking").

All results of one answer go back in one message, first of all in it; words are never empty; calls carry objects; and
signed thinking returns to its very place among the words and calls of its answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agents.models.pictures import seen
from agents.models.wire.openai_form import (
    NOTHING_SAID,
    Image,
    calls_of,
    functions_of,
    nameable,
    parts_of,
    read,
    signed_by,
    words_of,
)

WIRE = "anthropic"
_CACHED = {"cache_control": {"type": "ephemeral"}}
Block = dict[str, Any]


def request_of(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields `system`, `messages` and `tools`.

    What every request of an agent begins with is marked for the cache; so is everything said, once a call was made,
    since the next request follows in seconds.
    """
    given = read(seen(messages))
    body: dict[str, Any] = {"messages": _turns(given)}
    if system := "\n\n".join(words_of(each["content"]) for each in given if _is_system(each)):
        body["system"] = [{"type": "text", "text": system, **_CACHED}]
    if tools:
        body["tools"] = [_tool(function) for function in functions_of(tools)]
    if messages and messages[-1].get("role") == "tool":
        body["messages"][-1]["content"][-1] |= _CACHED
    return body


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        if _is_system(message):
            continue
        role = "assistant" if message.get("role") == "assistant" else "user"
        blocks = list(_blocks(message))
        if not turns and role == "assistant":
            turns.append({"role": "user", "content": [_text(NOTHING_SAID)]})
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return turns


def _blocks(message: Mapping[str, Any]) -> Iterator[Block]:
    if message.get("role") == "tool":
        call_id = nameable(str(message["tool_call_id"]))
        yield {"type": "tool_result", "tool_use_id": call_id, "content": words_of(message.get("content"))}
        return
    said = [_image(part) if isinstance(part, Image) else _text(part) for part in parts_of(message.get("content"))]
    if message.get("role") != "assistant":
        yield from said or [_text(NOTHING_SAID)]
        return
    calls = [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.arguments)}
        for call in calls_of(message)
    ]
    thinking = signed_by(message, WIRE).get("blocks") or ()
    groups = [said, *[[call] for call in calls]]
    for place, group in enumerate([*groups, []]):
        yield from (block for before, block in thinking if before == place)
        yield from group


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    told = {"description": function["description"]} if function.get("description") else {}
    return {"name": function["name"], **told, "input_schema": schema}


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _image(image: Image) -> Block:
    if image.address:
        return {"type": "image", "source": {"type": "url", "url": image.address}}
    return {"type": "image", "source": {"type": "base64", "media_type": image.media_type, "data": image.data}}


def _is_system(message: Mapping[str, Any]) -> bool:
    return message.get("role") in ("system", "developer")
