"""A model's thinking: never shown, and sent back only to those who insist on it.

DeepSeek (manual, "Thinking Mode") and Moonshot answer 400 when an earlier message with tool calls comes back without
its `reasoning_content`; Mistral, Groq and others answer 400 when it comes back at all. So it is stored with the message
and each model learns from the first refusal which kind it speaks to.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from agents.models.context import Prepared

FIELD = "reasoning_content"
SIGNED = "signed_thinking"
_FIELD_BYTES = b'"reasoning_content"'
_SIGNED_BYTES = b'"signed_thinking"'
_UNKNOWN = "(not recorded)"
"""Stands for thinking that another model did not leave; some servers take an empty text for a missing one."""
_WANTED = re.compile(r"reasoning_content\W.*(must be passed back|is missing|required)", re.IGNORECASE)
_UNWANTED = re.compile(
    r"reasoning_content\W.*(unexpected|not (allowed|permitted|supported)|unsupported|unrecogni|unknown|extra)"
    r"|(unexpected|unsupported|unrecogni\w+|unknown|extra|not (allowed|permitted|supported)).*reasoning_content",
    re.IGNORECASE,
)


class ThinkingRule(StrEnum):
    """What a server does with earlier thinking. Alphabetical."""

    IGNORES = "ignores"
    REFUSES = "refuses"
    REQUIRES = "requires"


def lesson(refusal: str) -> ThinkingRule | None:
    """What a refusal teaches about the server, if it is about thinking."""
    if _WANTED.search(refusal):
        return ThinkingRule.REQUIRES
    return ThinkingRule.REFUSES if _UNWANTED.search(refusal) else None


def adapted(messages: Sequence[Mapping[str, Any]], server: ThinkingRule) -> Sequence[Mapping[str, Any]]:
    """The messages as that server takes them; the very same ones unless it is particular.

    Signed thinking goes back to the provider that signed it only, which is none of those that come here.
    """
    messages = _freed(messages, SIGNED, _SIGNED_BYTES)
    if server is ThinkingRule.REFUSES:
        return _freed(messages, FIELD, _FIELD_BYTES)
    if server is ThinkingRule.REQUIRES:
        return [_with(message) if message.get("role") == "assistant" else message for message in messages]
    return messages


def _freed(messages: Sequence[Mapping[str, Any]], name: str, text: bytes) -> Sequence[Mapping[str, Any]]:
    """Without that field. Prepared messages are searched as text, so that a long chat is not parsed for nothing."""
    prepared = b"\n".join([message.json for message in messages if isinstance(message, Prepared)])
    if text not in prepared and not any(name in each for each in messages if not isinstance(each, Prepared)):
        return messages
    return [_without(message, name) if _holds(message, name, text) else message for message in messages]


def _holds(message: Mapping[str, Any], name: str, text: bytes) -> bool:
    return text in message.json if isinstance(message, Prepared) else name in message


def _without(message: Mapping[str, Any], unwanted: str) -> Mapping[str, Any]:
    return {name: value for name, value in message.items() if name != unwanted}


def _with(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return message if message.get(FIELD) else {**message, FIELD: _UNKNOWN}
