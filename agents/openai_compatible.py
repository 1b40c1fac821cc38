"""The OpenAI chat protocol, spoken directly on aiohttp: OpenAI, DashScope, DeepSeek, Ollama, vLLM and any proxy.

A stream is never trusted: it may break off, carry what is not JSON, never end, or be no stream at all. What arrives is
shown once per read, ten times a second at most, not once per token. Thinking is not shown; see `agents.thinking`
for what becomes of it.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog

from agents.answer import Answer
from agents.context import json_array
from agents.event_stream import EventStream, WholeBody
from agents.models import Delta, Message, ModelCutShort, ModelError, ModelRefused, ModelUnavailable, TextDelta
from agents.paced_body import PacedBody
from agents.pictures import has_pictures, teaches_blindness, unseen
from agents.provider_errors import error_for, error_in, masked, message_in, parsed, retry_after_in
from agents.thinking import Thinking, adapted, lesson

log = structlog.get_logger(__name__)

_TRANSPORT = (aiohttp.ClientError, OSError, TimeoutError)
_MAX_ERROR_BYTES = 65_536
_GRACE_SECONDS = 0.3
"""How long to wait for the count of tokens and the end of the body after the answer itself is complete."""

_OPTIONAL = {
    "stream_options": re.compile(r"stream_options", re.IGNORECASE),
    "temperature": re.compile(
        r"unsupported.*temperature|temperature.*(not support|unsupported|deprecated)", re.IGNORECASE
    ),
    "tools": re.compile(r"(not|n't|no endpoints found that) support (tools|tool use|function)", re.IGNORECASE),
}
"""Fields that a server may refuse and an answer can do without, with how the refusal reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to give up on an answer: nothing for `idle_seconds`, not done after `total_seconds`, too many bytes.

    Bytes are counted as they arrive, envelopes included: some 250 for each token.
    """

    connect_seconds: float = 10.0
    idle_seconds: float = 60.0
    total_seconds: float = 900.0
    max_bytes: int = 32_000_000


DEFAULT_LIMITS = Limits()


class OpenAICompatible:
    """One model behind one address. `extra` goes into every request body as it is (temperature, max_tokens, ...).

    `base_url` is what the provider's manual calls so, usually ending in /v1. The session is shared and not closed here.
    `key_hint` is added to what the provider says when it refuses the key.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        base_url: str,
        model: str,
        provider: str,
        api_key: str = "",
        extra: Mapping[str, Any] | None = None,
        limits: Limits = DEFAULT_LIMITS,
        key_hint: str = "",
    ) -> None:
        self._key_hint = key_hint
        self._http = http
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._model = model
        self._provider = provider
        self._key = api_key.strip()
        self._fields = {"model": model, "stream": True, "stream_options": {"include_usage": True}, **(extra or {})}
        self._refused_fields: set[str] = set()
        self._server_thinking = Thinking.IGNORES
        self._is_blind = False
        self._limits = limits
        self._timeout = aiohttp.ClientTimeout(
            total=limits.total_seconds, sock_connect=limits.connect_seconds, sock_read=limits.idle_seconds
        )
        self._headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if self._key:
            self._headers["Authorization"] = f"Bearer {self._key}"

    @property
    def label(self) -> str:
        """provider/name."""
        return f"{self._provider}/{self._model}"

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer these messages. Raises ModelUnavailable or ModelRefused before the first delta, ModelCutShort after.

        A connection that breaks before anything was shown counts as ModelUnavailable, so that it is tried again.
        """
        body = self._body(messages, tools)
        response = await self._open(body, messages, tools)
        answer = Answer(provider=self._provider, model=self._model, input_bytes=len(body))
        chunks = WholeBody() if response.content_type == "application/json" else EventStream()
        pieces = PacedBody(response)
        received, is_shown = 0, False
        try:
            while data := await self._read(pieces, answer, chunks):
                received += len(data)
                if text := self._take(answer, chunks.feed(data), is_shown=is_shown):
                    is_shown = True
                    yield TextDelta(text=text)
                self._require_sane(received, chunks)
            if text := self._take(answer, chunks.end(), is_shown=is_shown) + answer.rest():
                yield TextDelta(text=text)
        except _TRANSPORT as error:
            raise self._broken_off(error, is_shown=is_shown) from error
        finally:
            response.close()
        self._require_complete(answer, chunks)
        for call in answer.calls():
            yield call
        yield answer.finished()

    def _body(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> bytes:
        fields = {name: value for name, value in self._fields.items() if name not in self._refused_fields}
        head = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()[:-1]
        if self._is_blind:
            messages = unseen(messages)
        body = head + b',"messages":' + json_array(adapted(messages, self._server_thinking))
        if tools and "tools" not in self._refused_fields:
            body += b',"tools":' + json_array(tools)
        return body + b"}"

    async def _open(
        self, body: bytes, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> aiohttp.ClientResponse:
        """Ask, and ask again when the refusal teaches how this server wants to be asked."""
        while True:
            try:
                response = await self._http.post(
                    self._url, data=body, headers=self._headers, timeout=self._timeout, allow_redirects=False
                )
                if response.status == 200:  # noqa: PLR2004 - OK
                    return response
                error = await self._refusal(response)
            except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as failure:
                raise ModelRefused(f"{self.label}: {self._url} is no web address; see its base_url") from failure
            except _TRANSPORT as failure:
                raise self._broken_off(failure, is_shown=False) from failure
            except ValueError as failure:
                raise ModelRefused(
                    f"{self.label}: the key holds a line break or another sign that no key has"
                ) from failure
            if not self._learn_from(error, messages):
                raise error
            body = self._body(messages, tools)

    async def _refusal(self, response: aiohttp.ClientResponse) -> ModelError:
        try:
            if 300 <= response.status < 400:  # noqa: PLR2004 - redirects, which would carry our key elsewhere
                place = masked(response.headers.get("Location", "elsewhere"), self._key)
                return ModelRefused(f"{self.label} redirects to {place}; set its base_url to that")
            body = b""
            while len(body) < _MAX_ERROR_BYTES and (data := await response.content.readany()):
                body += data
        finally:
            response.close()
        detail = masked(message_in(body, response.status), self._key)
        if response.status == 401 and self._key_hint:  # noqa: PLR2004 - unauthorised
            detail += f" ({self._key_hint})"
        wait = retry_after_in(response.headers)
        return error_for(response.status, f"{self.label}: {detail}", wait, given=parsed(body))

    def _learn_from(self, error: ModelError, messages: Sequence[Message]) -> bool:
        """Whether the refusal says something new of this server; it is kept in mind from now on."""
        if not isinstance(error, ModelRefused):
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
        unknown = (name for name, words in _OPTIONAL.items() if words.search(str(error)))
        field = next((name for name in unknown if name not in self._refused_fields), None)
        if field is None:
            return False
        log.warning("model_refused_field", model=self.label, field=field)
        self._refused_fields.add(field)
        return True

    async def _read(self, pieces: PacedBody, answer: Answer, chunks: EventStream | WholeBody) -> bytes:
        """The next bytes; empty at the end.

        Once the answer is complete, the rest is worth a short wait only: it keeps the connection for the next turn.
        """
        if not answer.reason and not chunks.done:
            return await pieces.read()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                return await pieces.read()
        except _TRANSPORT:
            return b""

    def _take(self, answer: Answer, chunks: list[Mapping[str, Any]], *, is_shown: bool) -> str:
        texts: list[str] = []
        for chunk in chunks:
            if error := chunk.get("error"):
                raise self._reported(error, is_shown=is_shown)
            texts.append(answer.feed(chunk))
        return "".join(texts)

    def _reported(self, error: Any, *, is_shown: bool) -> ModelError:
        """An error that came inside the stream, as OpenRouter and vLLM send it, under a status of 200."""
        failure = error_in(error, self.label, self._key)
        return ModelCutShort(str(failure)) if is_shown else failure

    def _broken_off(self, error: BaseException, *, is_shown: bool) -> ModelError:
        reason = masked(str(error), self._key) or type(error).__name__
        if isinstance(error, TimeoutError):
            reason = f"no answer in time ({reason})"
        return (ModelCutShort if is_shown else ModelUnavailable)(f"{self.label}: {reason}")

    def _require_sane(self, received: int, chunks: EventStream | WholeBody) -> None:
        if received > self._limits.max_bytes:
            raise ModelCutShort(f"{self.label}: the answer is larger than {self._limits.max_bytes / 1e6:g} MB")
        if chunks.is_broken:
            raise ModelCutShort(f"{self.label} sent what is no answer of a chat model")

    def _require_complete(self, answer: Answer, chunks: EventStream | WholeBody) -> None:
        if not answer.reason and not chunks.done:
            raise ModelCutShort(f"{self.label}: the answer broke off before its end")
        if chunks.is_broken or (chunks.garbage and answer.has_calls):
            raise ModelCutShort(f"{self.label}: a piece of the tool call could not be read")
