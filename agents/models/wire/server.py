"""One address of a provider, whatever protocol it speaks: asks, reads the streamed answer, and says what went wrong.

A stream is never trusted: it may break off, carry what is not JSON, never end, or be no stream at all. What arrives is
handed on once per read, ten times a second at most, not once per token.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import aiohttp

from agents.models.errors import error_for, masked, message_in, parsed, retry_after_in
from agents.models.protocol import Delta, ModelCutShort, ModelError, ModelRefused, ModelUnavailable, TextDelta
from agents.models.wire.answer import AnswerReader
from agents.models.wire.event_stream import AnswerBody
from agents.models.wire.paced_body import PacedBody
from channels.shared.downloads import beginning

_TRANSPORT = (aiohttp.ClientError, OSError, TimeoutError)
_MAX_ERROR_BYTES = 65_536
_GRACE_SECONDS = 0.3
"""How long to wait for the end of the body after everything is said: it keeps the connection for the next turn."""
_LATE_SECONDS = 3.0
"""How long to wait for the count of tokens, or for the mark of the end, after the reason for it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLimits:
    """When to give up on an answer: nothing for `idle_seconds`, not done after `total_seconds`, too many bytes.

    Bytes are counted as they arrive, envelopes included: some 250 for each token.
    """

    connect_seconds: float = 10.0
    idle_seconds: float = 60.0
    total_seconds: float = 900.0
    max_bytes: int = 32_000_000


DEFAULT_LIMITS = AnswerLimits()


class ModelServer:
    """Where one model is asked. The session is shared and not closed here.

    `label` begins every sentence, `key` is masked in it, `key_hint` is added when the provider refuses the key.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        url: str,
        headers: Mapping[str, str],
        label: str,
        key: str = "",
        limits: AnswerLimits = DEFAULT_LIMITS,
        key_hint: str = "",
    ) -> None:
        self._http = http
        self._url = url
        self._label = label
        self._key = key
        self._limits = limits
        self._key_hint = key_hint
        self._headers = {"Content-Type": "application/json", "Accept": "text/event-stream", **headers}
        self._timeout = aiohttp.ClientTimeout(
            total=limits.total_seconds, sock_connect=limits.connect_seconds, sock_read=limits.idle_seconds
        )

    async def open(self, body: bytes) -> aiohttp.ClientResponse:
        """Ask; the answer is read with `read`. Raises ModelUnavailable and ModelRefused."""
        try:
            response = await self._http.post(
                self._url, data=body, headers=self._headers, timeout=self._timeout, allow_redirects=False
            )
            if response.status == 200:  # noqa: PLR2004 - OK
                return response
            error = await self._refusal(response)
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as failure:
            raise ModelRefused(f"{self._label}: {self._url} is no web address; see its base_url") from failure
        except _TRANSPORT as failure:
            raise self._broken_off(failure, is_shown=False) from failure
        except ValueError as failure:
            raise ModelRefused(f"{self._label}: the key holds a line break or a sign that no key has") from failure
        raise error

    async def answer(
        self, response: aiohttp.ClientResponse, answer: AnswerReader, feed: Callable[[Mapping[str, Any]], str]
    ) -> AsyncGenerator[Delta, None]:
        """What a model owes the turn: the texts as they come, then the calls, then the end. Raises as `read` does."""
        async with aclosing(self.read(response, answer, feed)) as texts:
            async for text in texts:
                yield TextDelta(text=text)
        for call in answer.calls():
            yield call
        yield answer.finished()

    async def read(
        self, response: aiohttp.ClientResponse, answer: AnswerReader, feed: Callable[[Mapping[str, Any]], str]
    ) -> AsyncGenerator[str, None]:
        """The texts to show, while `feed` takes every chunk into the answer and says what is to be shown of it.

        Raises ModelCutShort once something was shown; before that, whatever `feed` raises, and ModelUnavailable for a
        connection that breaks, so that it is tried again.
        """
        chunks, pieces = AnswerBody(), PacedBody(response)
        received, is_shown = 0, False
        try:
            while data := await self._next(pieces, answer, chunks):
                received += len(data)
                if text := "".join([feed(chunk) for chunk in chunks.feed(data)]):
                    is_shown = True
                    yield text
                self._require_sane(received, chunks)
            if text := "".join([feed(chunk) for chunk in chunks.end()]) + answer.rest():
                is_shown = True
                yield text
        except _TRANSPORT as error:
            raise self._broken_off(error, is_shown=is_shown) from error
        except ModelError as error:
            if is_shown and not isinstance(error, ModelCutShort):
                raise ModelCutShort(str(error)) from error
            raise
        finally:
            response.close()
        self._require_complete(answer, chunks)

    async def _refusal(self, response: aiohttp.ClientResponse) -> ModelError:
        try:
            if 300 <= response.status < 400:  # noqa: PLR2004 - redirects, which would carry our key elsewhere
                place = masked(response.headers.get("Location", "elsewhere"), self._key)
                return ModelRefused(f"{self._label} redirects to {place}; set its base_url to that")
            body = await beginning(response, _MAX_ERROR_BYTES)
        finally:
            response.close()
        detail = masked(message_in(body, response.status), self._key)
        if response.status == 401 and self._key_hint:  # noqa: PLR2004 - unauthorised
            detail += f" ({self._key_hint})"
        wait = retry_after_in(response.headers)
        return error_for(response.status, f"{self._label}: {detail}", wait, given=parsed(body))

    async def _next(self, pieces: PacedBody, answer: AnswerReader, chunks: AnswerBody) -> bytes:
        """The next bytes; empty at the end, of which some servers give only the reason and hold the line open."""
        if not chunks.done and (not answer.reason or answer.may_go_on):
            return await pieces.read()
        try:
            async with asyncio.timeout(_GRACE_SECONDS if chunks.done or answer.is_over else _LATE_SECONDS):
                return await pieces.read()
        except _TRANSPORT:
            return b""

    def _broken_off(self, error: BaseException, *, is_shown: bool) -> ModelError:
        reason = masked(str(error), self._key) or type(error).__name__
        if isinstance(error, TimeoutError):
            reason = f"no answer in time ({reason})"
        return (ModelCutShort if is_shown else ModelUnavailable)(f"{self._label}: {reason}")

    def _require_sane(self, received: int, chunks: AnswerBody) -> None:
        if received > self._limits.max_bytes:
            raise ModelCutShort(f"{self._label}: the answer is larger than {self._limits.max_bytes / 1e6:g} MB")
        if chunks.is_broken:
            raise ModelCutShort(f"{self._label} sent what is no answer of a chat model")

    def _require_complete(self, answer: AnswerReader, chunks: AnswerBody) -> None:
        if chunks.is_broken:
            raise ModelCutShort(f"{self._label} sent what is no answer of a chat model")
        if not answer.reason and not chunks.done:
            raise ModelCutShort(f"{self._label}: the answer broke off before its end")
        if chunks.garbage and answer.has_calls:
            raise ModelCutShort(f"{self._label}: a piece of the tool call could not be read")
