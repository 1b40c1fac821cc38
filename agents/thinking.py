"""A model's thinking: never shown, and sent back only to those who insist on it.

DeepSeek (manual, "Thinking Mode") and Moonshot answer 400 when an earlier message with tool calls comes back without
its `reasoning_content`; Mistral, Groq and others answer 400 when it comes back at all. So it is stored with the message
and each model learns from the first refusal which kind it speaks to.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from agents.context import Prepared

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


class Thinking(StrEnum):
    """What a server does with earlier thinking. Alphabetical."""

    IGNORES = "ignores"
    REFUSES = "refuses"
    REQUIRES = "requires"


def lesson(refusal: str) -> Thinking | None:
    """What a refusal teaches about the server, if it is about thinking."""
    if _WANTED.search(refusal):
        return Thinking.REQUIRES
    return Thinking.REFUSES if _UNWANTED.search(refusal) else None


def adapted(messages: Sequence[Mapping[str, Any]], server: Thinking) -> Sequence[Mapping[str, Any]]:
    """The messages as that server takes them; the very same ones unless it is particular.

    Signed thinking goes back to the provider that signed it only, which is none of those that come here.
    """
    messages = _freed(messages, SIGNED, _SIGNED_BYTES)
    if server is Thinking.REFUSES:
        return _freed(messages, FIELD, _FIELD_BYTES)
    if server is Thinking.REQUIRES:
        return [_with(message) if message.get("role") == "assistant" else message for message in messages]
    return messages


def _freed(messages: Sequence[Mapping[str, Any]], name: str, text: bytes) -> Sequence[Mapping[str, Any]]:
    """Without that field. Prepared messages are searched as text, so that a long chat is not parsed for nothing."""
    if not any(_holds(message, name, text) for message in messages):
        return messages
    return [_without(message, name) if _holds(message, name, text) else message for message in messages]


def _holds(message: Mapping[str, Any], name: str, text: bytes) -> bool:
    return text in message.json if isinstance(message, Prepared) else name in message


def _without(message: Mapping[str, Any], unwanted: str) -> Mapping[str, Any]:
    return {name: value for name, value in message.items() if name != unwanted}


def _with(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return message if message.get(FIELD) else {**message, FIELD: _UNKNOWN}


class Curtain:
    """Hides thinking that a model writes into its answer: `<think>…</think>` at the very beginning.

    Models served by LM Studio, llama.cpp or vLLM without a reasoning parser do so. Tags may arrive in pieces.
    """

    _OPEN, _CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self._held = ""
        self._is_open = False
        self._is_decided = False

    def pass_on(self, text: str) -> str:
        """What may be shown of the answer so far and was not yet."""
        if self._is_decided:
            return text
        self._held += text
        if self._is_open:
            return self._look_for_the_end()
        begun = self._held.lstrip()
        if begun.startswith(self._OPEN):
            self._is_open = True
            return self._look_for_the_end()
        return "" if self._OPEN.startswith(begun) else self._decide(self._held)

    def rest(self) -> str:
        """What was held back as the possible beginning of a tag, at the end of the answer."""
        return "" if self._is_open or self._is_decided else self._decide(self._held)

    def _look_for_the_end(self) -> str:
        _, close, shown = self._held.partition(self._CLOSE)
        if close and shown.strip():
            return self._decide(shown.lstrip())
        if not close:
            self._held = self._held[-len(self._CLOSE) :]  # enough to recognise a tag that arrives in pieces
        return ""

    def _decide(self, shown: str) -> str:
        self._is_decided, self._held = True, ""
        return shown
