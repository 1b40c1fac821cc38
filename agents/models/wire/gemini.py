"""Gemini's `streamGenerateContent`, spoken directly (API reference, "Generating content").

What arrives is turned into the chunks that `AnswerReader` reads, so that what comes after is the same
for all providers.
"""

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import aiohttp
from yarl import URL

from agents.models.ends import BROKEN
from agents.models.errors import error_in
from agents.models.protocol import ContentFiltered, ContextFull, Delta, Message, ModelRefused
from agents.models.wire.answer import AnswerReader
from agents.models.wire.call_pieces import new_call_id
from agents.models.wire.direct import DirectModel
from agents.models.wire.gemini_form import WIRE, request_of
from agents.models.wire.openai_form import nameable

_CONFIG = {
    "frequency_penalty": "frequencyPenalty",
    "max_completion_tokens": "maxOutputTokens",
    "max_tokens": "maxOutputTokens",
    "presence_penalty": "presencePenalty",
    "seed": "seed",
    "stop": "stopSequences",
    "temperature": "temperature",
    "top_k": "topK",
    "top_p": "topP",
}
"""What the OpenAI protocol has at the top, Gemini has in `generationConfig`, under names of its own."""
_UNSIGNED = re.compile(r"missing (a )?`?thought_?signature", re.IGNORECASE)


class Gemini(DirectModel):
    """One model behind one address. `extra` goes into every request, as it is or into `generationConfig`."""

    _wants_signatures = False

    def _fields_with(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        return _fields(extra)

    def _url(self) -> str:
        return f"{_versioned(self._base_url)}/models/{self._model}:streamGenerateContent?alt=sse"

    def _headers(self) -> Mapping[str, str]:
        return {"x-goog-api-key": self._key} if self._key else {}

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer these messages, as `DirectModel` says."""
        response, size = await self._open(messages, tools)
        reader = _Reader(
            AnswerReader(provider=self._provider, model=self._model, input_bytes=size), self.label, self._key
        )
        async with aclosing(self._server.answer(response, reader.answer, reader.feed)) as deltas:
            async for delta in deltas:
                yield delta

    async def _open(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> tuple[aiohttp.ClientResponse, int]:
        """Ask, and ask again when the refusal teaches how this model wants to be asked."""
        while True:
            request = request_of(messages, tools, wants_signatures=self._wants_signatures)
            body = json.dumps(self._refused.kept({**self._fields, **request}), ensure_ascii=False)
            content = body.encode("utf-8", "replace")
            try:
                return await self._server.open(content), len(content)
            except ModelRefused as error:
                if isinstance(error, ContextFull) or not self._learn_from(str(error)):
                    raise

    def _learn_from(self, refusal: str) -> bool:
        if not self._wants_signatures and _UNSIGNED.search(refusal):
            self._wants_signatures = True
            return True
        return self._refused.learn_from(refusal)


class _Reader:
    """Takes the chunks of one answer into it."""

    def __init__(self, answer: AnswerReader, label: str, key: str) -> None:
        self.answer = answer
        self._label = label
        self._key = key
        self._marks: list[dict[str, Any]] = []

    def feed(self, chunk: Mapping[str, Any]) -> str:
        """Take one chunk in; returns the text to show. Raises ModelError for one that is an error."""
        if error := chunk.get("error"):
            raise error_in(error, self._label, self._key)
        candidates = chunk.get("candidates")
        candidate = _mapping(candidates[0]) if isinstance(candidates, list) and candidates else {}
        blocked = _mapping(chunk.get("promptFeedback")).get("blockReason")
        if blocked and not candidate:
            raise ContentFiltered(f"{self._label}: the provider's filter blocked the request ({blocked})")
        reason = candidate.get("finishReason")
        if str(reason).lower() in BROKEN:
            told = candidate.get("finishMessage") or f"the provider ended the answer with “{reason}”"
            raise error_in(str(told), self._label, self._key)
        self._count(_mapping(chunk.get("usageMetadata")))
        parts = _mapping(candidate.get("content")).get("parts")
        text = "".join([self._take(_mapping(part)) for part in (parts if isinstance(parts, list) else ())])
        return text + self.answer.feed({"choices": [{"delta": {}, "finish_reason": reason}]})

    def _take(self, part: Mapping[str, Any]) -> str:
        if function := _mapping(part.get("functionCall")):
            self._call(function, part.get("thoughtSignature"))
            return ""
        name = "reasoning_content" if part.get("thought") else "content"
        return self.answer.feed({"choices": [{"delta": {name: part.get("text")}}]})

    def _call(self, function: Mapping[str, Any], signature: Any) -> None:
        given = function.get("id")
        has_id = isinstance(given, str) and bool(given)
        asked = {"name": function.get("name"), "arguments": function.get("args") or {}}
        piece = {"index": len(self._marks), "id": nameable(str(given)) if has_id else new_call_id(), "function": asked}
        self._marks.append({"signature": signature if isinstance(signature, str) else "", "has_id": has_id})
        if any(mark["signature"] or mark["has_id"] for mark in self._marks):
            self.answer.signed = {"wire": WIRE, "calls": self._marks}
        self.answer.feed({"choices": [{"delta": {"tool_calls": [piece]}}]})

    def _count(self, usage: Mapping[str, Any]) -> None:
        """What was counted so far, in one form for all: thinking is output, and the input holds what was cached."""

        def of(*names: str) -> int:
            return sum(value for name in names if isinstance(value := usage.get(name), int))

        if usage:
            counted = {
                "prompt_tokens": of("promptTokenCount", "toolUsePromptTokenCount"),
                "completion_tokens": of("candidatesTokenCount", "thoughtsTokenCount"),
                "prompt_tokens_details": {"cached_tokens": of("cachedContentTokenCount")},
            }
            self.answer.feed({"usage": counted})


def _fields(extra: Mapping[str, Any]) -> dict[str, Any]:
    """The extra fields, those of the OpenAI protocol in the place where Gemini has them."""
    config = {_CONFIG[name]: value for name, value in extra.items() if name in _CONFIG}
    fields = {name: value for name, value in extra.items() if name not in _CONFIG}
    if config:
        fields["generationConfig"] = {**_mapping(fields.get("generationConfig")), **config}
    return fields


def _versioned(base_url: str) -> str:
    """The address with the version of the API, for people who give that of the machine alone."""
    base = base_url.rstrip("/")
    return base if URL(base).path.strip("/") else f"{base}/v1beta"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
