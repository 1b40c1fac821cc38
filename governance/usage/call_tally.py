"""How often the guard gets in the way: the calls of a time by what became of them, of all agents and of each.

It counts lines of the record and requests that are there; what nobody recorded is not in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from channels.locales import say
from channels.text.columns import PHONE_COLUMNS, block, left, right
from governance.record.transaction import Row, Store, load_queries

LATELY, LONGER = 7, 30
"""The days of which people are told."""
_QUERIES = Path(__file__).with_suffix(".sql")
_LABEL, _NUMBER = 20, 10
_AGENT, _SMALL = 13, 9
_MOST_AGENTS = 15
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTally:
    """The calls of one agent, of all when `agent` is empty: the guard's verdicts, and what became of the questions.

    `median_seconds` is the time from a question to the decision that ended it; None when nobody decided any.
    """

    agent: str = ""
    free: int = 0
    asked: int = 0
    refused: int = 0
    approved: int = 0
    denied: int = 0
    expired: int = 0
    withdrawn: int = 0
    waiting: int = 0
    median_seconds: float | None = None

    @property
    def calls(self) -> int:
        """All calls that were judged."""
        return self.free + self.asked + self.refused

    @property
    def asks_per_hundred(self) -> float | None:
        """Of a hundred calls, how many were put before a person; None without any call."""
        return 100 * self.asked / self.calls if self.calls else None


async def tally(
    store: Store, since: datetime, until: datetime, asked: Sequence[str]
) -> tuple[CallTally, list[CallTally]]:
    """All calls from `since` up to, not including, `until`; and those of each agent, who asks most first.

    `asked` are the kinds of requests for which calls wait.
    """
    queries = load_queries(_QUERIES)
    verdicts = await store.fetch(queries["verdicts"], since, until)
    decisions = {row["agent"]: row for row in await store.fetch(queries["decisions"], since, until, list(asked))}
    counted = {row["agent"]: _tally_of(row, decisions.get(row["agent"])) for row in verdicts}
    agents = [one for agent, one in counted.items() if agent]
    return counted[None], sorted(agents, key=lambda one: (-one.asked, -one.calls, one.agent))


def _tally_of(verdicts: Row, decisions: Row | None) -> CallTally:
    found = {**dict(verdicts), **dict(decisions or {})}
    median = found.pop("median_seconds", None)
    return CallTally(
        **{**found, "agent": found["agent"] or ""}, median_seconds=None if median is None else float(median)
    )


def render_tally(totals: Sequence[tuple[int, CallTally]], agents: Sequence[CallTally], language: str) -> str:
    """Markdown for a chat, at most 40 places wide: a column for each number of days, then the agents of the first."""
    counted = ("calls", "free", "asked", "refused", "approved", "denied", "expired", "withdrawn", "waiting")
    heading = left("", _LABEL) + "".join(right(_say("days", language, days=days), _NUMBER) for days, _ in totals)
    rows = [(_say(name, language), [f"{getattr(one, name):,}" for _, one in totals]) for name in counted]
    rows.append((_say("per_hundred_calls", language), [per_hundred(one) for _, one in totals]))
    rows.append((_say("median", language), [told_duration(one.median_seconds, language) for _, one in totals]))
    lines = [heading, *(_row(label, numbers) for label, numbers in rows)]
    if agents:
        names = ("calls", "asked", "per_hundred")
        heads = "".join(right(_say(name, language), _SMALL) for name in names)
        lines += ["─" * PHONE_COLUMNS, left(_say("agent", language), _AGENT) + heads]
        lines += [_agent_row(one) for one in agents[:_MOST_AGENTS]]
    return block(lines)


def _row(label: str, numbers: Sequence[str]) -> str:
    return left(label, _LABEL) + "".join(right(number, _NUMBER) for number in numbers)


def _agent_row(one: CallTally) -> str:
    numbers = (f"{one.calls:,}", f"{one.asked:,}", per_hundred(one))
    return left(one.agent, _AGENT) + "".join(right(number, _SMALL) for number in numbers)


def per_hundred(one: CallTally) -> str:
    """Asks per 100 calls as people read it; a dash without any call."""
    return "–" if one.asks_per_hundred is None else f"{one.asks_per_hundred:.1f}"


def told_duration(seconds: float | None, language: str) -> str:
    """42 s, 7 min, 3.5 h; a dash for none."""
    if seconds is None:
        return "–"
    if seconds < _MINUTE:
        return _say("seconds", language, number=round(seconds))
    if seconds < _HOUR:
        return _say("minutes", language, number=round(seconds / _MINUTE))
    return _say("hours", language, number=round(seconds / _HOUR, 1))


def _say(key: str, language: str, **fields: object) -> str:
    return say(f"tally.{key}", language, **fields)
