"""What a provider's refusal means for us: try again, ask for less, give up. One table for every wire."""

import json
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from agents.models.overflow import is_too_long, window_in
from agents.models.protocol import ContentFiltered, ContextFull, Mends, ModelError, ModelRefused, ModelUnavailable

_TRANSIENT = frozenset({408, 409, 425, 429})
_NO_CREDIT = re.compile(r"insufficient_quota|insufficient balance|exceeded your current quota", re.IGNORECASE)
"""OpenAI and others answer 429 when the account has no credit, which waiting does not mend."""
_LIMIT_OF_A_TIME = re.compile(
    r"per[ _-]?(?:second|minute|hour|day)|rate.?limit|requests? limit|token-limit|\b[RT]P[MD]\b|throttl", re.IGNORECASE
)
"""Gemini and DashScope speak of the quota in the same words when only this minute's is used up."""
_FILTERED = re.compile(
    r"content_?filter|content management policy|content_policy|data_?inspection|inappropriate content|flagged"
    r"|moderation|moderated|high risk|敏感内容|new_sensitive",
    re.IGNORECASE,
)
_WAIT = re.compile(
    r"(?:try again|retry|wait)(?: after| in| for)?:? "
    r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?) ?(ms|s(?:econds?)?\b))?",
    re.IGNORECASE,
)
_WAIT_FIELDS = frozenset({"retryDelay", "retry_after", "retry_after_seconds", "retry_after_ms"})
_STATUS = {
    "api_error": 500,
    "authentication_error": 401,
    "billing_error": 402,
    "internal_server_error": 500,
    "invalid_request_error": 400,
    "not_found_error": 404,
    "overloaded_error": 529,
    "permission_error": 403,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "request_too_large": 413,
    "server_error": 500,
    "timeout_error": 504,
}
"""The HTTP status that a kind of error has elsewhere, for errors inside a stream, which have none."""
_PAYMENT_REQUIRED = 402
_OF_REQUEST = frozenset({400, 406, 409, 415, 422})
_OF_SETTINGS = re.compile(
    r"api.?key|authenticat|unauthori|permission|invalid model|model\W.{0,80}(not (exist|found|support)|does ?n.t exist)"
    r"|unknown model|(unrecogni[sz]ed|unknown|unsupported|unexpected)\W.{0,40}(argument|field|parameter|value)"
    r"|extra (inputs|fields)",
    re.IGNORECASE,
)
"""What a request is refused for though nobody who asks can change it: Gemini says 400 of a wrong key."""
MAX_DETAIL = 500
_NO_KEY = 3
"""So many signs stand for no key at a local server ("k", "sk"), and would be masked in every word."""


def error_for(status: int, detail: str, retry_after_seconds: float | None = None, *, given: Any = None) -> ModelError:
    """The error for an HTTP status: ModelUnavailable for what may pass by itself, else ModelRefused or its kinds.

    `given` is the parsed error, in which a wait or the length of the window may be named.
    """
    if is_too_long(detail, status):
        return ContextFull(detail, window_tokens=_window_in(given) or window_in(detail))
    wait = retry_after_seconds if retry_after_seconds is not None else wait_in(given, detail)
    passes = wait is not None or _LIMIT_OF_A_TIME.search(detail)
    if status == _PAYMENT_REQUIRED or (_NO_CREDIT.search(detail) and not passes):
        return ModelRefused(detail, mends=Mends.ACCOUNT)
    if status in _TRANSIENT or status >= 500:  # noqa: PLR2004 - the class of server errors
        return ModelUnavailable(detail, retry_after_seconds=wait)
    if _FILTERED.search(detail):
        return ContentFiltered(detail)
    is_of_request = status in _OF_REQUEST and not _OF_SETTINGS.search(detail)
    return ModelRefused(detail, mends=Mends.REQUEST if is_of_request else Mends.SETTINGS)


