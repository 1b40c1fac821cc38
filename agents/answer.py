"""Assembles one answer from chunks in the OpenAI format, however loosely the server follows it. It speaks no HTTP."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.context import estimate_tokens
from agents.ends import end_of
from agents.models import End, Finished, ModelCutShort, ToolCallRequest, Usage
from agents.thinking import FIELD, Curtain

MAX_CALLS = 64


def new_call_id() -> str:
    """An id for a call whose server gave none."""
    return f"call_{secrets.token_hex(8)}"


@dataclass(slots=True, kw_only=True)
class _Call:
    """One tool call while its pieces arrive."""

    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)


class _Calls:
    """Puts pieces of parallel calls together.

    OpenAI numbers the calls and gives id and name with the first piece only. Ollama and several proxies number every
    call 0, Gemini omits the number, others repeat id and name with each piece, omit the id, or send the arguments
    whole and as an object. So a piece begins a new call when it carries an id that is new together with a name, or,
    having neither id nor number, a name; otherwise it continues the latest call with its number, or the latest of all.
    """

    def __init__(self) -> None:
        self.all: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[int, _Call] = {}

    def add(self, piece: Mapping[str, Any]) -> int:
        """Take one piece in; returns how many bytes of output it stands for."""
        function = _mapping(piece.get("function"))
        call_id, name = _text(piece.get("id")), _text(function.get("name"))
        index = piece.get("index")
        call = self._continued(call_id, name, index) or self._begin()
        call.id = call.id or call_id
        call.name = call.name or name
        if call.id:
            self._by_id.setdefault(call.id, call)
        if isinstance(index, int):
            self._by_index[index] = call
        arguments = _arguments(function.get("arguments"))
        call.pieces.append(arguments)
        return len(name) + len(arguments)

    def _continued(self, call_id: str, name: str, index: Any) -> _Call | None:
        if call_id and call_id in self._by_id:
            return self._by_id[call_id]
        if isinstance(index, int):
            same = self._by_index.get(index)
            return None if same and same.id and call_id and name else same
        if call_id or name:
            return None
        return self.all[-1] if self.all else None

    def _begin(self) -> _Call:
        if len(self.all) >= MAX_CALLS:
            raise ModelCutShort(f"the answer holds more than {MAX_CALLS} tool calls")
        self.all.append(_Call())
        return self.all[-1]


class Answer:
    """One answer while it arrives: `feed` each chunk and show what it returns, then `rest`, `calls` and `finished`."""

    def __init__(self, *, provider: str, model: str, input_bytes: int, new_id: Callable[[], str] = new_call_id) -> None:
        self.reason = ""
        self._provider = provider
        self._model = model
        self._input_bytes = input_bytes
        self._output_bytes = 0
        self._new_id = new_id
        self._calls = _Calls()
        self._curtain = Curtain()
        self._thinking: list[str] = []
        self._usage: Mapping[str, Any] = {}

    @property
    def has_calls(self) -> bool:
        """Whether a piece of a tool call has arrived."""
        return bool(self._calls.all)

    def feed(self, chunk: Mapping[str, Any]) -> str:
        """Take one chunk in; returns the text to show, which may be empty. Thinking is never shown."""
        if usage := chunk.get("usage"):
            self._usage = _mapping(usage)
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not choices:
            return ""
        choice = _mapping(choices[0])
        if usage := choice.get("usage"):
            self._usage = _mapping(usage)
        delta = choice.get("delta") or choice.get("message")
        text = self._take(delta) if isinstance(delta, Mapping) else ""
        if reason := choice.get("finish_reason"):
            self.reason = str(reason)
        return text

    def rest(self) -> str:
        """The text that was held back, at the end."""
        return self._curtain.rest()

    def calls(self) -> Iterator[ToolCallRequest]:
        """The complete calls, in the order in which they began. Empty arguments become an empty object."""
        for call in self._calls.all:
            arguments = "".join(call.pieces)
            yield ToolCallRequest(
                id=call.id or self._new_id(), name=call.name, arguments=arguments if arguments.strip() else "{}"
            )

    def finished(self) -> Finished:
        """The end, with what the provider counted or, without that, an estimate."""
        reason = self.reason or "stop"
        end = end_of(reason)
        if self.has_calls and end is End.STOP:
            reason, end = "tool_calls", End.CALLS
        return Finished(
            end=end, reason=reason, usage=self._counted() or self._estimated(), thinking="".join(self._thinking)
        )

    def _take(self, delta: Mapping[str, Any]) -> str:
        if thinking := _text(delta.get(FIELD) or delta.get("reasoning")):
            self._thinking.append(thinking)
        text = _content(delta.get("content"))
        self._output_bytes += len((text or thinking).encode("utf-8", "replace"))
        pieces = delta.get("tool_calls")
        if isinstance(pieces, list):
            for piece in pieces:
                self._output_bytes += self._calls.add(_mapping(piece))
        return self._curtain.pass_on(text) if text else ""

    def _counted(self) -> Usage | None:
        input_tokens = _count(self._usage, "prompt_tokens")
        output_tokens = _count(self._usage, "completion_tokens")
        if not input_tokens and not output_tokens:
            return None
        details = _mapping(self._usage.get("prompt_tokens_details"))
        cached = _count(details, "cached_tokens") or _count(self._usage, "prompt_cache_hit_tokens")
        return Usage(
            provider=self._provider,
            model=self._model,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cached_tokens=min(cached, input_tokens),
        )

    def _estimated(self) -> Usage:
        return Usage(
            provider=self._provider,
            model=self._model,
            input_tokens=estimate_tokens(self._input_bytes),
            output_tokens=estimate_tokens(self._output_bytes),
            estimated=True,
        )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _arguments(value: Any) -> str:
    """Text as it is; an object, which some servers send, as its JSON."""
    return _text(value) if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _content(value: Any) -> str:
    """Text, or the text parts of a list of parts (Mistral)."""
    if isinstance(value, list):
        return "".join(_text(_mapping(part).get("text")) for part in value)
    return _text(value)


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and value > 0 else 0
