"""One call as whoever asked for it reads it afterwards: its whole arguments and output. It shows nobody else's."""

import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from agents.turn.steps import named
from channels.locales import say
from governance.guard.calls import CallState
from governance.masking import for_chat
from governance.record.transaction import Store, load_queries
from governance.values.reasons import why_of

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
_RAN = (CallState.DONE, CallState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCall:
    """A stored call: its arguments by name and its output, without what opens something by itself.

    `output` is empty unless it ran to an end. `code` names its request, where it has one.
    """

    tool: str
    arguments: tuple[tuple[str, str], ...]
    state: CallState
    output: str = ""
    why: str = ""
    code: str = ""

    def ended(self, language: str) -> str:
        """Why there is no output, in a sentence; empty when it ran to an end."""
        if self.state in _RAN:
            return "" if self.output.strip() else say("console.call.nothing", language)
        sentence = say(f"console.call.{self.state}", language, code=self.code, tool=named(self.tool, language))
        why = why_of(self.why)
        return f"{sentence} {for_chat(why.said(language))}" if why else sentence


async def find_call(store: Store, conversation: str, number: str) -> StoredCall | None:
    """The call of that id in that conversation; None when it is not there."""
    try:
        row = await store.fetchrow(QUERIES["call"], conversation, UUID(number))
    except ValueError:
        return None
    if row is None:
        return None
    state = CallState(row["state"])
    return StoredCall(
        tool=row["tool"],
        arguments=tuple((name, for_chat(_text(value))) for name, value in json.loads(row["arguments"]).items()),
        state=state,
        output=for_chat(row["result"] or "") if state in _RAN else "",
        why=row["why"],
        code=row["code"] or "",
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
