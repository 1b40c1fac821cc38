"""What is said to an agent, and what is decided about its calls, becomes a turn. The turn itself is `agents.turn`'s."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog

from agents.calls import Setting
from agents.conversation import Conversations, Opened
from agents.decided import Decided, DecidedCall
from agents.pool import Agent, Pool
from agents.specs import SpecInvalid, SpecMissing
from agents.turn import Task, Turns
from channels.base import Channel, ChannelDown, ChannelError, FetchesFiles
from channels.messages import Account, Address, File, Inbound, Outbound, Quote, Ref, plain
from channels.stream import Audience, Writer
from channels.supervisor import Supervisor
from gateway.bus import Bus
from gateway.lanes import Job
from gateway.words import say
from governance.people import People, Person
from governance.store import Store, Transaction

_log = structlog.get_logger(__name__)
LARGEST_FILE = 50 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Talking:
    """What talking needs."""

    store: Store
    bus: Bus
    people: People
    pool: Pool
    conversations: Conversations
    turns: Turns
    decided: Decided
    channels: Mapping[str, Supervisor]
    workspaces: Path
    default_agent: str


class Talk:
    """Starts and continues turns."""

    def __init__(self, parts: Talking) -> None:
        self._parts = parts

    async def stop(self, key: str) -> bool:
        """End the answer that is being made in a conversation; False when there is none."""
        return await self._parts.turns.stop(key)

    async def answer(self, job: Job, inbound: Inbound, person: Person) -> None:
        """Let the agent of this conversation answer."""
        turn_id = uuid5(NAMESPACE_URL, f"nexora:turn:{job.channel}:{job.key}")
        opened = await self._parts.conversations.open(inbound.address.key, turn_id)
        name = chosen_agent(opened.agent, person, self._parts.default_agent)
        if name is None:
            await self._say(job, inbound, say("no_agent", person.language, name=person.name))
            return
        try:
            async with self._parts.pool.use(name) as agent:
                await self._turn(job, inbound, person, agent, opened, turn_id)
        except (SpecMissing, SpecInvalid) as error:
            await self._say(job, inbound, say("agent_gone", person.language, agent=name, reason=str(error)))

    async def _turn(  # noqa: PLR0917  # the pieces of one turn, gathered by its only caller
        self, job: Job, inbound: Inbound, person: Person, agent: Agent, opened: Opened, turn_id: UUID
    ) -> None:
        workspace = self.workspace(inbound.address)
        said = await self._said(inbound, workspace, person.language)
        writer = self._writer(inbound.address, inbound.sender, inbound.message)
        task = Task(
            turn_id=turn_id,
            address=inbound.address,
            person=person,
            agent=agent,
            workspace=workspace,
            started_at=self._parts.store.now(),
            finish=lambda work: self._parts.bus.finish_within(work, job),
            show=writer.write if writer else _show_nothing,
            hide=writer.close if writer else _hide_nothing,
            said=said,
            answers=inbound.message,
            ends=inbound.event_id,
            is_direct=inbound.is_direct,
        )
        await self._parts.turns.run(task, opened)

    async def go_on(self, job: Job, request_id: UUID) -> None:
        """Continue the conversation in which a decided call was asked for."""
        decided = await self._parts.decided.find(request_id)
        person = await self._parts.people.get(decided.person_id) if decided else None
        if decided is None or person is None or decided.agent not in person.agents:
            async with self._parts.store.transaction() as work:
                if decided is not None:
                    await self._parts.decided.forgo(work, decided)
                await self._parts.bus.finish_within(work, job)
            return
        async with self._parts.pool.use(decided.agent) as agent:
            await self._continue(job, decided, person, agent)

    async def _continue(self, job: Job, decided: DecidedCall, person: Person, agent: Agent) -> None:
        address, workspace = decided.address, self.workspace(decided.address)
        setting = Setting(
            person=person,
            agent=agent,
            address=address,
            is_direct=decided.is_direct,
            turn_id=decided.turn_id,
            workspace=workspace,
        )
        opening = await self._parts.decided.opening(setting, decided)
        opened = await self._parts.conversations.open(address.key, decided.turn_id)
        writer = self._writer(address, Account(channel=address.channel, id=""), None)
        task = Task(
            turn_id=decided.turn_id,
            address=address,
            person=person,
            agent=agent,
            workspace=workspace,
            started_at=self._parts.store.now(),
            finish=lambda work: self._parts.bus.finish_within(work, job),
            show=writer.write if writer else _show_nothing,
            hide=writer.close if writer else _hide_nothing,
            opening=opening,
            is_direct=decided.is_direct,
        )
        await self._parts.turns.run(task, opened)

    def _writer(self, address: Address, recipient: Account, answers: Ref | None) -> Writer | None:
        channel = self._channel(address)
        if channel is None:
            return None
        return Writer(channel, channel.traits, Audience(address=address, recipient=recipient, answers=answers))

    def _channel(self, address: Address) -> Channel | None:
        try:
            return self._parts.channels[address.channel].channel
        except (KeyError, ChannelDown):
            return None

    def workspace(self, address: Address) -> Path:
        """The folder of a conversation, made when it is first needed. Its name tells nothing about whose it is."""
        folder = self._parts.workspaces / hashlib.sha256(address.key.encode()).hexdigest()[:24]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    # What was said, as the model reads it

    async def _said(self, inbound: Inbound, workspace: Path, language: str) -> str:
        lines: list[str] = []
        for part in inbound.parts:
            if isinstance(part, Quote) and part.text:
                lines.extend(f"> {line}" for line in part.text.splitlines()[:40])
        lines.append(inbound.text)
        lines.extend([await self._saved(inbound, file, workspace, language) for file in inbound.files])
        return "\n".join(line for line in lines if line)

    async def _saved(self, inbound: Inbound, file: File, workspace: Path, language: str) -> str:
        """Put a file that came along into the workspace; what the model is told of it."""
        from governance.beneath import replace_beneath  # noqa: PLC0415  # only messages with files need it

        channel = self._channel(inbound.address)
        try:
            if not isinstance(channel, FetchesFiles):
                raise ChannelDown("the channel hands out no files right now")
            content = await channel.fetch(file, LARGEST_FILE)
        except ChannelError as error:
            return say("file_missed", language, name=file.name, reason=str(error))
        path = f"received/{_safe_name(file.name)}"
        replace_beneath(workspace, path, content)
        return say("file_saved", language, path=path)

    async def _say(self, job: Job, inbound: Inbound, text: str) -> None:
        async with self._parts.store.transaction() as work:
            work.send(
                Outbound(
                    key=f"reply:{job.channel}:{job.key}",
                    address=inbound.address,
                    parts=plain(text),
                    answers=inbound.message,
                    detail={"ends": inbound.event_id},
                )
            )
            await self._finish(work, job)

    async def _finish(self, work: Transaction, job: Job) -> None:
        await self._parts.bus.finish_within(work, job)


def chosen_agent(wanted: str, person: Person, default: str) -> str | None:
    """The agent that answers: the one chosen here, else the default, else the first; only ever a granted one."""
    for name in (wanted, default):
        if name in person.agents:
            return name
    return min(person.agents, default=None)


def _safe_name(name: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in name).strip(" .")
    return kept[-100:] or "file"


async def _show_nothing(_: str) -> None:
    """Nobody can see the answer grow right now."""


async def _hide_nothing() -> None:
    """Nothing was shown."""
