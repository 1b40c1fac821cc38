"""What a conversation holds: its messages as the model is sent them, kept warm, and the writing of a turn's steps.

A warm conversation is used only while the database says that nothing newer was written elsewhere. It refuses to judge
what belongs into an answer.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

import structlog

from agents.conversation.sound import sound_history
from agents.models.context import CallOutcome, Prepared
from agents.models.shortening import shortened
from agents.models.summary import summary_messages
from channels.codec import dump, load
from channels.messages import Address, Ref
from governance.people.people import Person
from governance.record.transaction import DatabaseAway, Row, Store, Transaction, load_queries

_log = structlog.get_logger(__name__)
QUERIES = load_queries(Path(__file__).with_name("conversation.sql"))
MOST_BYTES = 240_000
"""About 60,000 tokens of history, of which a model with a smaller window is sent less (`fitted`); what was left out
stays in the database."""
MOST_MESSAGES = 400
WARM_BYTES = 16_000_000
"""How much memory all conversations at hand may take together, the longest unused leaving first; some thousand short
ones or a hundred long ones. Reading one anew costs 1 ms."""
BYTES_EACH = 500
"""What a conversation takes beside its messages."""
BYTES_MESSAGE = 120
"""What a message takes beside its text, on CPython 3.11 to 3.14."""
TITLE_LENGTH = 60
WITHHELD = '"withheld":true'
"""In the last message of a turn that no model is shown again, since its provider refused what the turn holds."""


@dataclass(slots=True, kw_only=True)
class History:
    """The messages of a conversation so far, oldest first, after a summary of those before, and the newest number."""

    newest: int = 0
    context_from: int = 0
    summary: tuple[Prepared, ...] = ()
    messages: list[Prepared] = field(default_factory=list)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self._measure()

    def add(self, bodies: Iterable[Prepared]) -> None:
        """Append. Once it is too much, the oldest is shortened or let go of, a good part of it at a time.

        What is shown of it stays the same from turn to turn until then, and is not made anew.
        """
        for body in bodies:
            self.messages.append(body.unparsed())
            self.size += BYTES_MESSAGE + len(body.json)
        if self.size <= MOST_BYTES and len(self.messages) <= MOST_MESSAGES:
            return
        newest = self.messages if len(self.messages) <= MOST_MESSAGES else self.messages[-MOST_MESSAGES * 3 // 4 :]
        room = MOST_BYTES - BYTES_EACH - BYTES_MESSAGE * len(newest)
        self.messages = [Prepared.of(body).unparsed() for body in shortened(_from_a_person(newest), room * 3 // 4)]
        self._measure()

    def recent(self) -> list[Prepared]:
        """What is left of it, beginning with something a person said; who parses them does so in a copy."""
        return [body.unparsed() for body in (*self.summary, *_from_a_person(self.messages))]

    def _measure(self) -> None:
        self.size = BYTES_EACH + sum(BYTES_MESSAGE + len(body.json) for body in (*self.summary, *self.messages))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A conversation at the start of a turn.

    `turn_state` is set when this turn was begun before; `live` is the live message in which its answer was half shown.
    `has_ended`: a command in the background did, of which the model does not know.
    `has_refused`: something that was refused here is to be told to the model, or lifted by what a person says.
    """

    agent: str
    title: str
    history: History
    own: tuple[tuple[int, Prepared], ...]
    turn_state: str | None
    live: Ref | None = None
    has_refused: bool = False
    has_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStep:
    """One message of a turn: its place in the turn, whose it is, and its text as sent to the model."""

    number: int
    role: str
    body: Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSteps:
    """The numbers of the newest message of a conversation before and after some steps were written."""

    before: int
    newest: int


class NamedAgent(Protocol):
    """An agent, as a conversation knows it."""

    @property
    def name(self) -> str:
        """Its name."""


class OfTurn(Protocol):
    """What a conversation keeps of a turn."""

    @property
    def id(self) -> UUID:
        """The turn's own."""

    @property
    def address(self) -> Address:
        """Where it goes on."""

    @property
    def person(self) -> Person:
        """Whose it is."""

    @property
    def agent(self) -> NamedAgent:
        """Who answers."""

    @property
    def started_at(self) -> datetime:
        """Since when."""

    @property
    def title(self) -> str:
        """What the conversation is called until it has a title."""


