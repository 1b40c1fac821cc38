"""Every provider that does not speak the OpenAI protocol, through litellm.

Importing litellm costs seconds and some 180 MB, so it happens in a thread: at start where a
configured model needs it, else on the first answer, and never otherwise.
Its telemetry, its .env loading, its retries, its cost-map download and its own MCP client stay off.
"""

import asyncio
import atexit
import json
import os
import re
import warnings
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from agents.models.context import json_array
from agents.models.ends import end_of
from agents.models.errors import error_for, masked, retry_after_in, sentence_in
from agents.models.pictures import LOOKING, has_pictures, seen, teaches_blindness, unseen
from agents.models.protocol import Delta, End, Message, ModelCutShort, ModelError, ModelRefused, TextDelta
from agents.models.thinking import ThinkingRule, adapted
from agents.models.wire.answer import AnswerReader
from agents.models.wire.server import DEFAULT_LIMITS, AnswerLimits
from governance.egress.system_trust import system_file

_PREFIX = re.compile(r"^(?:litellm\.\w+: |\w+(?:Error|Exception):? (?:- )?)+")
_JSON = re.compile(r"\{.*\}", re.DOTALL)
_BAD_GATEWAY = 502


@cache
def load_litellm(ca_file: Path | None = None) -> Any:
    """The module, imported and silenced. Blocks for seconds the first time. Raises ModelRefused without it.

    `ca_file` holds certificates that are trusted beside the usual ones.
    """
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own deprecations are not ours to mend
            import litellm  # noqa: PLC0415 - seconds and 180 MB, so only when a model needs it
            import openai.resources  # noqa: F401, PLC0415 - else litellm does so on the event loop, for half a second
            from litellm.litellm_core_utils import core_helpers  # noqa: PLC0415 - with it
    except ImportError as error:
        raise ModelRefused(f"litellm cannot be imported ({error}); install the group 'models'") from error
    helpers: Any = core_helpers
    helpers._FINISH_REASON_MAP = _AsTheyAre(helpers._FINISH_REASON_MAP)  # noqa: SLF001 - there is no other way
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.drop_params = True
    litellm.turn_off_message_logging = True
    litellm.ssl_verify = trusted_file(ca_file)
    return litellm


def load_quietly(ca_file: Path | None = None) -> None:
    """Load it ahead of time; what goes wrong is told to whoever needs it first."""
    with suppress(ModelRefused):
        load_litellm(ca_file)


def trusted_file(ca_file: Path | None) -> str:
    """A file with the system's certificates and these, instead of the list that comes with litellm's packages."""
    system = system_file(os.environ)
    if system and ca_file is None:
        return str(system)
    import certifi  # noqa: PLC0415 - comes with litellm

    usual = system.read_text(encoding="ascii", errors="ignore") if system else certifi.contents()
    added = ca_file.read_text(encoding="ascii", errors="ignore") if ca_file else ""
    with NamedTemporaryFile("w", encoding="ascii", prefix="nexora-trust-", suffix=".pem", delete=False) as file:
        file.write(f"{usual}\n{added}")
    atexit.register(Path(file.name).unlink, missing_ok=True)
    return file.name


class _AsTheyAre(dict[str, str]):
    """Words of litellm's for why an answer ended. One that it does not know stays what it is, and is no success."""

    def get(self, word: str, _otherwise: Any = None) -> Any:
        """The word of litellm's, or the provider's own."""
        return super().get(word, word)


