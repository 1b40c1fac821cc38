"""Sees a turn that goes round in circles: the same calls with the same results, while nothing changes in between.

It counts states and not words: a call counts by what came of it, and all counts end when something else was changed or
run whose outcome is new. It refuses to judge calls; the guard does, before it.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from agents.conversation.sound import sound
from agents.models.context import CallOutcome, Prepared
from agents.models.protocol import ToolCallRequest
from agents.tools.tool import Tool
from governance.values.verdicts import Effect

NOTED = 3
"""From this identical result on the model is told."""
ANSWERED = 5
"""This one, and those after it, do not run."""
ENDS = 8
"""With this one the turn is over."""
REPEATED = (
    "Not run: you have made this very call several times in this turn, with the same result each time, and nothing has "
    "changed since. Do something else, or answer with what you have."
)
_NOTE = re.compile(r"\n\(same result as the last \d+ times\)\Z")
_TOOK = re.compile(r"(?: · )?\b\d+(?:\.\d+)? ?(?:ms|s|sec|seconds?)\b")
"""How long something took, which differs each time though nothing else does."""
_CHANGES = frozenset({Effect.CHANGES, Effect.RUNS, Effect.SENDS, Effect.UNKNOWN, Effect.WRITES})

_Key = tuple[str, str]
_State = tuple[_Key, bytes]


class Brake:
    """What one turn has called so far, and with which results. `tools` tell which calls change something."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools
        self._times: Counter[_State] = Counter()
        self._last: dict[_Key, _State] = {}
        self._seen: set[_State] = set()
        self._counted: set[_State] = set()

    @classmethod
    def after(cls, own: Sequence[Prepared], tools: Mapping[str, Tool]) -> "Brake":
        """The brake of a turn that was begun before, by its own stored steps."""
        brake, asked = cls(tools), dict[str, ToolCallRequest]()
        for body in own:
            if body.role == "assistant":
                brake._counted.clear()
            for call in body.get("tool_calls") or ():
                function = call["function"]
                request = ToolCallRequest(id=call["id"], name=function["name"], arguments=function["arguments"])
                asked[request.id] = request
            if body.role == "tool" and (made := asked.get(body["tool_call_id"])):
                brake.saw(made, _NOTE.sub("", body["content"]), body.outcome)
        return brake

    @property
    def is_spent(self) -> bool:
        """Whether the turn is to end."""
        return any(times >= ENDS for times in self._times.values())

    def held(self, requests: Sequence[ToolCallRequest]) -> list[bool]:
        """Which calls of a new answer are not to run: what they say is known, and nothing before them may change it."""
        self._counted.clear()
        held, here, may_change = [], Counter[_Key](), False
        for request in requests:
            key = _key(request)
            last = self._last.get(key)
            held.append(not may_change and self._times[last] + here[key] + 1 >= ANSWERED if last else False)
            here[key] += 1
            may_change = may_change or (last is None and self._changes(request))
        return held

    def saw(self, request: ToolCallRequest, text: str, outcome: CallOutcome | None) -> str:
        """Take in what came of a call; the text with a note where it came several times.

        What comes more than once of one answer counts once: a model sees none of it before it has asked for all.
        """
        key = _key(request)
        state = (key, _digest(text))
        if outcome is CallOutcome.NOT_RUN and text == REPEATED and key in self._last:
            state = self._last[key]
        elif state not in self._seen and outcome is CallOutcome.DONE and self._changes(request):
            self._times.clear()
        self._seen.add(state)
        self._last[key] = state
        self._times[state] += state not in self._counted
        self._counted.add(state)
        times = self._times[state]
        if times < NOTED or text == REPEATED:
            return text
        return f"{text}\n(same result as the last {times - 1} times)"

    def _changes(self, request: ToolCallRequest) -> bool:
        tool = self._tools.get(request.name)
        return tool is not None and tool.effect in _CHANGES


def _key(request: ToolCallRequest) -> _Key:
    fit = sound(request)
    try:
        return fit.name, json.dumps(json.loads(fit.arguments), sort_keys=True)
    except ValueError:
        return fit.name, fit.arguments


def _digest(text: str) -> bytes:
    return blake2b(_TOOK.sub("", text).encode("utf-8", "replace"), digest_size=16).digest()
