"""Assembles one answer from chunks in the OpenAI format, however loosely the server follows it. It speaks no HTTP."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agents.models.context import estimate_tokens
from agents.models.ends import end_of
from agents.models.protocol import End, Finished, TokenUsage, ToolCallRequest
from agents.models.thinking import FIELD
from agents.models.wire.call_pieces import CallPieces, new_call_id
from agents.models.wire.reasoning_filter import Habit, ReasoningFilter


class AnswerReader:
    """One answer while it arrives: `feed` each chunk and show what it returns, then `rest`, `calls` and `finished`.

    may_go_on: the server gave a reason for the end together with words or before them, so its reason ends nothing.
    is_over: the end and the count of tokens are both there. signed: what becomes of `Finished.signed`.
    `habit` is what is known of the server's thinking, and learns from this answer; the default knows it to be apart.
    """

    def __init__(
        self,
        *,
        provider: str,
        model: str,
        input_bytes: int,
        new_id: Callable[[], str] = new_call_id,
        habit: Habit | None = None,
    ) -> None:
        self.reason = ""
        self.may_go_on = False
        self.is_over = False
        self.signed: Mapping[str, Any] = {}
        self._provider = provider
        self._model = model
        self._input_bytes = input_bytes
        self._output_bytes = 0
        self._new_id = new_id
        self._calls = CallPieces()
        self._reasoning = ReasoningFilter(habit or Habit(opens=False))
        self._thinking: list[str] = []
        self._is_refused = False
        self._usage: Mapping[str, Any] = {}

    @property
    def has_calls(self) -> bool:
        """Whether a piece of a tool call has arrived."""
        return bool(self._calls)

    def feed(self, chunk: Mapping[str, Any]) -> str:
        """Take one chunk in; returns the text to show, which may be empty. Thinking is never shown."""
        if usage := chunk.get("usage"):
            self._count(usage)
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not choices:
            self.is_over = bool(self.reason and self._usage)
            return ""
        choice = _mapping(choices[0])
        if usage := choice.get("usage"):
            self._count(usage)
        before = self._output_bytes
        delta = choice.get("delta") or choice.get("message")
        text = self._take(delta) if isinstance(delta, Mapping) else ""
        if reason := choice.get("finish_reason"):
            self.reason = str(reason)
        if self.reason:
            has_grown = self._output_bytes > before
            self.may_go_on = self.may_go_on or has_grown
            self.is_over = bool(self._usage) and not has_grown
        return text

    def rest(self) -> str:
        """The text that was held back, at the end."""
        return self._reasoning.rest()

    def forget_count(self) -> None:
        """Estimate the tokens after all: the count that came was not the provider's."""
        self._usage = {}

    def calls(self) -> Iterator[ToolCallRequest]:
        """The complete calls, in the order in which they began. Empty arguments become an empty object."""
        return self._calls.calls(self._new_id)

    def finished(self) -> Finished:
        """The end, with what the provider counted or, without that, an estimate."""
        reason = self.reason or "stop"
        end = end_of(reason)
        if self.has_calls and end is End.STOP:
            reason, end = "tool_calls", End.CALLS
        elif self._is_refused and end is End.STOP:
            end = End.REFUSED
        return Finished(
            end=end, reason=reason, usage=self._used(), thinking="".join(self._thinking), signed=self.signed
        )

    def _take(self, delta: Mapping[str, Any]) -> str:
        content, inner = delta.get("content"), ""
        text = content if isinstance(content, str) else ""
        if isinstance(content, list):
            text, inner = _content(content)
        if thinking := _text(delta.get(FIELD) or delta.get("reasoning")) or inner:
            self._thinking.append(thinking)
        if refusal := delta.get("refusal"):
            self._is_refused = True
            text += _text(refusal)
        self._output_bytes += len((text or thinking).encode("utf-8", "replace"))
        pieces = delta.get("tool_calls")
        if isinstance(pieces, list):
            for piece in pieces:
                self._output_bytes += self._calls.add(_mapping(piece))
        held = self._reasoning.thinks_apart() if FIELD in delta or "reasoning" in delta else ""
        return held + (self._reasoning.pass_on(text) if text else "")

    def _count(self, usage: Any) -> None:
        """Keep the latest count that counts anything."""
        counted = _mapping(usage)
        if _tokens(counted, "prompt_tokens", "input_tokens") or _tokens(counted, "completion_tokens", "output_tokens"):
            self._usage = counted

    def _used(self) -> TokenUsage:
        """What the provider counted; what it left out is estimated and marked."""
        input_tokens = _tokens(self._usage, "prompt_tokens", "input_tokens")
        output_tokens = _tokens(self._usage, "completion_tokens", "output_tokens")
        cached = _tokens(_mapping(self._usage.get("prompt_tokens_details")), "cached_tokens")
        cached = cached or _tokens(self._usage, "prompt_cache_hit_tokens")
        lacks_input, lacks_output = not input_tokens, bool(self._output_bytes and not output_tokens)
        input_tokens = estimate_tokens(self._input_bytes) if lacks_input else input_tokens
        return TokenUsage(
            provider=self._provider,
            model=self._model,
            input_tokens=input_tokens,
            output_tokens=estimate_tokens(self._output_bytes) if lacks_output else output_tokens,
            cached_tokens=min(cached, input_tokens),
            estimated=lacks_input or lacks_output,
        )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _content(value: Any) -> tuple[str, str]:
    """Text and thinking: text itself, or the parts of a list (Mistral), in which thinking has a type of its own."""
    if not isinstance(value, list):
        return _text(value), ""
    text, thinking = "", ""
    for part in value:
        given = _mapping(part)
        if _text(given.get("type")) in ("thinking", "reasoning"):
            inner = given.get("thinking") or given.get("reasoning") or given.get("text")
            thinking += "".join(_content(inner))
        else:
            text += part if isinstance(part, str) else _text(given.get("text"))
    return text, thinking


def _tokens(usage: Mapping[str, Any], *names: str) -> int:
    """The first of these counts that is one."""
    values = (usage.get(name) for name in names)
    return next((value for value in values if isinstance(value, int) and value > 0), 0)