def error_in(given: Any, label: str, key: str) -> ModelError:
    """The error for one that came inside an answer under a status of 200."""
    sentence = masked(sentence_in(given), key) or "the provider reported an error"
    return error_for(_status_in(given), f"{label}: {sentence}", given=given)


def masked(text: str, key: str) -> str:
    """The text without our key, which some providers quote back, and not longer than a chat message should carry."""
    clean = text.replace(key, "***") if len(key) > _NO_KEY else text
    return " ".join(clean.split())[:MAX_DETAIL]


def parsed(body: bytes) -> Any:
    """The error in a body; None when it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def message_in(body: bytes, status: int) -> str:
    """The provider's own sentence from an error body: OpenAI, FastAPI, Ollama, Gemini and plain text are understood."""
    given = parsed(body)
    if given is None:
        text = body.decode("utf-8", "replace").strip()
        return f"HTTP {status}" if not text or text.startswith("<") else f"HTTP {status}: {text}"
    sentence = sentence_in(given)
    return f"HTTP {status}: {sentence}" if sentence else f"HTTP {status}"


def sentence_in(given: Any) -> str:
    """The sentence inside a parsed error, with its code; empty when there is none."""
    if isinstance(given, str):
        return given
    if isinstance(given, list):
        return next((found for each in given if (found := sentence_in(each))), "")
    if not isinstance(given, Mapping):
        return ""
    names = ("message", "msg", "error", "detail", "status_msg")
    sentence = next((found for name in names if (found := sentence_in(given.get(name)))), "")
    codes = [code for name in ("code", "type", "status") if isinstance(code := given.get(name), str) and code]
    return f"{sentence} ({codes[0]})" if sentence and codes and codes[0] not in sentence else sentence


def wait_in(given: Any, detail: str = "") -> float | None:
    """Seconds to wait that an error's body names: Gemini's RetryInfo, a field, or "try again in 1m2.5s"."""
    for name, value in _fields(given):
        if name in _WAIT_FIELDS and (seconds := _seconds(value)) is not None:
            return seconds / 1000 if name.endswith("_ms") else seconds
    for found in _WAIT.finditer(detail):
        hours, minutes, number, unit = found.groups()
        if hours or minutes or number:
            rest = float(number or 0) / (1000 if unit == "ms" else 1)
            return int(hours or 0) * 3600 + int(minutes or 0) * 60 + rest
    return None


def retry_after_in(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` (OpenAI) or `Retry-After` in either form of RFC 9110 §10.2.3.

    A date is measured against the answer's own Date header, so neither clock has to be right.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("Retry-After", 1.0)):
        try:
            return max(0.0, float(headers.get(name, "")) / unit)
        except ValueError:
            continue
    try:
        until, sent = (parsedate_to_datetime(headers.get(name, "")) for name in ("Retry-After", "Date"))
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError):
        return None


def _status_in(given: Any) -> int:
    """The status that an error without one would have had; 500 when nothing says."""
    for name, value in _fields(given):
        if name not in ("code", "status", "type", "status_code"):
            continue
        number = int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else 0
        if 400 <= number < 600:  # noqa: PLR2004 - what HTTP calls errors
            return number
        if isinstance(value, str) and value.lower() in _STATUS:
            return _STATUS[value.lower()]
    return 500


def _window_in(given: Any) -> int | None:
    """llama.cpp names the window in a field of its own."""
    return next((value for name, value in _fields(given) if name == "n_ctx" and isinstance(value, int)), None)


def _seconds(value: Any) -> float | None:
    try:
        return max(0.0, float(value.removesuffix("s") if isinstance(value, str) else value))
    except (TypeError, ValueError):
        return None


def _fields(given: Any, depth: int = 6) -> Iterator[tuple[str, Any]]:
    """Every field of an error with its value, however deep it lies within reason."""
    if depth and isinstance(given, Mapping):
        for name, value in given.items():
            yield str(name), value
            yield from _fields(value, depth - 1)
    elif depth and isinstance(given, list):
        for each in given:
            yield from _fields(each, depth - 1)
