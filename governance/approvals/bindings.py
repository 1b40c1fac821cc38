"""Which agent answers in a group: asked of the admins by a card, once, or set by a command.

A binding says who answers, never who may ask: only people to whom the agent is granted are answered by it. Rooms are
whole: their threads are bound with them.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from channels.codec import dump
from channels.locales import say
from channels.messages import Address, Button, Fact, Inbound, Tone
from governance.approvals.close import RequestEnding, close, locked, rewrite
from governance.approvals.decide import Approvals, Asking
from governance.approvals.request_type import RequestType, known
from governance.approvals.requests import Choice, Request, RequestStatus, reserved_choices
from governance.approvals.shown.cards import agents_named, first_words
from governance.guard.calls import hashed
from governance.people.people import CHAT, Origin, Person
from governance.record.audit import Event, canonical
from governance.record.transaction import Store, Transaction, load_queries
from governance.values.reasons import why
from governance.values.verdicts import Ask, Risk

_QUERIES = Path(__file__).with_name("bindings.sql")
EXPIRY_SECONDS = 7 * 86_400
"""The question of a group can wait for an admin's holiday."""
FIRST_WORDS = 300
LETTERS = [letter for letter in string.ascii_lowercase if letter not in reserved_choices()]
"""The choices that can stand for agents, so at most that many can be chosen by a press; /bind knows them all."""

MOST_AGENTS = 5
"""Buttons for agents on one card: with "leave it open" six, the most that every platform with buttons shows."""
SURE_BUTTONS = 3
"""Buttons for agents that a platform shows beside "leave it open" even if it takes four in all."""


def _title(request: Request) -> str:
    return f"{request.subject.get('channel')} · {request.subject.get('room_name') or request.subject.get('room')}"


def _about(request: Request, language: str) -> tuple[Fact, ...]:
    return (Fact(label=say("fact.group", language), value=request.title),)


def _details(request: Request, language: str) -> tuple[Fact, ...]:
    agents = Fact(label=say("fact.agents", language), value=agents_named(request, language, SURE_BUTTONS))
    return tuple(fact for fact in (*first_words(request, language), agents) if fact.value)


def _buttons(request: Request, language: str) -> tuple[Button, ...]:
    return (
        *(Button(choice=letter, label=agent) for letter, agent in list(request.agents.items())[:MOST_AGENTS]),
        Button(choice=Choice.DENY.value, label=say("button.leave_open", language), tone=Tone.DANGER),
    )


def _bound(request: Request, language: str) -> str:
    return say("press.bound", language, agent=request.chosen_agent)


BINDING = RequestType(
    name="binding",
    title=_title,
    about=_about,
    details=_details,
    buttons=_buttons,
    choices=frozenset({Choice.DENY}),
    approved=_bound,
    denied="press.left_open",
    unfit="press.which_agent",
    names_ends=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What is known of a room: its agent, empty where admins were asked or have left it open."""

    agent: str


class Bindings:
    """The rooms and their agents; each change commits with its audit line."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queries = load_queries(_QUERIES)

    async def of(self, address: Address) -> Binding | None:
        """What is known of the room; None when nobody was asked about it and nobody has bound it."""
        row = await self._store.fetchrow(self._queries["of"], address.channel, address.room)
        return None if row is None else Binding(agent=row["agent"])

    async def ask(self, approvals: Approvals, inbound: Inbound, by: Person, agents: Sequence[str]) -> bool:
        """Ask the admins which of these agents answers in the room; False when they were asked before.

        There is one question for a room, ever, however many gateways hear it at once.
        """
        address = inbound.address
        subject = {
            "channel": address.channel,
            "room": address.room,
            "room_name": inbound.room_name[:FIRST_WORDS],
            "address": dump(address),
            "agents": dict(zip(LETTERS, agents, strict=False)),
            "by": by.label,
            "said": inbound.text[:FIRST_WORDS],
        }
        asking = Asking(
            kind=BINDING,
            requester=None,
            account=inbound.sender,
            subject=subject,
            digest=hashed(canonical(subject)),
            ask=Ask(because=why("binding.none"), risk=Risk.LOW, expiry_seconds=EXPIRY_SECONDS),
        )
        async with self._store.transaction() as work:
            if not await self._begin(work, address):
                return False
            request = await approvals.ask(work, asking)
            await work.execute(self._queries["asked"], address.channel, address.room, request.id)
        return True

    async def decided(self, work: Transaction, request: Request, ending: RequestEnding) -> None:
        """Bind the room, or leave it as it is, in the transaction of the decision."""
        by = ending.by
        if request.status is not RequestStatus.APPROVED or by is None:
            return
        channel, room = str(request.subject["channel"]), str(request.subject["room"])
        agent = request.chosen_agent
        if await work.fetchval(self._queries["set"], channel, room, agent, by.id, self._store.now()) is None:
            raise RuntimeError("a room that was asked about is not there")
        work.record(
            Event(
                tag="approvals:room:bound",
                actor=str(by.id),
                actor_name=by.name,
                resource=f"{channel}:{room}",
                detail={"agent": agent, "request": str(request.id)},
            )
        )

    async def bind(self, address: Address, agent: str, *, by: Person, origin: Origin = CHAT) -> None:
        """Let this agent answer in the room; a question that still waits about it needs no answer any more."""
        async with self._store.transaction() as work:
            await self._begin(work, address)
            await self._withdraw_question(work, address, by)
            now = self._store.now()
            await work.execute(self._queries["set"], address.channel, address.room, agent, by.id, now)
            detail = {"agent": agent}
            work.record(origin.event("room:bound", by, resource=_name(address), detail=detail))

    async def unbind(self, address: Address, *, by: Person, origin: Origin = CHAT) -> str:
        """Let everybody's own agent answer in the room again; the name of the agent that did, empty when none did."""
        async with self._store.transaction() as work:
            now = self._store.now()
            was: str | None = await work.fetchval(self._queries["unbind"], address.channel, address.room, by.id, now)
            if was is not None:
                work.record(origin.event("room:unbound", by, resource=_name(address), detail={"agent": was}))
        return was or ""

    async def _begin(self, work: Transaction, address: Address) -> bool:
        """Make the room known; False when it was. Waits for a question that is just being asked."""
        begun = await work.fetchval(self._queries["begin"], address.channel, address.room, self._store.now())
        return begun is not None

    async def _withdraw_question(self, work: Transaction, address: Address, by: Person) -> None:
        """The request is locked before the room, in the order of a press."""
        row = await work.fetchrow(self._queries["of"], address.channel, address.room)
        request = (
            await locked(work, known(BINDING), request_id=row["request_id"]) if row and row["request_id"] else None
        )
        if request is not None and request.is_pending:
            ending = RequestEnding(status=RequestStatus.CANCELLED, at=self._store.now(), by=by)
            await rewrite(work, await close(work, request, ending), "outcome")


def _name(address: Address) -> str:
    return f"{address.channel}:{address.room}"
