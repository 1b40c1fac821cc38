"""What was used: tokens and their cost, by the person who was authenticated. It sets no limits.

Prices are those of the moment a call is counted and are never worked out again. A call whose price nobody knows counts
with its tokens and without a cost; a sum says how many such calls it leaves out.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeAlias, get_args
from uuid import UUID

from channels.base import NexoraError
from channels.locales import say
from channels.text.columns import PHONE_COLUMNS, block, left, right, width
from channels.times import midnights, money
from governance.people.names import known_as
from governance.people.people import Person, Role
from governance.record.transaction import Row, Store, Transaction, load_queries

UsageBy: TypeAlias = Literal["agent", "channel", "conversation", "day", "model", "person", "purpose"]
"""What a table has a row for."""
Purpose: TypeAlias = Literal[
    "image", "memory", "proactive", "sampling", "speech", "summary", "title", "transcription", "turn"
]
"""What a model was asked for."""
CostOf: TypeAlias = Callable[[str, str, int, int, int], Decimal | None]
"""US dollars for provider, model, input, output and cached tokens; None when the price is not known."""

EVERY_SECONDS = 3600.0
SETTLES = timedelta(hours=1)
_QUERIES = Path(__file__).with_name("usage.sql")
_LABEL, _TOKENS, _CALLS, _COST = 15, 8, 6, 9
_HEADINGS = ("tokens", "calls", "cost")
_MOST_ROWS = 31
"""A month of days."""


class UsageWrong(NexoraError):
    """Usage is told by agent, channel, conversation, day, model, person or purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """One sum. `cost_usd` covers the calls whose price is known, None when none is; `unpriced_calls` are the others.

    `estimated_calls` are those whose tokens their provider did not count, or not wholly.
    `key` is the person's id, the agent, `provider/model`, the channel, the conversation's key or the viewer's day;
    `label` is what people read instead, `name` the sign-in name of a person. Cached tokens are part of the input.
    """

    key: str
    label: str
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    calls: int = 0
    cost_usd: Decimal | None = None
    unpriced_calls: int = 0
    estimated_calls: int = 0
    name: str = ""

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    @property
    def about(self) -> str:
        """What stands before its tokens: a sign when some of them are estimated."""
        return "≈" if self.estimated_calls else ""


