"""Anthropic's Messages API, spoken directly (API reference, "Messages" and "Streaming messages").

What arrives is turned into the chunks that `AnswerReader` reads, so that what comes after is the same
for all providers.
"""

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import aiohttp

from agents.models.errors import error_in
from agents.models.protocol import ContextFull, Delta, Message, ModelRefused
from agents.models.wire.answer import AnswerReader
from agents.models.wire.anthropic_form import WIRE, request_of
from agents.models.wire.direct import DirectModel

VERSION = "2023-06-01"
MOST_TOKENS = 16_000
"""Longest answer unless the settings say otherwise: the field is required. Older models take less, and say how much."""
_FEWER_TOKENS = re.compile(r"max_tokens: \d+ > (\d+)")
_RENAMED = {"max_completion_tokens": "max_tokens", "stop": "stop_sequences"}


class Anthropic(DirectModel):
    """One model behind one address, which may also be another provider's that speaks this protocol.

    `extra` goes into every request as it is: `max_tokens`, `thinking`, `output_config`.
    """

    def _fields_with(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        given = {_RENAMED.get(name, name): value for name, value in extra.items()}
        return {"model": self._model, "max_tokens": MOST_TOKENS, "stream": True, **given}

    def _url(self) -> str:
        return f"{self._base_url.removesuffix('/v1')}/v1/messages"

    def _headers(self) -> Mapping[str, str]:
        return {"anthropic-version": VERSION, **({"x-api-key": self._key} if self._key else {})}

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer these messages, as `DirectModel` says."""
        request = request_of(messages, tools)
        response, size = await self._open(request)
        reader = _Reader(
            AnswerReader(provider=self._provider, model=self._model, input_bytes=size), self.label, self._key
        )
        async with aclosing(self._server.answer(response, reader.answer, reader.feed)) as deltas:
            async for delta in deltas:
                yield delta

    async def _open(self, request: Mapping[str, Any]) -> tuple[aiohttp.ClientResponse, int]:
        """Ask, and ask again when the refusal teaches how this model wants to be asked."""
        while True:
            body = json.dumps(self._refused.kept({**self._fields, **request}), ensure_ascii=False)
            content = body.encode("utf-8", "replace")
            try:
                return await self._server.open(content), len(content)
            except ModelRefused as error:
                if isinstance(error, ContextFull) or not self._learn_from(str(error)):
                    raise

    def _learn_from(self, refusal: str) -> bool:
        if (found := _FEWER_TOKENS.search(refusal)) and int(found[1]) < self._fields["max_tokens"]:
            self._fields["max_tokens"] = int(found[1])
            return True
        return self._refused.learn_from(refusal)


class _Reader:
    """Takes the events of one answer into it."""

    def __init__(self, answer: AnswerReader, label: str, key: str) -> None:
        self.answer = answer
        self._label = label
        self._key = key
        self._usage: dict[str, Any] = {}
        self._thinking: dict[int, dict[str, Any]] = {}
        self._signed: list[tuple[int, dict[str, Any]]] = []
        self._place = 0
        self._inputs: dict[int, Any] = {}

    def feed(self, event: Mapping[str, Any]) -> str:
        """Take one event in; returns the text to show. Raises ModelError for one that is an error."""
        match event.get("type"):
            case "error":
                raise error_in(event.get("error") or event, self._label, self._key)
            case "message":
                return self._whole(event)
            case "message_start":
                self._count(_mapping(event.get("message")).get("usage"))
            case "content_block_start":
                return self._begin(_number(event), _mapping(event.get("content_block")))
            case "content_block_delta":
                return self._go_on(_number(event), _mapping(event.get("delta")))
            case "content_block_stop":
                self._end(_number(event))
            case "message_delta":
                self._count(event.get("usage"))
                return self._stop(_mapping(event.get("delta")))
            case "message_stop":
                self.answer.is_over = True
        return ""

    def _begin(self, index: int, block: Mapping[str, Any]) -> str:
        kind = block.get("type")
        if kind == "tool_use":
            self._inputs[index] = block.get("input")
            function = {"name": block.get("name"), "arguments": ""}
            self._add({"tool_calls": [{"index": index, "id": block.get("id"), "function": function}]})
            self._place = max(self._place, 1) + 1
        elif kind in ("thinking", "redacted_thinking"):
            self._thinking[index] = dict(block)
        elif kind == "text":
            self._place = max(self._place, 1)
            return self._add({"content": block.get("text")})
        return ""

    def _go_on(self, index: int, delta: Mapping[str, Any]) -> str:
        match delta.get("type"):
            case "text_delta":
                return self._add({"content": delta.get("text")})
            case "input_json_delta":
                if delta.get("partial_json"):
                    self._inputs.pop(index, None)
                function = {"arguments": delta.get("partial_json")}
                self._add({"tool_calls": [{"index": index, "function": function}]})
            case "thinking_delta":
                block = self._thinking.setdefault(index, {"type": "thinking", "thinking": ""})
                block["thinking"] = str(block.get("thinking") or "") + str(delta.get("thinking") or "")
            case "signature_delta":
                block = self._thinking.setdefault(index, {"type": "thinking", "thinking": ""})
                block["signature"] = str(block.get("signature") or "") + str(delta.get("signature") or "")
        return ""

    def _end(self, index: int) -> None:
        if given := self._inputs.pop(index, None):
            self._add({"tool_calls": [{"index": index, "function": {"arguments": given}}]})
        block = self._thinking.pop(index, {})
        if block.get("signature") or block.get("data"):
            self._signed.append((self._place, block))
            self.answer.signed = {"wire": WIRE, "blocks": self._signed}

    def _stop(self, delta: Mapping[str, Any]) -> str:
        reason = delta.get("stop_reason")
        self._usage_told()
        text = ""
        if reason == "refusal" and self._place == 0:
            text = str(_mapping(delta.get("stop_details")).get("explanation") or "")
        return self.answer.feed({"choices": [{"delta": {"content": text}, "finish_reason": reason}]})

    def _whole(self, message: Mapping[str, Any]) -> str:
        """The answer of a server that does not stream."""
        self._count(message.get("usage"))
        texts = []
        blocks = message.get("content")
        for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
            texts.append(self._begin(index, _mapping(block)))
            self._end(index)
        return "".join(texts) + self._stop(message)

    def _add(self, delta: Mapping[str, Any]) -> str:
        return self.answer.feed({"choices": [{"delta": delta}]})

    def _count(self, usage: Any) -> None:
        self._usage |= {name: value for name, value in _mapping(usage).items() if isinstance(value, int)}

    def _usage_told(self) -> None:
        """What was counted, in one form for all: the input holds what came from the cache or went into it."""
        cached, written = (self._usage.get(f"cache_{kind}_input_tokens", 0) for kind in ("read", "creation"))
        counted = {
            "prompt_tokens": self._usage.get("input_tokens", 0) + cached + written,
            "completion_tokens": self._usage.get("output_tokens", 0),
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        self.answer.feed({"usage": counted})


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(event: Mapping[str, Any]) -> int:
    index = event.get("index")
    return index if isinstance(index, int) else 0
