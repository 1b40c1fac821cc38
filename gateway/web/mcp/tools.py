"""What a program may ask in the name of its person. Nothing here decides: no press, no command, no word that approves.

What a program says is marked as heard, not typed, so that `/approve CODE` or "yes" in it is said to the agent and
never taken for an order of the person.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.specs import SpecFolder, SpecInvalid, SpecMissing
from channels.console import event_id
from channels.messages import Inbound, Ref, Text
from channels.mistakes import mistakes
from channels.running.degrade import sound
from gateway.queue.inbox import Bus
from gateway.web.console.board import ConsoleBoard, topic
from gateway.web.console.conversations import Conversation, ConversationLists, account_of
from governance.approvals.decide import Approvals
from governance.approvals.requests import Request
from governance.people.people import Person
from governance.record.transaction import Store

WAITS_SECONDS = 100.0
"""So long a call waits for an answer; many clients give up after two minutes."""
GLANCE_SECONDS = 5.0
GLANCES_AFTER_END = 2
"""So often the end of an event is seen before its answer counts as sent, where nobody told of the end."""
LONGEST_MESSAGE = 100_000
LAST_MESSAGES = 20
_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOfUs:
    """What the tools use."""

    store: Store
    bus: Bus
    board: ConsoleBoard
    specs: SpecFolder
    approvals: Approvals
    waits_seconds: float = WAITS_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAnswer:
    """What a program reads: words for a model, and the same as data."""

    text: str
    data: Mapping[str, Any]
    is_error: bool = False

    def as_result(self) -> dict[str, Any]:
        """The `CallToolResult` of the protocol."""
        result: dict[str, Any] = {"content": [{"type": "text", "text": self.text}], "isError": self.is_error}
        return result if self.is_error else {**result, "structuredContent": dict(self.data)}


class Arguments(BaseModel):
    """What a tool takes; anything else is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoArguments(Arguments):
    """Nothing."""


class AgentAsked(Arguments):
    """A message to an agent."""

    agent: str = Field(max_length=64, description="the agent's name, as list_agents gives it")
    message: str = Field(min_length=1, max_length=LONGEST_MESSAGE, description="what to say to it")
    conversation: str = Field(
        default="", max_length=64, description="the id of a conversation to go on with; empty begins a new one"
    )


class Sought(Arguments):
    """Which conversations."""

    words: str = Field(
        default="", max_length=200, description="each of these words has to occur in it; empty gives the newest ones"
    )
    conversation: str = Field(
        default="", max_length=64, description="the id of one conversation, to read its newest messages"
    )


def _wrong(text: str) -> ToolAnswer:
    return ToolAnswer(text=text, data={}, is_error=True)


async def list_agents(parts: AskedOfUs, person: Person, _: Any) -> ToolAnswer:
    """The agents that this person may talk to."""
    found = []
    for name in sorted(person.agents & set(parts.specs.names())):
        try:
            found.append({"name": name, "description": parts.specs.load(name).described(person.language)})
        except (SpecInvalid, SpecMissing):
            continue
    lines = [f"- {each['name']}: {each['description']}".rstrip(": ") for each in found]
    text = "\n".join(lines) or "This person may talk to no agent; an admin can grant one."
    return ToolAnswer(text=text, data={"agents": found})


async def ask_agent(parts: AskedOfUs, person: Person, asked: AgentAsked) -> ToolAnswer:
    """Say something to an agent and wait a while for what it says."""
    if asked.agent not in person.agents or asked.agent not in parts.specs.names():
        return _wrong(f"There is no agent {asked.agent!r} for this person; list_agents gives those that there are.")
    text = sound(asked.message)
    if not text.strip():
        return _wrong("The message has no words.")
    lists = ConversationLists(parts.store)
    if asked.conversation and not await _own(parts, person, asked.conversation):
        return _wrong(f"This person has no conversation {asked.conversation!r}; leave it out to begin one.")
    talk = await lists.open(person, asked.conversation, asked.agent, of_program=True)
    if talk is None:
        return _wrong("The conversation could not be begun; try again.")
    if talk.agent != asked.agent:
        return _wrong(f"In that conversation {talk.agent} answers; leave it out to begin one with {asked.agent}.")
    chosen = uuid4().hex
    event = event_id(talk.room, chosen)
    before = await parts.bus.last(topic(talk.room))
    inbound = Inbound(
        event_id=event,
        at=parts.store.now(),
        address=talk.address,
        sender=account_of(person),
        parts=(Text(text=text, is_heard=True),),
        message=Ref(address=talk.address, id=event),
    )
    await parts.board.say(inbound)
    is_over = await _over(parts, inbound, chosen, before)
    return await _said(parts, person, talk, chosen, is_over=is_over)


async def _said(parts: AskedOfUs, person: Person, talk: Conversation, chosen: str, *, is_over: bool) -> ToolAnswer:
    """What was said to a message so far, and what waits for a decision in that conversation."""
    said = [
        each.item["text"]
        for each in await parts.board.since(talk.room, chosen)
        if each.item["type"] != "said" and each.item.get("answers", chosen) == chosen and each.item["text"]
    ]
    waiting = [_shown(each) for each in await _pending(parts, person) if each.conversation == talk.address.key]
    notes = [f"(Conversation: {talk.room})"]
    if waiting:
        titles = ", ".join(each["title"] for each in waiting)
        notes.insert(
            0,
            f"(An approval is pending: {titles}. People decide it, in chat or in the console, not here. What comes of "
            "it stands in the conversation afterwards: search_conversations with its id shows it.)",
        )
    if not is_over:
        notes.insert(0, "(The agent is still at work; search_conversations with the id shows what it says later.)")
    data = {"conversation": talk.room, "answer": "\n\n".join(said), "finished": is_over, "pending": waiting}
    return ToolAnswer(text="\n\n".join([*said, *notes]), data=data)