class LiteLLM:
    """One model of any provider that litellm knows. An empty key leaves it to litellm's own environment variables."""

    def __init__(
        self,
        *,
        model: str,
        provider: str,
        api_key: str = "",
        base_url: str = "",
        extra: Mapping[str, Any] | None = None,
        limits: AnswerLimits = DEFAULT_LIMITS,
        ca_file: Path | None = None,
    ) -> None:
        self._ca_file = ca_file
        self._model = model
        self._is_blind = False
        self._provider = provider
        self._key = api_key
        self._limits = limits
        given = {"api_key": api_key, "api_base": base_url}
        self._fields = {
            "model": self.label,
            "stream": True,
            "stream_options": {"include_usage": True},
            "num_retries": 0,
            "max_retries": 0,
            "timeout": limits.idle_seconds,
            "_skip_mcp_handler": True,  # with tools it would import the mcp package, which need not be there
            **{name: value for name, value in given.items() if value},
            **(extra or {}),
        }

    @property
    def label(self) -> str:
        """provider/name, which is also litellm's name of the model."""
        return f"{self._provider}/{self._model}"

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer these messages. Errors as those of OpenAICompatible."""
        litellm = await asyncio.to_thread(load_litellm, self._ca_file)
        size = len(json_array(messages)) + len(json_array(tools))
        answer = AnswerReader(provider=self._provider, model=self._model, input_bytes=size)
        chunks, is_shown = None, False
        try:
            chunks = await self._open(litellm, messages, tools)
            until = asyncio.get_running_loop().time() + self._limits.total_seconds
            while (chunk := await self._next(chunks, until)) is not None:
                if text := answer.feed(chunk):
                    is_shown = True
                    yield TextDelta(text=text)
            if text := answer.rest():
                yield TextDelta(text=text)
        except Exception as error:
            # litellm raises its own classes, openai's, httpx's and bare ones; this is where they all end.
            raise self._translated(error, is_shown=is_shown) from error
        finally:
            if chunks is not None:
                await chunks.aclose()
        self._believe(answer, chunks)
        for call in answer.calls():
            yield call
        yield answer.finished()

    async def _open(self, litellm: Any, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> Any:
        try:
            return await self._ask(
                litellm, unseen(messages) if self._is_blind else seen(messages, between=LOOKING), tools
            )
        except Exception as error:
            if self._is_blind or not has_pictures(messages) or not teaches_blindness(str(error)):
                raise
            self._is_blind = True
            return await self._ask(litellm, unseen(messages), tools)

    async def _ask(self, litellm: Any, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> Any:
        offered = {"tools": [dict(tool) for tool in tools]} if tools else {}
        async with asyncio.timeout(self._limits.idle_seconds):
            return await litellm.acompletion(
                messages=[dict(message) for message in adapted(messages, ThinkingRule.REFUSES)],
                **self._fields,
                **offered,
            )

    async def _next(self, chunks: Any, until: float) -> Mapping[str, Any] | None:
        """The next chunk in the OpenAI format, or None at the end; `until` is on the loop's clock."""
        idle_until = asyncio.get_running_loop().time() + self._limits.idle_seconds
        async with asyncio.timeout_at(min(until, idle_until)):
            chunk = await anext(chunks, None)
        return None if chunk is None else dict(chunk.model_dump(exclude_none=True))

    def _believe(self, answer: AnswerReader, chunks: Any) -> None:
        """Take back what litellm made up for a stream that broke off, for a reason it does not know, for the tokens.

        It raises only for streams in the OpenAI format; for all others it ends with `stop`, as it does for any word
        that it does not know, and counts tokens by itself where the provider did not.
        """
        given = getattr(chunks, "received_finish_reason", None) or getattr(chunks, "intermittent_finish_reason", None)
        if not given or not answer.reason:
            raise ModelCutShort(f"{self.label}: the answer broke off before its end")
        if end_of(str(given)) is End.UNKNOWN:
            answer.reason = str(given)
        held = getattr(chunks, "chunks", ())
        if not any(_counts(getattr(each, "usage", None)) for each in held):
            answer.forget_count()

    def _translated(self, error: Exception, *, is_shown: bool) -> ModelError:
        if isinstance(error, TimeoutError):
            detail = f"{self.label}: no answer in time"
        else:
            detail = f"{self.label}: {masked(_sentence(str(error)), self._key) or type(error).__name__}"
        if is_shown:
            return ModelCutShort(detail)
        status = getattr(error, "status_code", None)
        headers = getattr(error, "litellm_response_headers", None) or {}
        return error_for(status if isinstance(status, int) else _BAD_GATEWAY, detail, retry_after_in(headers))


def _counts(usage: Any) -> bool:
    return bool(getattr(usage, "prompt_tokens", 0) or getattr(usage, "completion_tokens", 0))


def _sentence(text: str) -> str:
    """The provider's own sentence out of litellm's wrapping, which quotes the body as a bytes literal."""
    first = _PREFIX.sub("", re.split(r"\nTraceback| Original exception: ", text, maxsplit=1)[0])
    quoted = _JSON.search(first)
    try:
        return sentence_in(json.loads(quoted[0])) or first if quoted else first
    except ValueError:
        return first
