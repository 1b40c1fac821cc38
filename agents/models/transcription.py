"""Voice messages as words, by an OpenAI-compatible `/audio/transcriptions` endpoint. Refuses to guess what was said."""

import json
from dataclasses import dataclass

import aiohttp

from agents.models.errors import error_for, masked, message_in, parsed, retry_after_in
from agents.models.protocol import ModelError, ModelRefused, ModelUnavailable, TokenUsage
from channels.shared.downloads import beginning

TIMEOUT = aiohttp.ClientTimeout(total=120.0, sock_connect=10.0)
LARGEST_BYTES = 25 * 2**20
"""What OpenAI's endpoint takes (API reference, "Create transcription")."""
_MOST_ANSWER_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said, and what it cost; `usage` has no tokens where the provider counts none."""

    text: str
    usage: TokenUsage


class Transcriber:
    """One model behind one address. The session is shared and not closed here."""

    def __init__(
        self, http: aiohttp.ClientSession, *, base_url: str, model: str, provider: str, api_key: str = ""
    ) -> None:
        self._http = http
        self._url = base_url.rstrip("/") + "/audio/transcriptions"
        self._model = model
        self._provider = provider
        self._key = api_key.strip()
        self._headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}

    @property
    def label(self) -> str:
        """provider/model, as shown to people."""
        return f"{self._provider}/{self._model}"

    async def transcribe(self, name: str, media_type: str, content: bytes) -> Transcript:
        """The words of a recording. Raises ModelUnavailable or ModelRefused, with the provider's own sentence."""
        if len(content) > LARGEST_BYTES:
            raise ModelRefused(f"{self.label}: a recording of {len(content)} bytes is too large")
        form = aiohttp.FormData()
        form.add_field("model", self._model)
        form.add_field("response_format", "json")
        form.add_field("file", content, filename=name, content_type=media_type)
        try:
            async with self._http.post(
                self._url, data=form, headers=self._headers, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                return self._understand(
                    response.status, await beginning(response, _MOST_ANSWER_BYTES), retry_after_in(response.headers)
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            reason = masked(str(error), self._key) or type(error).__name__
            raise ModelUnavailable(f"{self.label}: {reason}") from error

    def _understand(self, status: int, body: bytes, retry_after_seconds: float | None) -> Transcript:
        if status != 200:  # noqa: PLR2004 - OK
            detail = f"{self.label}: {masked(message_in(body, status), self._key)}"
            raise error_for(status, detail, retry_after_seconds, given=parsed(body))
        try:
            answer = json.loads(body)
            text = answer["text"]
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{self.label} sent what is no transcription") from error
        counted = answer.get("usage")
        tokens = counted if isinstance(counted, dict) else {}
        return Transcript(
            text=str(text).strip(),
            usage=TokenUsage(
                provider=self._provider,
                model=self._model,
                input_tokens=_count(tokens.get("input_tokens")),
                output_tokens=_count(tokens.get("output_tokens")),
            ),
        )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
