"""What a provider's refusal means for us: try again, give up, or tell the person. One table for every wire."""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from agents.models import ModelError, ModelRefused, ModelUnavailable

_TRANSIENT = frozenset({408, 409, 425, 429})
_NO_CREDIT = ("insufficient_quota", "insufficient balance", "exceeded your current quota")
"""OpenAI and others answer 429 when the account has no credit, which waiting does not mend."""
MAX_DETAIL = 500


def error_for(status: int, detail: str, retry_after_seconds: float | None = None) -> ModelError:
    """The error for an HTTP status: ModelUnavailable for what may pass by itself, else ModelRefused."""
    if any(word in detail.lower() for word in _NO_CREDIT):
        return ModelRefused(detail)
    if status in _TRANSIENT or status >= 500:  # noqa: PLR2004 - the class of server errors
        return ModelUnavailable(detail, retry_after_seconds=retry_after_seconds)
    return ModelRefused(detail)


def masked(text: str, key: str) -> str:
    """The text without our key, which some providers quote back, and not longer than a chat message should carry."""
    clean = text.replace(key, "***") if key else text
    return " ".join(clean.split())[:MAX_DETAIL]


def message_in(body: bytes, status: int) -> str:
    """The provider's own sentence from an error body: OpenAI, FastAPI, Ollama and plain text are understood."""
    try:
        parsed: Any = json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace").strip()
        return f"HTTP {status}" if not text or text.startswith("<") else f"HTTP {status}: {text}"
    sentence = sentence_in(parsed)
    return f"HTTP {status}: {sentence}" if sentence else f"HTTP {status}"


def sentence_in(parsed: Any) -> str:
    """The sentence inside a parsed error, with its code; empty when there is none."""
    if isinstance(parsed, str):
        return parsed
    if not isinstance(parsed, Mapping):
        return ""
    sentence = next((found for name in ("message", "error", "detail") if (found := sentence_in(parsed.get(name)))), "")
    code = parsed.get("code") or parsed.get("type")
    return f"{sentence} ({code})" if sentence and isinstance(code, str) and code not in sentence else sentence


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
