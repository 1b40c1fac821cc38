"""The model of a first run: offline, deterministic, honest about what it is, and able to call tools in plain words.

It shows what Nexora does (streaming, a guarded tool call, an approval card) before any key is set. It understands a
dozen phrases of each language and refuses to pretend that it understands more.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from agents.models.context import estimate_tokens, json_array
from agents.models.protocol import Delta, End, Finished, Message, TextDelta, TokenUsage, ToolCallRequest
from agents.models.rehearsal.phrases import Intent, intent_in
from agents.models.rehearsal.reports import NOTE, news, report
from agents.models.wire.call_pieces import new_call_id
from channels.locales import say

PROVIDER, NAME = "rehearsal", "offline"
LABEL = f"{PROVIDER}/{NAME}"
PAUSE_SECONDS = 0.02
_PIECE = re.compile(r"\s*[\x21-\x7e]+\s*|[^\x21-\x7e]{1,2}")


class Rehearsal:
    """A `Model` that needs nothing. `pause_seconds` lies between two pieces of text."""

    def __init__(self, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._pause = pause_seconds

    @property
    def label(self) -> str:
        """provider/name."""
        return LABEL

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer the last message: call a tool when it asks for one in plain words, else explain."""
        said = ""
        text, call = respond(messages, tools)
        for piece in _PIECE.findall(text):
            said += piece
            yield TextDelta(text=piece)
            await asyncio.sleep(self._pause)
        if call:
            said += call.name + call.arguments
            yield call
        usage = TokenUsage(
            provider=PROVIDER,
            model=NAME,
            input_tokens=estimate_tokens(len(json_array(messages)) + len(json_array(tools))),
            output_tokens=estimate_tokens(len(said.encode())),
            estimated=True,
        )
        yield Finished(end=End.CALLS if call else End.STOP, reason="tool_calls" if call else "stop", usage=usage)


def respond(messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> tuple[str, ToolCallRequest | None]:
    """What to say, and the call to make, if any."""
    results = list(takewhile(lambda each: each.get("role") == "tool", reversed(messages)))[::-1]
    asked = _last_words(messages)
    intent, language = intent_in(asked)
    if results:
        return "\n\n".join(report(result, language) for result in results), None
    if (note := _text_of(messages[-1]) if messages else "").startswith(NOTE):
        return news(note, language), None
    if intent.name not in ("call", "explain"):
        return say(f"rehearsal.{intent.name}", language), None
    if intent.name == "explain":
        return say("rehearsal.explain", language, words=asked.strip()[:60]), None
    call = _call(intent, tools)
    if call is None:
        return say("rehearsal.not_offered", language, tool=intent.tools[0]), None
    return say("rehearsal.calling", language, tool=call.name), call


def _last_words(messages: Sequence[Message]) -> str:
    """What a person said last; what the gateway tells a model in a person's place is none of it."""
    said = (_text_of(each) for each in reversed(messages) if each.get("role") == "user")
    return next((text for text in said if not text.startswith(NOTE)), "")


def _text_of(told: Message) -> str:
    content: Any = told.get("content") or ""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return str(content)


def _call(intent: Intent, tools: Sequence[Mapping[str, Any]]) -> ToolCallRequest | None:
    """The call, under the names that the offered tool itself uses for its arguments."""
    offered = {tool["function"]["name"]: tool["function"] for tool in tools}
    function = next((offered[name] for name in intent.tools if name in offered), None)
    if function is None:
        return None
    known = (function.get("parameters") or {}).get("properties") or {}
    arguments = {
        next((name for name in names if name in known), names[0]): value for names, value in intent.arguments if value
    }
    return ToolCallRequest(id=new_call_id(), name=function["name"], arguments=json.dumps(arguments, ensure_ascii=False))