class Conversations:
    """All conversations; the most recent ones are kept warm."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._warm: OrderedDict[str, History] = OrderedDict()
        self._held = 0

    async def open(self, key: str, turn_id: UUID) -> Opened:
        """The conversation as it stands; one query when it is warm."""
        row = await self._store.fetchrow(QUERIES["open"], key, turn_id)
        if row is None:
            raise LookupError("the query `open` always answers")
        newest, context_from = row["newest"] or 0, row["context_from"]
        history = self._warm.get(key)
        own: list[tuple[int, Prepared]] = []
        if row["turn_state"]:
            # What came before the turn is a part of the conversation, which must not pass for the whole of it.
            own = await self._own(turn_id)
            history = await self._read(key, context_from, newest=newest, but=turn_id)
            self.forget(key)
        else:
            if history is None or history.newest != newest or history.context_from != context_from:
                history = await self._read(key, context_from, newest=newest)
            self._keep(key, history)
        return Opened(
            agent=row["agent"] or "",
            title=row["title"] or "",
            history=history,
            own=tuple(own),
            turn_state=row["turn_state"],
            live=load(Ref, row["sight"]) if row["sight"] else None,
            has_refused=row["has_refused"],
            has_ended=row["has_ended"],
        )

    async def _read(self, key: str, context_from: int, *, newest: int, but: UUID | None = None) -> History:
        """The newest messages, fit to be sent, without those of one turn and of turns that a provider refused."""
        rows: Sequence[Row] = await self._store.fetch(QUERIES["history"], key, context_from, MOST_MESSAGES, but)
        folded = await self._store.fetchrow(QUERIES["summary"], key, context_from) if context_from else None
        summary = summary_messages(folded["words"], has_outsiders=folded["has_outsiders"]) if folded else ()
        history = History(newest=newest, context_from=context_from, summary=summary)
        withheld = {row["turn_id"] for row in rows if WITHHELD in row["body"]}
        shown = (_stored(row) for row in reversed(rows) if row["turn_id"] not in withheld)
        history.add(sound_history(shown))
        return history

    async def _own(self, turn_id: UUID) -> list[tuple[int, Prepared]]:
        """The steps of a turn that was begun before, with their numbers, whatever else was said or forgotten since."""
        rows = await self._store.fetch(QUERIES["own"], turn_id)
        return [(int(row["step"]), _stored(row)) for row in rows]

    def _keep(self, key: str, history: History) -> None:
        """Keep it as the latest used, and let go of others that no longer fit; it alone stays in any case."""
        self.forget(key)
        self._warm[key] = history
        self._held += history.size
        while self._held > WARM_BYTES and len(self._warm) > 1:
            self.forget(next(iter(self._warm)))

    def forget(self, key: str) -> None:
        """Read this conversation anew next time, as after a write whose outcome is not known."""
        history = self._warm.pop(key, None)
        if history is not None:
            self._held -= history.size

    async def write(
        self, work: Transaction, turn: OfTurn, steps: Sequence[TurnStep], state: str
    ) -> WrittenSteps | None:
        """Write steps of a turn; None unless all of them are new."""
        rows = await work.fetch(
            QUERIES["write"],
            *_columns(turn),
            self._store.now(),
            turn.id,
            state,
            turn.started_at,
            [step.number for step in steps],
            [step.role for step in steps],
            [step.body.json.decode() for step in steps],
            [step.body.outcome for step in steps],
        )
        if not rows or len(rows) != len(steps):
            return None
        return WrittenSteps(before=rows[0]["before"] or 0, newest=max(row["id"] for row in rows))

    def held(self, key: str) -> tuple[int, int]:
        """How many bytes and messages a model would be sent of it next; none where it is not at hand."""
        history = self._warm.get(key)
        return (history.size, len(history.messages)) if history else (0, 0)

    async def begin_anew(self, work: Transaction, key: str, newest: int) -> None:
        """Let no model see what came before, up to that message; it is kept."""
        await work.execute(QUERIES["begin_anew"], key, newest)

    async def keep_live(self, turn: OfTurn, live: Ref) -> None:
        """Note the message in which the answer of a turn can be seen now, in case the turn has to be run again."""
        try:
            async with self._store.transaction() as work:
                await work.execute(
                    QUERIES["keep_live"],
                    *_columns(turn),
                    self._store.now(),
                    turn.id,
                    turn.started_at,
                    dump(live),
                )
        except DatabaseAway as error:
            _log.warning("live_not_kept", conversation=turn.address.key, reason=str(error))

    def extend(self, key: str, steps: Sequence[TurnStep], written: WrittenSteps | None) -> None:
        """After the commit: the warm conversation has these steps too, if it was whole until they were written."""
        history = self._warm.get(key)
        self.forget(key)
        if history is None or written is None or history.newest != written.before:
            return
        history.add(step.body for step in steps)
        history.newest = written.newest
        self._keep(key, history)


def _from_a_person(messages: list[Prepared]) -> list[Prepared]:
    """Without what stands before the first message of a person."""
    first = next((at for at, body in enumerate(messages) if body.role == "user"), len(messages))
    return messages[first:] if first else messages


def _stored(row: Row) -> Prepared:
    return Prepared(row["body"], CallOutcome(row["outcome"]) if row["outcome"] else None)


def _columns(turn: OfTurn) -> tuple[object, ...]:
    """What every write says of the conversation: its address, whose it is, who answers, what it is called."""
    address = turn.address
    return (
        address.key,
        address.channel,
        address.room,
        address.thread,
        turn.person.id,
        turn.agent.name,
        turn.title[:TITLE_LENGTH],
    )