async def _over(parts: AskedOfUs, inbound: Inbound, chosen: str, after: int) -> bool:
    """Whether everything was said to a message within the time."""
    done = asyncio.create_task(_done(parts, inbound.address.room, chosen, after), name="mcp answer")
    glances = 0
    try:
        async with asyncio.timeout(parts.waits_seconds):
            while not done.done() and glances < GLANCES_AFTER_END:
                await asyncio.wait({done}, timeout=GLANCE_SECONDS)
                is_over = await parts.board.is_over(inbound.address.channel, inbound.event_id)
                glances = glances + 1 if is_over else 0
    except TimeoutError:
        return False
    finally:
        done.cancel()
    return True


async def _done(parts: AskedOfUs, room: str, chosen: str, after: int) -> None:
    """Wait until the board says that everything was said to a message."""
    async with aclosing(parts.bus.subscribe(topic(room), after)) as items:
        async for _, body in items:
            item = json.loads(body)
            if item["type"] == "done" and item.get("answers") == chosen:
                return


async def pending_approvals(parts: AskedOfUs, person: Person, _: Any) -> ToolAnswer:
    """What this person asked for and what waits for a decision."""
    found = [_shown(each) for each in await _pending(parts, person)]
    lines = [f"- {each['title']} (risk {each['risk']}), until {each['until']}" for each in found]
    text = "\n".join(lines) or "Nothing of this person waits for a decision."
    return ToolAnswer(text=text, data={"pending": found})


async def search_conversations(parts: AskedOfUs, person: Person, sought: Sought) -> ToolAnswer:
    """This person's conversations, or the newest messages of one."""
    if sought.conversation:
        return await _messages(parts, person, sought.conversation)
    page = await ConversationLists(parts.store).of(person, words=sought.words)
    found = [
        {
            "id": each.room,
            "title": each.title,
            "agent": each.agent,
            "at": each.updated_at.isoformat(timespec="seconds") if each.updated_at else "",
        }
        for each in page.conversations
    ]
    lines = [f"- {each['id']} {each['title'] or '(no title)'} ({each['agent']}, {each['at']})" for each in found]
    return ToolAnswer(text="\n".join(lines) or "No conversation was found.", data={"conversations": found})


async def _messages(parts: AskedOfUs, person: Person, room: str) -> ToolAnswer:
    if not await _own(parts, person, room):
        return _wrong(f"This person has no conversation {room!r}.")
    kept = await parts.board.history(room, limit=LAST_MESSAGES)
    found = [
        {"from": "person" if each.item["type"] == "said" else "agent", "text": each.item["text"]}
        for each in kept
        if each.item["text"]
    ]
    text = "\n\n".join(f"{each['from']}: {each['text']}" for each in found) or "Nothing was said there."
    return ToolAnswer(text=text, data={"conversation": room, "messages": found})


async def _own(parts: AskedOfUs, person: Person, room: str) -> bool:
    """Whether it is a conversation of this person with an agent; that of notices holds cards and codes, and is none."""
    found = await ConversationLists(parts.store).find(person, room)
    return found is not None and bool(found.agent)


async def _pending(parts: AskedOfUs, person: Person) -> list[Request]:
    return [each for each in await parts.approvals.pending(person) if each.requester_id == person.id]


def _shown(request: Request) -> dict[str, Any]:
    """What a program may know of a request: never its code, by which a person would decide."""
    return {
        "title": request.title,
        "details": request.masked_body[:_SHOWN],
        "risk": request.risk.value,
        "agent": request.agent,
        "until": request.expires_at.isoformat(timespec="seconds"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOffered:
    """One tool: what a model reads of it, what it takes, and what it does."""

    name: str
    title: str
    description: str
    takes: type[Arguments]
    call: Callable[[AskedOfUs, Person, Any], Awaitable[ToolAnswer]]
    only_reads: bool = True

    def as_listed(self) -> dict[str, Any]:
        """The `Tool` of the protocol."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": {"type": "object", **self.takes.model_json_schema()},
            "annotations": {"readOnlyHint": self.only_reads, "openWorldHint": not self.only_reads},
        }


OFFERED = {
    each.name: each
    for each in (
        ToolOffered(
            name="list_agents",
            title="List agents",
            description="List the agents that you may talk to, with what each is for.",
            takes=NoArguments,
            call=list_agents,
        ),
        ToolOffered(
            name="ask_agent",
            title="Ask an agent",
            description=(
                "Say something to an agent and get its answer. It works under the rules of its installation: what it "
                "wants to do may wait for people to approve, which the answer then says."
            ),
            takes=AgentAsked,
            call=ask_agent,
            only_reads=False,
        ),
        ToolOffered(
            name="pending_approvals",
            title="Pending approvals",
            description="List what you asked for and what waits for people to decide. Nothing can be decided here.",
            takes=NoArguments,
            call=pending_approvals,
        ),
        ToolOffered(
            name="search_conversations",
            title="Search conversations",
            description="Find your own conversations by words in them, or read the newest messages of one.",
            takes=Sought,
            call=search_conversations,
        ),
    )
}


async def call_tool(parts: AskedOfUs, person: Person, tool: ToolOffered, arguments: Mapping[str, Any]) -> ToolAnswer:
    """What a tool answers; arguments that do not fit are an answer too, so that a model can mend them."""
    try:
        given = tool.takes.model_validate(dict(arguments))
    except ValidationError as error:
        wrong = [f"{one.path}: {one.sentence}".lstrip(": ") for one in mistakes(error, tool.takes)]
        return _wrong(" ".join(["The arguments do not fit.", *wrong]))
    return await tool.call(parts, person, given)
