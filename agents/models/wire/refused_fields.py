"""Remembers which fields of a request a server refuses, and leaves them out from then on."""

import re
from collections.abc import Mapping
from typing import Any

import structlog

log = structlog.get_logger(__name__)

_KNOWN = {
    "enable_thinking": re.compile(
        r"enable_thinking.*(not support|unsupported|unknown|unexpected|restricted)"
        r"|(not support|unsupported|unknown|unexpected|unrecogni\w+).*enable_thinking",
        re.IGNORECASE,
    ),
    "reasoning_effort": re.compile(
        r"reasoning_effort.*(not support|unsupported|unknown)|(unsupported|unknown|unrecogni\w+).*reasoning_effort",
        re.IGNORECASE,
    ),
    "stream_options": re.compile(r"stream_options", re.IGNORECASE),
    "temperature": re.compile(
        r"unsupported.*temperature|temperature.*(not support|unsupported|deprecated|may only be set to 1)",
        re.IGNORECASE,
    ),
    "thinking": re.compile(r"expected `?(redacted_)?thinking|thinking.*(not supported|unsupported)", re.IGNORECASE),
    "tools": re.compile(r"(not|n't|no endpoints found that) support (tools|tool use|function)", re.IGNORECASE),
}
"""Fields that a server may refuse and an answer can do without, with how the refusal reads."""
_UNKNOWN = re.compile(r"\b(\w+): Extra inputs are not permitted|Unknown name \"(\w+)\"")
"""How Anthropic and Gemini refuse a field that they never heard of, such as one of another provider's."""
_NEEDED = frozenset({"contents", "max_tokens", "messages", "model", "stream"})


class RefusedFields:
    """What one server refuses. Ask it what to send, and tell it of every refusal."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._names: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def kept(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that it takes."""
        return {name: value for name, value in fields.items() if name not in self._names}

    def learn_from(self, refusal: str) -> bool:
        """Whether the refusal names a field that was sent and can be left out; it is left out from now on."""
        unknown = [name for found in _UNKNOWN.findall(refusal) for name in found if name and name not in _NEEDED]
        named = [*(name for name, words in _KNOWN.items() if words.search(refusal)), *unknown]
        field = next((name for name in named if name not in self._names), None)
        if field is None:
            return False
        log.warning("model_refused_field", model=self._label, field=field)
        self._names.add(field)
        return True
