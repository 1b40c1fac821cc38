"""From an event on the bus to whoever handles it: a press, a command, something said, or a decision that was made.

It finds out who speaks before anything else happens, on every event. It decides nothing about permission itself.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import structlog

from channels.base import ChannelDown, NotStored
from channels.codec import dump, load
from channels.locales import say, say_to
from channels.messages import STOP, Inbound, Press
from channels.running.supervisor import Supervisor
from channels.text.grammar import leading, parse, slip_of
from gateway import commands
from gateway.commands.conversations import StopOutcome
from gateway.messages.albums import Albums
from gateway.messages.border import Border
from gateway.messages.corrections import Corrections
from gateway.messages.errands import errand_in
from gateway.messages.moved_rooms import MovedRooms
from gateway.messages.pasted_codes import is_only_a_mark
from gateway.messages.reply import reply
from gateway.messages.spoken_answers import SpokenAnswers
from gateway.messages.spoken_decisions import SpokenDecisions
from gateway.messages.turn import Talk
from gateway.queue.inbox import Bus, Published
from gateway.queue.jobs import GiveUp, Job
from governance.accounts.admissions import MOST_LATER, Admissions
from governance.approvals.decide import Approvals
from governance.approvals.presses.press_answers import WhyNot
from governance.approvals.presses.pressed import Pressed
from governance.people.people import People, Person, Stranger
from governance.record.audit import Event, Status
from governance.record.transaction import DatabaseAway, Notice, Store, Transaction, load_queries
from governance.record.urgency import is_urgent, place_of, urgent_lane
from governance.values.bursts import Bursts
from governance.values.reasons import Why

_log = structlog.get_logger(__name__)

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
OWN = "nexora"
"""The channel of events that the gateway tells itself."""
LONGEST_TEXT = 200_000
"""Characters of one message that a model could still read; more belongs into a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the router hands events to."""

    store: Store
    bus: Bus
    people: People
    approvals: Approvals
    admissions: Admissions
    border: Border
    talk: Talk
    channels: Mapping[str, Supervisor]
    commands: commands.Commands
    spoken: SpokenDecisions
    answers: SpokenAnswers
    stop_pressed: Callable[[str, str, Person], Awaitable[StopOutcome]]


class Router:
    """Receives from the channels and handles what the bus gives out."""

    def __init__(
        self, parts: Parts, *, lane_cap: int, groups: Mapping[str, frozenset[str]] = MappingProxyType({})
    ) -> None:
        """`groups`: the ids of the only groups in which a channel hears anybody, by the channel's name."""
        self.moved = MovedRooms(parts.store)
        self._parts = parts
        self._lane_cap = lane_cap
        self._groups = groups
        self._bursts = Bursts(parts.store.now)
        self._albums = Albums(parts.store)
        self._corrections = Corrections(parts.store, parts.bus)

    # In

    async def receive(self, inbound: Inbound) -> None:
        """Persist an event of a channel; raises NotStored. What is not meant for the bot is let go."""
        if not self._is_heard(inbound):
            return
        if not inbound.to_me and not await self._is_ours(inbound) and not await self._is_typed_from_a_card(inbound):
            return
        inbound = await self._parts.border.cleared(inbound)
        if inbound.corrects is None:
            await self._publish(inbound)
        else:
            await self._corrections.take(inbound, inbound.corrects, self._publish)

    async def _publish(self, inbound: Inbound) -> None:
        channel, lane = inbound.address.channel, await self._lane_of(inbound)
        taken = await self._parts.bus.publish(lane, channel, inbound.event_id, dump(inbound))
        if taken is not Published.FULL:
            return
        if not self._bursts.begins(f"full:{lane}"):
            return
        try:
            async with self._parts.store.transaction() as work:
                text = say_to(inbound.text, inbound.language, "chat.full", waiting=self._lane_cap)
                work.send(reply(f"full:{channel}:{inbound.event_id}", inbound, text))
        except DatabaseAway as error:
            raise NotStored(str(error)) from error

    async def _lane_of(self, inbound: Inbound) -> str:
        """The lane of an event; a decision or an answer in words goes where a press on its card would."""
        try:
            request = await self._parts.spoken.request_named(inbound)
            card_id = await self._parts.answers.card_named(inbound) if request is None else request.card_id
        except DatabaseAway as error:
            raise NotStored(str(error)) from error
        return lane_of(inbound) if card_id is None else urgent_lane(f"press:{card_id}")

    def _is_heard(self, inbound: Inbound) -> bool:
        """Whether the settings let anybody speak to the bot there."""
        address, groups = inbound.address, self._groups.get(inbound.address.channel)
        if inbound.is_direct or groups is None or address.room in groups:
            return True
        if self.moved.now(address.channel, address.room) in groups:
            return True
        if inbound.to_me:
            _log.info("group_not_listed", channel=address.channel, group=address.room, name=inbound.room_name)
        return False

    async def _is_ours(self, inbound: Inbound) -> bool:
        """Whether it was said in a thread in which the bot has answered before, or corrects what it heard."""
        if inbound.corrects is not None and await self._corrections.knows(inbound, inbound.corrects):
            return True
        if not inbound.address.thread:
            return False
        try:
            return bool(await self._parts.store.fetchval(QUERIES["is_known"], inbound.address.key))
        except DatabaseAway as error:
            raise NotStored(str(error)) from error

    async def _is_typed_from_a_card(self, inbound: Inbound) -> bool:
        """Whether it is a command with the code of a request, as a card says to type it; no other bot has that code."""
        if inbound.corrects is not None:
            return False
        name, rest = parse(inbound.typed) or ("", "")
        command = commands.COMMANDS.get(name)
        code, _ = leading(rest)
        if command is None or not command.on_cards or not code or "@" in inbound.text.split()[0]:
            return False
        try:
            return bool(await self._parts.store.fetchval(QUERIES["is_code"], code))
        except DatabaseAway as error:
            raise NotStored(str(error)) from error

    # Out

    async def handle(self, job: Job) -> None:
        """Do what one event calls for, and finish it in the transaction of what it did."""
        if job.channel == OWN:
            await self._own(job)
            return
        job, inbound = await self._albums.gathered(job, load(Inbound, job.body))
        who = await self._parts.people.identify(inbound.sender)
        if inbound.press is not None:
            await self._press(job, inbound, who)
        elif isinstance(who, Stranger):
            await self._stranger(job, inbound, who)
        elif (answer := await self._ordered(inbound, who)) is not None:
            await self._reply(job, inbound, answer, private=True)
        elif is_urgent(job.lane):
            await self._back_to_talk(job, inbound)
        elif is_only_a_mark(inbound):
            await self._reply(job, inbound, "")
        elif len(inbound.text) > LONGEST_TEXT:
            text = say("chat.too_long", who.language, length=len(inbound.text), limit=LONGEST_TEXT)
            await self._reply(job, inbound, text)
        else:
            await self._parts.talk.answer(job, inbound, who)

    async def _own(self, job: Job) -> None:
        """An event of our own: somebody decided, or a turn begins that nobody wrote for."""
        errand = errand_in(job.body)
        if errand is None:
            await self._parts.talk.go_on(job, UUID(json.loads(job.body)["decided"]))
        else:
            await self._parts.talk.run_errand(job, errand)

    async def _back_to_talk(self, job: Job, inbound: Inbound) -> None:
        """Put what turned out to be no decision among what is said: its request ended while it was on its way."""
        body = dump(await self._parts.border.cleared(inbound))
        talk = Notice(event_id=f"talk:{job.key}", lane=inbound.address.key, body=body, channel=job.channel)
        async with self._parts.store.transaction() as work:
            work.publish(talk)
            await self._parts.bus.finish_within(work, job)

    async def _ordered(self, inbound: Inbound, who: Person) -> str | None:
        """The answer to what is no talk: a command, a decision, the code of a second step; None for all else."""
        command = None if inbound.continues else parse(inbound.typed)
        if inbound.corrects is not None:
            return None if command is None else say("chat.edited_command", who.language, name=command[0])
        if inbound.is_direct and await self._parts.approvals.own.is_awaited(who, inbound.sender, inbound.typed):
            return await commands.confirm_typed(inbound, who, self._parts.approvals)
        if command is not None:
            return await self._parts.commands.run(who, inbound, *command)
        if meant := slip_of(inbound.typed):
            return say("chat.slip", who.language, name=meant)
        decided = await self._parts.spoken.answer(inbound, who)
        return decided if decided is not None else await self._parts.answers.said(inbound, who)

    async def _press(self, job: Job, inbound: Inbound, who: Person | Stranger) -> None:
        press = inbound.press
        if press is None:
            raise ValueError("a press without a press")
        if isinstance(who, Stranger):
            await self._parts.store.record(_stranger_pressed(inbound))
            text = say_to("", inbound.language, "press.stranger")
        elif press.choice == STOP:
            text = await self._stop(inbound, press, who)
        elif (told := await self._parts.answers.pressed(inbound, press, who)) is not None:
            text = told
        else:
            outcome = await self._parts.approvals.decide(
                who,
                inbound.sender,
                card_id=press.id,
                choice=press.choice,
                reason=inbound.text,
                pressed=Pressed(address=inbound.address, message=press.message, is_direct=inbound.is_direct),
            )
            text = outcome.sentence
        await self._reply(job, inbound, text, private=True)

    async def _stop(self, inbound: Inbound, press: Press, who: Person) -> str:
        """End the answer below which it was pressed; the answer tells of it, unless a press waits for a word."""
        stopped = await self._parts.stop_pressed(inbound.address.key, press.id, who)
        is_seen = stopped is StopOutcome.DONE and not press.receipt
        return "" if is_seen else say(f"command.stop.{stopped.value}", who.language)

    async def _stranger(self, job: Job, inbound: Inbound, who: Stranger) -> None:
        command = parse(inbound.typed) if inbound.corrects is None else None
        if command is not None and command[0] == "link" and who.state in {"new", "waiting", "refused"}:
            await self._reply(job, inbound, await self._parts.commands.link(inbound, command[1]), private=True)
            return
        async with self._parts.store.transaction() as work:
            word = "admission.refused" if who.state == "refused" else "admission.disabled"
            is_new = True
            if who.state == "new":
                await self._parts.admissions.ask(work, self._parts.approvals, self._at_home(inbound))
                word = "admission.asked"
            elif who.state == "waiting":
                word, is_new = await self._parts.admissions.keep(work, inbound)
            text = say_to(inbound.text, inbound.language, word, most=MOST_LATER)
            place = f"{word}:{inbound.sender.channel}:{inbound.sender.id}:{inbound.address.key}"
            is_news = is_new and self._bursts.begins(place)
            await self._reply_within(work, job, inbound, text if is_news else "", private=True)

    def _at_home(self, inbound: Inbound) -> Inbound:
        """The event with the language of its channel, where the platform tells none of its sender's."""
        channel = self._parts.channels.get(inbound.address.channel)
        if inbound.language or channel is None:
            return inbound
        try:
            return replace(inbound, language=channel.channel.traits.home_language)
        except ChannelDown:  # it went down since this was heard
            return inbound

    async def tell_of_strangers(self) -> None:
        """Tell the admins of those who asked to come in since they were last told. Raises DatabaseAway."""
        await self._parts.admissions.tell()

    async def _reply(self, job: Job, inbound: Inbound, text: str, *, private: bool = False) -> None:
        async with self._parts.store.transaction() as work:
            await self._reply_within(work, job, inbound, text, private=private)

    async def _reply_within(
        self, work: Transaction, job: Job, inbound: Inbound, text: str, *, private: bool = False
    ) -> None:
        if text:
            work.send(reply(f"reply:{job.channel}:{job.key}", inbound, text, private=private))
        await self._parts.bus.finish_within(work, job)

    async def dead_letter(self, work: Transaction, job: Job, error: Exception) -> None:
        """Tell the sender and the record that an event is put aside for good."""
        kind, is_over = type(error).__name__, isinstance(error, GiveUp)
        work.record(
            Event(
                tag="bus:event:buried",
                resource=f"{job.channel}:{job.key}",
                status=Status.FAILED,
                address=place_of(job.lane),
                detail={"reason": f"{kind}: {error}"[:500], "tries": job.tries},
            )
        )
        if job.channel == OWN:
            why = Why(word="why.ended") if is_over else Why(word="why.given_up", fields={"reason": kind})
            await self._own_buried(work, job, why)
            return
        inbound = load(Inbound, job.body)
        if inbound.press is None:
            await self._parts.talk.abandon(work, job, inbound, await self._language_of(inbound))
        if self._bursts.begins(f"buried:{job.lane}"):
            word = "chat.buried.ended" if is_over else "chat.buried.failed"
            told = say_to(inbound.text, inbound.language, word, kind=kind)
            work.send(reply(f"buried:{job.channel}:{job.key}", inbound, told))

    async def _own_buried(self, work: Transaction, job: Job, why: Why) -> None:
        errand = errand_in(job.body)
        if errand is None:
            await self._parts.talk.give_up(work, UUID(json.loads(job.body)["decided"]), why)
        else:
            await self._parts.talk.give_up_errand(work, job, errand, why)

    async def _language_of(self, inbound: Inbound) -> str:
        who = await self._parts.people.identify(inbound.sender)
        return "en" if isinstance(who, Stranger) else who.language


def lane_of(inbound: Inbound) -> str:
    """The lane of an event: a press on its request's, what is urgent on its own, everything else on the conversation's.

    A command that changes the conversation keeps its place among what is said.
    """
    if inbound.press is not None:
        return urgent_lane(f"press:{inbound.press.id}")
    command = None if inbound.continues else parse(inbound.typed)
    if command is not None and (known := commands.COMMANDS.get(command[0])) and known.is_urgent:
        return urgent_lane(f"control:{inbound.address.channel}:{inbound.event_id}")
    return inbound.address.key


def _stranger_pressed(inbound: Inbound) -> Event:
    return Event(
        tag="approvals:press:refused",
        actor=f"account:{inbound.sender.channel}:{inbound.sender.id}",
        actor_name=inbound.sender.name,
        status=Status.DENIED,
        address=inbound.address.key,
        detail={"why": str(WhyNot.STRANGER.recorded), "said": WhyNot.STRANGER.recorded.stored},
    )
