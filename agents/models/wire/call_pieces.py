"""Puts the pieces of parallel tool calls together, however a server numbers and names them.

OpenAI numbers the calls and gives id and name with the first piece only. Ollama and several proxies number every call
0, Gemini omits the number, others repeat id and name with each piece, give two calls one id, let the number wander,
cut names into pieces, send the name after the arguments, or send the arguments as an object. Where a piece may belong
to a call or begin another one, what decides is whether the arguments of that call are whole already.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.models.protocol import ModelCutShort, ToolCallRequest

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

    @property
    def has_begun(self) -> bool:
        """Whether any of its arguments is there."""
        return any(self.pieces)

    @property
    def is_whole(self) -> bool:
        """Whether its arguments are a JSON object already, to which nothing can be added."""
        try:
            return isinstance(json.loads("".join(self.pieces)), dict)
        except (ValueError, RecursionError):
            return False

    def add_name(self, name: str) -> None:
        """Take in a name, a piece of one, or one that is repeated. After the arguments nothing is added to it."""
        if not self.name or (name.startswith(self.name) and not self.has_begun):
            self.name = name
        elif name != self.name and not self.has_begun:
            self.name += name


class CallPieces:
    """`add` each piece as it comes, then ask for the `calls`."""

    def __init__(self) -> None:
        self._all: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[int, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, piece: Mapping[str, Any]) -> int:
        """Take one piece in; returns how many bytes of output it stands for."""
        function = piece.get("function")
        function = function if isinstance(function, Mapping) else {}
        call_id, name = _text(piece.get("id")), _text(function.get("name"))
        arguments = _arguments(function.get("arguments"))
        index = piece.get("index")
        number = index if isinstance(index, int) else None
        call = self._continued(call_id, name, number, has_arguments=bool(arguments)) or self._begin()
        call.id = call.id or call_id
        call.add_name(name)
        if call.id:
            self._by_id.setdefault(call.id, call)
        if number is not None:
            self._by_index[number] = call
        call.pieces.append(arguments)
        return len(name) + len(arguments)

    def calls(self, new_id: Callable[[], str]) -> Iterator[ToolCallRequest]:
        """The calls in the order in which they began, each with an id of its own. No arguments are an empty object."""
        taken: set[str] = set()
        for call in self._all:
            call_id = call.id if call.id and call.id not in taken else new_id()
            taken.add(call_id)
            arguments = "".join(call.pieces)
            yield ToolCallRequest(id=call_id, name=call.name, arguments=arguments if arguments.strip() else "{}")

    def _continued(self, call_id: str, name: str, number: int | None, *, has_arguments: bool) -> _Call | None:
        """The call to which the piece belongs; None when it begins another one."""
        numbered = None if number is None else self._by_index.get(number)
        known = self._by_id.get(call_id) if call_id else None
        if numbered is not None:
            if not call_id or not numbered.id or numbered is known:
                return None if name and not call_id and numbered.is_whole else numbered
            if known is not None:
                return known
            is_going_on = numbered.has_begun and not numbered.is_whole and name == numbered.name
            return None if name and not is_going_on else numbered
        if known is not None:
            is_another = name and (number is not None or has_arguments)
            is_going_on = not known.name or (known.has_begun and not known.is_whole)
            return None if is_another and not is_going_on and self._stands(known, number) else known
        latest = self._all[-1] if self._all else None
        if call_id or name or latest is None:
            return None
        return None if number is not None and latest.is_whole else latest

    @staticmethod
    def _stands(known: _Call, number: int | None) -> bool:
        """Whether that call can stand without the piece: another number says so, else arguments that are whole."""
        return number is not None or known.is_whole

    def _begin(self) -> _Call:
        if len(self._all) >= MAX_CALLS:
            raise ModelCutShort(f"the answer holds more than {MAX_CALLS} tool calls")
        self._all.append(_Call())
        return self._all[-1]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _arguments(value: Any) -> str:
    """Text as it is; an object, which some servers send, as its JSON, and an empty one as nothing yet."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if value else ""
