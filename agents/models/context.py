"""What a model is sent, kept as JSON text: a message or a schema is serialised once and joined as bytes ever after.

It refuses to decide what belongs into a prompt; that is the turn's business.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from agents.models.protocol import ToolCallRequest

QUOTED = "> "
"""Begins a line of somebody else's words in what a person said, in a summary, and in what is looked up of before."""


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict).encode("utf-8", "replace")


_ROLE = b'{"role":"'


class CallOutcome(StrEnum):
    """What became of the call that a result answers; it is stored beside the result and no model is sent it."""

    DONE = "done"
    FAILED = "failed"
    NOT_RUN = "not_run"
    """The answer is ours, as that the call was refused or waits for a person; nothing was read or done."""


class Prepared(Mapping[str, Any]):
    """A JSON object that is kept as its text and parsed only when somebody looks inside.

    Rows of a conversation come from the database as text and go to the model as text, so a chat of any length costs
    one join. Whoever needs the content (a model behind litellm, the rehearsal) reads it as the mapping that it is.
    `outcome` is known of results alone; None where nobody knows whether the call ran.
    """

    __slots__ = ("_parsed", "json", "outcome")

    def __init__(self, text: str | bytes, outcome: CallOutcome | None = None) -> None:
        self.outcome = outcome
        self.json = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        self._parsed: dict[str, Any] | None = None

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Prepared":
        """Serialise once; a value that is prepared already is returned as it is."""
        return value if isinstance(value, cls) else cls(_dump(value))

    @property
    def role(self) -> str:
        """Whose message it is, read without parsing; every message of ours begins with it."""
        if self.json.startswith(_ROLE):
            return self.json[len(_ROLE) : self.json.index(b'"', len(_ROLE))].decode()
        return str(self.get("role", ""))

    def unparsed(self) -> "Prepared":
        """The same text, of which nothing is kept parsed: what is parsed takes five times the room."""
        return Prepared(self.json, self.outcome)

    def __getitem__(self, key: str) -> Any:
        return self._content()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content())

    def __len__(self) -> int:
        return len(self._content())

    def __repr__(self) -> str:
        return f"Prepared({self.json.decode('utf-8', 'replace')!r})"

    def _content(self) -> dict[str, Any]:
        if self._parsed is None:
            parsed = json.loads(self.json)
            if not isinstance(parsed, dict):
                raise TypeError("a prepared message is a JSON object")
            self._parsed = parsed
        return self._parsed


def message(role: str, content: str, **more: Any) -> Prepared:
    """A message in the OpenAI chat format, serialised: `message("tool", "ok", tool_call_id="call_1")`."""
    return Prepared.of({"role": role, "content": content, **more})


def result_message(call_id: str, text: str, outcome: CallOutcome | None) -> Prepared:
    """What came of the call of that id."""
    return Prepared(message("tool", text, tool_call_id=call_id).json, outcome)


def answer_message(
    text: str,
    calls: Sequence[ToolCallRequest] = (),
    thinking: str = "",
    signed: Mapping[str, Any] | None = None,
) -> Prepared:
    """A model's answer as the message that follows the prompt. Thinking is kept where calls follow from it."""
    if not calls:
        return message("assistant", text)
    asked = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in calls
    ]
    kept = {"reasoning_content": thinking, "signed_thinking": signed}
    return message("assistant", text, tool_calls=asked, **{name: value for name, value in kept.items() if value})


def calls_in(given: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The calls that a model's message asks for: id, tool, arguments. Those that are no object count as none."""
    for call in given.get("tool_calls") or ():
        try:
            arguments = json.loads(call["function"]["arguments"])
        except ValueError:
            arguments = {}
        yield str(call["id"]), str(call["function"]["name"]), arguments if isinstance(arguments, dict) else {}


def json_array(items: Sequence[Mapping[str, Any]]) -> bytes:
    """The items as one JSON array, in UTF-8. Only those that are not prepared cost anything."""
    texts = [item.json if isinstance(item, Prepared) else _dump(item) for item in items]
    return b"[" + b",".join(texts) + b"]"


def estimate_tokens(byte_count: int) -> int:
    """Tokens of that many bytes of UTF-8: a quarter, which fits English (4 letters a token) and Chinese (3/4 each)."""
    return (byte_count + 3) // 4


def subject_of(arguments: Any) -> str:
    """What a call is about, for people and models to recognise it by: its path, its command, or its first words."""
    given = arguments if isinstance(arguments, Mapping) else {}
    words = [value for value in given.values() if isinstance(value, str)]
    named = (given.get(name) for name in ("path", "command", "url"))
    return next((value for value in named if isinstance(value, str)), words[0] if words else "")