class Usage:
    """Counts calls and sums them up: admins see everybody's, others their own."""

    def __init__(self, store: Store, cost_usd: CostOf) -> None:
        self._store = store
        self._cost_usd = cost_usd
        self._queries = load_queries(_QUERIES)

    async def add(
        self,
        work: Transaction,
        *,
        person_id: UUID,
        agent: str,
        provider: str,
        model: str,
        input_tokens: int,
        output_tokens: int,
        cached_tokens: int = 0,
        is_estimated: bool = False,
        channel: str,
        conversation: str,
        turn_id: UUID | None = None,
        purpose: Purpose = "turn",
    ) -> Decimal | None:
        """Count one call of a model with the change it belongs to, and say what it cost.

        `person_id` must be the person whom the gateway identified, never one that a message or a model names.
        """
        cost = self._cost_usd(provider, model, input_tokens, output_tokens, cached_tokens)
        counted = (input_tokens, output_tokens, cached_tokens)
        told = (agent, provider, model, channel, conversation, turn_id, purpose)
        await work.execute(self._queries["add"], self._store.now(), person_id, *told, *counted, cost, is_estimated)
        return cost

    async def cached_last(self, person_id: UUID, conversation: str) -> float | None:
        """Which part of what this person's last call there sent came from the provider's cache; None after a week."""
        since = self._store.now() - timedelta(days=7)
        row = await self._store.fetchrow(self._queries["cached_last"], person_id, conversation, since)
        return row["cached_tokens"] / row["input_tokens"] if row and row["input_tokens"] else None

    async def table(self, viewer: Person, *, by: UsageBy, since: datetime, until: datetime) -> list[UsageRow]:
        """Sums from `since` up to, not including, `until`: the costliest first, the viewer's days in their order.

        Raises UsageWrong when `by` is none of UsageBy.
        """
        if by not in get_args(UsageBy):
            raise UsageWrong
        if by == "day":
            return await self._by_day(viewer, since, until)
        if by == "purpose":
            return await self._by_purpose(viewer, since, until)
        rows = [_row_of(row) for row in await self._sums(viewer, by, since, until)]
        return sorted(rows, key=lambda row: (-(row.cost_usd or 0), -row.tokens, row.label))

    async def total(self, viewer: Person, since: datetime, until: datetime) -> UsageRow:
        """Everything that the viewer may see of that time in one sum."""
        rows = await self._sums(viewer, "", since, until)
        return _row_of(rows[0]) if rows else UsageRow(key="", label="")

    async def sampled(self, viewer: Person, since: datetime, until: datetime) -> tuple[int, int]:
        """How many of the calls of that time were asked by servers of others, and with how many tokens."""
        whose = None if viewer.role is Role.ADMIN else viewer.id
        row = await self._store.fetchrow(self._queries["sampled"], since, until, whose)
        return (row["calls"], row["tokens"]) if row else (0, 0)

    async def roll_up(self) -> int:
        """Sum up each quarter of an hour that has been over for an hour and is not summed up yet; how many.

        After the hour no transaction that counted a call of that quarter is still on its way. Raises DatabaseAway.
        """
        async with self._store.transaction() as work:
            await work.execute(self._queries["take_turns"])
            quarters: int = await work.fetchval(self._queries["roll_up"], self._store.now() - SETTLES)
        return quarters

    async def run(self) -> None:
        """Sum up what is over, once an hour until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.roll_up()

    async def _by_purpose(self, viewer: Person, since: datetime, until: datetime) -> list[UsageRow]:
        """What each was asked for, read from the calls themselves: sums of quarters do not tell purposes apart."""
        whose = None if viewer.role is Role.ADMIN else viewer.id
        rows = await self._store.fetch(self._queries["purposes"], since, until, whose)
        told = [replace(row, label=say(f"usage.purpose.{row.key}", viewer.language)) for row in map(_row_of, rows)]
        return sorted(told, key=lambda row: (-(row.cost_usd or 0), -row.tokens, row.label))

    async def _by_day(self, viewer: Person, since: datetime, until: datetime) -> list[UsageRow]:
        """However long the time is, only days from the first call in it to the last are looked at."""
        first, last = (await self._store.fetch(self._queries["times"], since, until))[0]
        if first is None:
            return []
        days = midnights(first, last, viewer.language, viewer.time_zone)
        rows = await self._sums(viewer, "day", since, until, [begins for _, begins in days])
        told = {str(number): on.isoformat() for number, (on, _) in enumerate(days, start=1)}
        named = [replace(_row_of(row), key=told[row["key"]], label=told[row["key"]]) for row in rows]
        return sorted(named, key=lambda row: row.key)

    async def _sums(
        self, viewer: Person, by: str, since: datetime, until: datetime, days: Sequence[datetime] = ()
    ) -> list[Row]:
        whose = None if viewer.role is Role.ADMIN else viewer.id
        return await self._store.fetch(self._queries["sums"], by, since, until, whose, list(days))


def render_usage(rows: Sequence[UsageRow], language: str) -> str:
    """The table as Markdown for a chat, at most 40 places wide, with the sum and a note on unknown prices."""
    if not rows:
        return say("usage.nothing", language)
    tokens, calls, cost = (say(f"usage.{name}", language) for name in _HEADINGS)
    shown = [_columns(_fitting(row), row, language) for row in rows[:_MOST_ROWS]]
    whole = _sum(rows)
    lines = [_line(("", tokens, calls, cost)), *(_line(columns) for columns in shown)]
    if len(rows) > _MOST_ROWS:
        lines.append(say("usage.more", language, count=len(rows) - _MOST_ROWS))
    if len(rows) > 1:
        lines += ["─" * PHONE_COLUMNS, _line(_columns(say("usage.total", language), whole, language))]
    notes = (("usage.unpriced", whole.unpriced_calls), ("usage.estimated", whole.estimated_calls))
    told = [say(note, language, count=count) for note, count in notes if count]
    if whole.cached_tokens:
        told.append(say("usage.cached", language, share=f"{whole.cached_tokens / max(1, whole.input_tokens):.0%}"))
    return "\n".join([block(lines), *told])


def _sum(rows: Sequence[UsageRow]) -> UsageRow:
    costs = [row.cost_usd for row in rows if row.cost_usd is not None]
    return UsageRow(
        key="",
        label="",
        input_tokens=sum(row.input_tokens for row in rows),
        output_tokens=sum(row.output_tokens for row in rows),
        cached_tokens=sum(row.cached_tokens for row in rows),
        calls=sum(row.calls for row in rows),
        cost_usd=sum(costs, Decimal(0)) if costs else None,
        unpriced_calls=sum(row.unpriced_calls for row in rows),
        estimated_calls=sum(row.estimated_calls for row in rows),
    )


def _fitting(row: UsageRow) -> str:
    """What is narrow enough for a phone: where both names of a person are not, the one that is nobody else's."""
    return row.name if row.name and width(row.label) > _LABEL else row.label


def _columns(label: str, row: UsageRow, language: str) -> tuple[str, str, str, str]:
    return label, row.about + short(row.tokens, language), short(row.calls, language), cost_of(row, language)


def _line(columns: Sequence[str]) -> str:
    label, tokens, calls, cost = columns
    return f"{left(label, _LABEL)}{right(tokens, _TOKENS)}{right(calls, _CALLS)} {right(cost, _COST)}"


def short(number: int, language: str) -> str:
    """999, 9.9k, 1.2M: a count in at most six places, in the steps in which a language counts."""
    for step in say("usage.steps", language).split():
        power, _, unit = step.partition("=")
        scaled = number / 10 ** int(power)
        if scaled >= 1:
            return f"{scaled:.1f}{unit}" if scaled < 99.95 else f"{scaled:.0f}{unit}"  # noqa: PLR2004 - three digits
    return str(number)


def cost_of(row: UsageRow, language: str) -> str:
    """The cost in the currency of the deployment: `?` when no price is known, + when some are not."""
    if row.cost_usd is None:
        return "?" if row.calls else money(Decimal(0), language)
    return f"{money(row.cost_usd, language)}{'+' if row.unpriced_calls else ''}"


def _row_of(row: Row) -> UsageRow:
    known = {name: row[name] for name in UsageRow.__dataclass_fields__}
    return UsageRow(**{**known, "label": known_as(row["name"], row["shown"]) or row["label"]})
