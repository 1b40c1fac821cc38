"""What is said to an agent, and what is decided about its calls, becomes a turn. The turn itself is `turn.turn`'s."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog

from agents.conversation.conversation import Conversations, Opened
from agents.models.context import Prepared, message
from agents.models.pictures import Picture
from agents.models.rehearsal import workspace as rehearsal_workspace
from agents.models.rehearsal.model import LABEL as REHEARSAL_LABEL
from agents.pool import Agent, Pool
from agents.specs import SpecInvalid, SpecMissing
from agents.tools.background import Backgrounds
from agents.turn.call_ends import CallEnds
from agents.turn.decided import Decided, DecidedCall
from agents.turn.record import Turn
from agents.turn.task import AnswerView, Opening, RunCall, Task
from agents.turn.turn import Turns
from agents.workspaces import workspace_name
from channels.base import Channel, ChannelDown, Streaming, Traits
from channels.locales import listed, say
from channels.messages import Account, Address, Inbound, Language, Outbound, Stop, notice
from channels.running.stream import NO_LIMIT, Allowance, Audience, Writer
from channels.running.supervisor import Supervisor
from channels.running.typing_sign import TypingSign, typing_sign
from gateway.messages.choose_agent import Chooser, NobodyAnswers
from gateway.messages.errands import Errand, errand_failed
from gateway.messages.long_work import LongWorkView
from gateway.messages.read import AttachmentReader
from gateway.messages.reply import reply
from gateway.messages.stop import stop_id, was_stopped
from gateway.queue.inbox import Bus
from gateway.queue.jobs import Job
from governance.approvals.refused_asks import RefusedAsks
from governance.guard.hidden import Hidden
from governance.masking import for_chat
from governance.people.people import People, Person
from governance.record.fence import may_act
from governance.record.transaction import Store, Transaction
from governance.values.reasons import Why

_log = structlog.get_logger(__name__)
UNSEEN = Traits(max_text=0)
"""Of a channel that is down: nobody can see the answer grow right now."""


MayThinkWith = Callable[[Sequence[str], Person, str, str], Awaitable[Why | None]]
"""Why one of these models may not answer this person through that agent in that conversation; None where all may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talking:
    """What talking needs."""

    store: Store
    bus: Bus
    people: People
    pool: Pool
    conversations: Conversations
    turns: Turns
    refused: RefusedAsks
    decided: Decided
    ends: CallEnds
    hearing: AttachmentReader
    channels: Mapping[str, Supervisor]
    workspaces: Path
    may_think_with: MayThinkWith
    default_models: Callable[[], Sequence[str]]
    chooser: Chooser
    hidden: Hidden
    backgrounds: Backgrounds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a turn goes on from, and who sees it."""

    opened: Opened
    audience: Audience
    sign: TypingSign


class Talk:
    """Starts and continues turns."""

    def __init__(self, parts: Talking) -> None:
        self._parts = parts

    @property
    def hidden(self) -> Hidden:
        """What models do not read."""
        return self._parts.hidden

    async def answer(self, job: Job, inbound: Inbound, person: Person) -> None:
        """Let the agent of this conversation answer."""
        turn_id = turn_of(job)
        opened = await self._parts.conversations.open(inbound.address.key, turn_id)
        name = await self._parts.chooser.choose(inbound, person, opened.agent)
        if isinstance(name, NobodyAnswers):
            await self._give_up_turn(job, inbound, opened, name.because, person.language)
            return
        try:
            async with self._parts.pool.use(name, person) as agent:
                turn = self._turn_of(person, agent, inbound.address, is_direct=inbound.is_direct, turn_id=turn_id)
                turn = replace(turn, account=inbound.sender)
                if lack := await self._model_lack(turn):
                    text = say("chat.model_refused", person.language, why=lack.said(person.language))
                    await self._give_up_turn(job, inbound, opened, text, person.language)
                    return
                await self._turn(job, inbound, turn, opened)
        except (SpecMissing, SpecInvalid) as error:
            text = say("chat.agent_gone", person.language, agent=name, reason=str(error))
            await self._give_up_turn(job, inbound, opened, text, person.language)

    async def _model_lack(self, turn: Turn) -> Why | None:
        """Why a rule does not let the models of this agent answer this person here."""
        labels = turn.agent.spec.model or self._parts.default_models()
        return await self._parts.may_think_with(labels, turn.person, turn.agent.name, turn.address.key)

    async def _give_up_turn(self, job: Job, inbound: Inbound, opened: Opened, text: str, language: str) -> None:
        """Say why nobody answers. Where an answer had begun, what it ran ends as unknown, and that is said too."""
        async with self._parts.store.transaction() as work:
            if opened.turn_state is not None:
                await self.abandon(work, job, inbound, language)
            work.send(reply(f"reply:{job.channel}:{job.key}", inbound, text))
            await self._parts.bus.finish_within(work, job)

    async def abandon(self, work: Transaction, job: Job, inbound: Inbound, language: str) -> None:
        """End what ran in an answer that nobody takes up again, and say so."""
        lost = await self._parts.ends.abandon(work, inbound.address.key, turn_of(job))
        if lost:
            text = say("chat.calls_lost", language, tools=listed(lost, language))
            work.send(reply(f"lost:{job.channel}:{job.key}", inbound, text))

    async def give_up(self, work: Transaction, request_id: UUID, why: Why) -> None:
        """End a decided call whose turn was tried too often."""
        decided = await self._parts.decided.find(request_id)
        if decided is not None:
            await self._parts.decided.give_up(work, decided, why)

    async def _turn(self, job: Job, inbound: Inbound, turn: Turn, opened: Opened) -> None:
        audience = Audience(
            address=inbound.address, recipient=inbound.sender, answers=inbound.message, resumes=opened.live
        )
        async with self._typing(audience) as sign:
            await self._answer(job, inbound, turn, _Seen(opened=opened, audience=audience, sign=sign))

    async def _answer(self, job: Job, inbound: Inbound, turn: Turn, seen: _Seen) -> None:
        """Read what was said and what came with it, and run the turn."""
        opened = seen.opened
        heard = await self._parts.hearing.hear(inbound, turn.person, turn.agent.name, turn.workspace)
        if heard.unheard and not inbound.text:
            await self._say(job, inbound, heard.unheard)
            return
        told = ""
        if opened.has_refused:
            told = await self._parts.refused.told_since(inbound.address.key, turn.id, by_person=True)
        if opened.has_ended:
            ended = await self._parts.backgrounds.told(inbound.address.key, turn.id)
            told = "\n\n".join(each for each in (told, ended) if each)
        said = await self._readable(inbound.address, "\n\n".join(each for each in (told, heard.text) if each))
        turn = replace(turn, title=said.strip().partition("\n")[0], started_at=self._parts.store.now())
        await self._run(job, turn, seen, said=said, pictures=tuple(heard.pictures), ends=inbound.event_id)

    async def _readable(self, address: Address, said: str) -> str:
        """What was said, as a model may read it and as it is stored."""
        return await self._parts.hidden.hide(address.key, said) if self._parts.hidden.holds_keys(said) else said

    async def go_on(self, job: Job, request_id: UUID) -> None:
        """Continue the conversation in which a decided call was asked for."""
        decided = await self._parts.decided.find(request_id)
        person = await self._parts.people.get(decided.person_id) if decided else None
        if decided is None or person is None or decided.agent not in person.agents:
            await self._end_decided(job, decided, Why(word="why.agent" if person else "why.person"))
            return
        try:
            async with self._parts.pool.use(decided.agent, person) as agent:
                turn_id, is_direct = decided.turn_id, decided.is_direct
                turn = self._turn_of(person, agent, decided.address, is_direct=is_direct, turn_id=turn_id)
                turn = replace(turn, account=decided.account)
                await self._continue(job, decided, turn)
        except (SpecMissing, SpecInvalid):
            await self._end_decided(job, decided, Why(word="why.agent_gone", fields={"agent": decided.agent}))

    async def _end_decided(self, job: Job, decided: DecidedCall | None, why: Why) -> None:
        async with self._parts.store.transaction() as work:
            if decided is not None:
                await self._parts.decided.give_up(work, decided, why)
            await self._parts.bus.finish_within(work, job)

    async def _continue(self, job: Job, decided: DecidedCall, turn: Turn) -> None:
        opened = await self._parts.conversations.open(decided.address.key, decided.turn_id)
        recipient = Account(channel=decided.address.channel, id="")
        audience = Audience(address=decided.address, recipient=recipient, resumes=opened.live)

        async def opening(run: RunCall) -> Sequence[Prepared]:
            told = await self._parts.refused.told_since(decided.address.key, decided.turn_id, by_person=False)
            own = await self._parts.decided.opening(turn, decided, run)
            return [message("user", f"{own[0]['content']}\n{told}"), *own[1:]] if told else own

        async with self._typing(audience) as sign:
            await self._run(job, turn, _Seen(opened=opened, audience=audience, sign=sign), opening=opening)

    async def run_errand(self, job: Job, errand: Errand) -> None:
        """Let an agent do what nobody has just written for, by the rights that the person has now."""
        person = await self._parts.people.get(errand.person_id)
        if person is None or errand.agent not in person.agents:
            await self._end_errand(job, errand, person, Why(word="why.agent" if person else "why.person"))
            return
        try:
            async with self._parts.pool.use(errand.agent, person) as agent:
                turn_id, is_direct = turn_of(job), errand.is_direct
                turn = self._turn_of(person, agent, errand.address, is_direct=is_direct, turn_id=turn_id)
                title = errand.words.strip().partition("\n")[0]
                turn = replace(turn, account=errand.account, title=title, is_followed=False)
                if lack := await self._model_lack(turn):
                    await self._end_errand(job, errand, person, lack)
                    return
                await self._errand(job, errand, turn)
        except (SpecMissing, SpecInvalid):
            why = Why(word="why.agent_gone", fields={"agent": errand.agent})
            await self._end_errand(job, errand, person, why)

    async def _errand(self, job: Job, errand: Errand, turn: Turn) -> None:
        opened = await self._parts.conversations.open(errand.address.key, turn.id)
        said = await self._readable(errand.address, errand.read_as)
        recipient = errand.only_for or Account(channel=errand.address.channel, id="")
        task = Task(
            turn=turn,
            finish=lambda work: self._parts.bus.finish_within(work, job),
            view=Writer(None, UNSEEN, Audience(address=errand.address, recipient=recipient)),
            said=said,
            heading=errand.heading,
            only_for=errand.only_for,
            is_stopped=await was_stopped(self._parts.store, job),
        )
        await self._parts.turns.run(task, opened)

    async def _end_errand(self, job: Job, errand: Errand, person: Person | None, why: Why) -> None:
        async with self._parts.store.transaction() as work:
            await self._errand_failed(work, job, errand, person, why)
            await self._parts.bus.finish_within(work, job)

    async def give_up_errand(self, work: Transaction, job: Job, errand: Errand, why: Why) -> None:
        """End one that was tried too often."""
        await self._errand_failed(work, job, errand, await self._parts.people.get(errand.person_id), why)

    async def _errand_failed(
        self, work: Transaction, job: Job, errand: Errand, person: Person | None, why: Why
    ) -> None:
        """What it ran ends as unknown, and the person reads why it did not come; the record has a line."""
        lost = await self._parts.ends.abandon(work, errand.address.key, turn_of(job))
        work.record(errand_failed(errand, person, why))
        if person is None:
            return
        language = person.language
        text = say("chat.errand.failed", language, agent=errand.agent, why=why.said(language))
        if lost:
            text = f"{text} {say('chat.calls_lost', language, tools=listed(lost, language))}"
        heading = f"{errand.heading}\n\n" if errand.heading else ""
        work.send(
            Outbound(
                key=f"errand:{job.key}",
                address=errand.address,
                parts=notice(f"{heading}{text}"),
                only_for=errand.only_for,
                in_language=language,
            )
        )

    def _typing(self, audience: Audience) -> AbstractAsyncContextManager[TypingSign]:
        """Show that an answer is being prepared, where the platform has a sign for it."""
        channel = living(self._parts.channels, audience.address)
        return typing_sign(channel, audience, allowance=self._allowance(audience), may_act=may_act)

    def _allowance(self, audience: Audience) -> Allowance:
        """What the rates of that room leave."""
        supervisor = self._parts.channels.get(audience.address.channel)
        return NO_LIMIT if supervisor is None else supervisor.allowance(audience.address.room)

    async def _run(
        self,
        job: Job,
        turn: Turn,
        seen: _Seen,
        *,
        said: str = "",
        pictures: tuple[Picture, ...] = (),
        opening: Opening | None = None,
        ends: str = "",
    ) -> None:
        """Run the turn, shown where it can be seen; the event is finished with it."""
        task = Task(
            turn=turn,
            finish=lambda work: self._parts.bus.finish_within(work, job),
            view=self._view(turn, seen),
            said=said,
            pictures=pictures,
            opening=opening,
            answers=seen.audience.answers,
            ends=ends,
            is_stopped=await was_stopped(self._parts.store, job),
        )
        await self._parts.turns.run(task, seen.opened)

    def _view(self, turn: Turn, seen: _Seen) -> AnswerView:
        """Where the answer is seen growing, within what the platform takes."""
        audience = replace(seen.audience, language=language_of(turn.person))
        channel = living(self._parts.channels, audience.address)
        if channel is None:
            return Writer(None, UNSEEN, audience)
        traits = channel.traits
        if traits.live_button and traits.has_buttons:
            stop = Stop(id=stop_id(turn.id), label=say("chat.stop_button", audience.language))
            audience = replace(audience, stop=stop)
        writer = Writer(
            channel,
            traits,
            audience,
            stood=partial(self._parts.conversations.keep_live, turn),
            seen=seen.sign.over,
            allowance=self._allowance(audience),
            may_act=may_act,
            veil=for_chat,
        )
        if traits.streaming is not Streaming.NONE or not traits.patience_seconds:
            return writer
        tell = partial(self._tell_of_work, turn, seen.audience)
        return LongWorkView(writer, tell, audience.language, traits.patience_seconds)

    async def _tell_of_work(self, turn: Turn, audience: Audience, words: str) -> None:
        async with self._parts.store.transaction() as work:
            work.send(
                Outbound(
                    key=f"working:{turn.id}",
                    address=audience.address,
                    parts=notice(words),
                    answers=audience.answers,
                    in_language=turn.person.language,
                    continues=True,
                )
            )

    def _turn_of(self, person: Person, agent: Agent, address: Address, *, is_direct: bool, turn_id: UUID) -> Turn:
        return Turn(
            id=turn_id,
            started_at=self._parts.store.now(),
            person=person,
            agent=agent,
            address=address,
            is_direct=is_direct,
            workspace=self._furnished(person, agent, address),
        )

    def _furnished(self, person: Person, agent: Agent, address: Address) -> Path:
        """The folder of a conversation; one that is new to the rehearsal holds something to look at."""
        is_new = not (self._parts.workspaces / workspace_name(address.key)).exists()
        folder = self.workspace(address)
        if is_new and agent.model.label == REHEARSAL_LABEL:
            rehearsal_workspace.furnish(folder, person.language)
        return folder

    def workspace(self, address: Address) -> Path:
        """The folder of a conversation, made when it is first needed. Its name tells nothing about whose it is."""
        folder = self._parts.workspaces / workspace_name(address.key)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    async def _say(self, job: Job, inbound: Inbound, text: str) -> None:
        async with self._parts.store.transaction() as work:
            if text:
                work.send(reply(f"reply:{job.channel}:{job.key}", inbound, text))
            await self._parts.bus.finish_within(work, job)


def turn_of(job: Job) -> UUID:
    """The turn that answers what was said: the same however often it is begun."""
    return uuid5(NAMESPACE_URL, f"nexora:turn:{job.channel}:{job.key}")


def language_of(person: Person) -> Language:
    """What is said to that person is said in this language."""
    return person.language


def living(channels: Mapping[str, Supervisor], address: Address) -> Channel | None:
    """The channel on which that conversation goes on; None while it is down."""
    try:
        return channels[address.channel].channel
    except (KeyError, ChannelDown):
        return None
