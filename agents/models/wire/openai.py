"""The OpenAI chat protocol, spoken directly on aiohttp: OpenAI, DashScope, DeepSeek, Ollama, vLLM and any proxy.

Thinking is not shown; see `agents.models.thinking` for what becomes of it.
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import aiohttp
import structlog

from agents.models.context import json_array
from agents.models.ends import BROKEN
from agents.models.errors import error_in
from agents.models.pictures import LOOKING, has_pictures, seen, teaches_blindness, unseen
from agents.models.protocol import ContextFull, Delta, Message, ModelRefused
from agents.models.providers.known import known_at
from agents.models.thinking import ThinkingRule, adapted, lesson
from agents.models.wire.answer import AnswerReader
from agents.models.wire.direct import DirectModel
from agents.models.wire.reasoning_filter import Habit

log = structlog.get_logger(__name__)
THINKS_NOT = {"type": "disabled"}
"""`thinking` as DeepSeek and Moonshot switch it off; then nothing of it is wanted back."""


class OpenAICompatible(DirectModel):
    """One model behind one address. `extra` goes into every request body as it is (temperature, max_tokens, ...).

    `base_url` is what the provider's manual calls so, usually ending in /v1.
    """

    _is_blind = False

    def __init__(self, http: aiohttp.ClientSession, *, base_url: str, provider: str, **given: Any) -> None:
        super().__init__(http, base_url=base_url, provider=provider, **given)
        known = known_at(provider, base_url)
        self._habit = Habit(opens=False if known else None)
        wants = known is not None and known.wants_thinking_back and self._fields.get("thinking") != THINKS_NOT
        self._server_thinking = ThinkingRule.REQUIRES if wants else ThinkingRule.IGNORES

    def _fields_with(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        return {"model": self._model, "stream": True, "stream_options": {"include_usage": True}, **extra}

    def _url(self) -> str:
        return f"{self._base_url}/chat/completions"

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer these messages, as `DirectModel` says."""
        body = self._body(messages, tools)
        response = await self._open(body, messages, tools)
        answer = AnswerReader(provider=self._provider, model=self._model, input_bytes=len(body), habit=self._habit)

        def feed(chunk: Mapping[str, Any]) -> str:
            if (error := _error_of(chunk)) is not None:
                raise error_in(error, self.label, self._key)
            return answer.feed(chunk)

        async with aclosing(self._server.answer(response, answer, feed)) as deltas:
            async for delta in deltas:
                yield delta

    def _body(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> bytes:
        head = json.dumps(self._refused.kept(self._fields), ensure_ascii=False, separators=(",", ":")).encode()[:-1]
        messages = unseen(messages) if self._is_blind else seen(messages, between=LOOKING)
        body = head + b',"messages":' + json_array(adapted(messages, self._server_thinking))
        if tools and "tools" not in self._refused:
            body += b',"tools":' + json_array(tools)
        return body + b"}"

    async def _open(
        self, body: bytes, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> aiohttp.ClientResponse:
        """Ask, and ask again when the refusal teaches how this server wants to be asked."""
        while True:
            try:
                return await self._server.open(body)
            except ModelRefused as error:
                if not self._learn_from(error, messages):
                    raise
            body = self._body(messages, tools)

    def _learn_from(self, error: ModelRefused, messages: Sequence[Message]) -> bool:
        """Whether the refusal says something new of this server; it is kept in mind from now on."""
        if isinstance(error, ContextFull):
            return False
        if not self._is_blind and has_pictures(messages) and teaches_blindness(str(error)):
            log.info("model_cannot_see", model=self.label)
            self._is_blind = True
            return True
        thinking = lesson(str(error))
        if thinking and thinking is not self._server_thinking:
            log.info("model_thinking_learnt", model=self.label, server=thinking)
            self._server_thinking = thinking
            return True
        return self._refused.learn_from(str(error))


def _error_of(chunk: Mapping[str, Any]) -> Any:
    """The error in a chunk of a stream that began well; None when there is none.

    OpenRouter, vLLM, SGLang and others put it under `error`, older ones make the chunk itself one; MiniMax has
    `base_resp`; and an answer may end with a reason that is none.
    """
    if error := chunk.get("error"):
        return error
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, Mapping):
        reason = choice.get("finish_reason")
        if reason is None and "error" not in choice:
            return None
        broken = {"message": f"the provider ended the answer with “{reason}”"} if reason in BROKEN else None
        return choice.get("error") or broken
    if "error" in (chunk.get("object"), chunk.get("type")) or (chunk.get("message") and chunk.get("code")):
        return chunk
    state = chunk.get("base_resp")
    return state if isinstance(state, Mapping) and state.get("status_code") else None
