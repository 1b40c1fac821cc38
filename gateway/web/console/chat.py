"""Talking to agents over HTTP: say something, press a button, stop, follow what is said. It decides nothing.

What a person says is kept and on the bus before it is answered; the stream of an answer may be cut off and resumed any
number of times, and saying the same again under the same id says nothing twice.
"""

import json
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import uuid4

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from channels.console import as_json, event_id
from channels.locales import say
from channels.messages import File, Inbound, Part, Press, Ref, Text
from channels.mistakes import mistakes
from channels.running.degrade import sound
from gateway.queue.inbox import Bus
from gateway.web.console.board import ConsoleBoard, topic
from gateway.web.console.conversations import Conversation, ConversationLists, account_of
from gateway.web.console.drawing import Drawing
from gateway.web.http import sse
from gateway.web.http.language import language_of
from gateway.web.http.problems import Problem
from gateway.web.http.route import PERSON, Access, Route, needs_of
from governance.record.transaction import Store

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
MOST_FILES = 10
GLANCES_AFTER_END = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What talking over HTTP uses."""

    store: Store
    bus: Bus
    board: ConsoleBoard


class ClientBody(BaseModel):
    """What a client may send; anything else is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClientWords(ClientBody):
    """Something said. `id` is the client's own name for it; `agent` answers in a new conversation."""

    id: Id = Field(default_factory=lambda: uuid4().hex)
    conversation: str = Field(default="", max_length=64)
    text: str = ""
    files: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=MOST_FILES)
    agent: str = Field(default="", max_length=64)


class ClientPress(ClientBody):
    """A button of a card, pressed on that message."""

    id: Id = Field(default_factory=lambda: uuid4().hex)
    conversation: str = Field(max_length=64)
    message: str = Field(max_length=20)
    card: str = Field(max_length=64)
    choice: Annotated[str, StringConstraints(pattern=r"^[a-z]$")]


class Stopped(ClientBody):
    """Whose answer is to stop."""

    conversation: str = Field(max_length=64)


class Chosen(ClientBody):
    """Which agent answers from now on."""

    agent: str = Field(min_length=1, max_length=64)


async def talk(request: web.Request) -> web.StreamResponse:
    """Say something; the answer as a stream, or 202 at once for a client that follows the conversation elsewhere."""
    words = await read(request, ClientWords)
    needs, person = needs_of(request, Needs), request[PERSON]
    _require_agent(request, words.agent)
    parts = await _parts(request, words)
    conversation = await ConversationLists(needs.store).open(person, words.conversation, words.agent)
    if conversation is None:
        raise web.HTTPNotFound
    event = event_id(conversation.room, words.id)
    inbound = Inbound(
        event_id=event,
        at=needs.store.now(),
        address=conversation.address,
        sender=account_of(person),
        parts=parts,
        message=Ref(address=conversation.address, id=event),
    )
    seen = sse.resumes_at(request)
    before = await needs.bus.last(topic(conversation.room)) if seen is None else seen
    is_new = await needs.board.say(inbound)
    if "application/json" in request.headers.get("Accept", ""):
        accepted = {"conversation": conversation.room, "id": words.id}
        return web.json_response(accepted, status=HTTPStatus.ACCEPTED)
    return await _answer(request, inbound, words.id, before if is_new or seen is not None else 0)


async def _answer(request: web.Request, inbound: Inbound, chosen: str, after: int) -> web.StreamResponse:
    """Everything that is said to this message, until it is over."""
    needs, room = needs_of(request, Needs), inbound.address.room
    board = needs.board
    if await board.ended_at(room, after):
        after -= 1  # the end is said again to a client that resumes at it
    answer = await sse.begin(request)
    shown: set[str] = set()
    glances = 0
    items = needs.bus.subscribe(topic(room), after)
    async with aclosing(sse.follow(request, answer, items)) as followed:
        async for got in followed:
            if got is None:
                glances = glances + 1 if await board.is_over(inbound.address.channel, inbound.event_id) else 0
                if glances < GLANCES_AFTER_END:
                    continue
                await _recall(answer, board, room, chosen, shown)
                break
            number, body = got
            item = json.loads(body)
            if item.get("answers", chosen) != chosen:
                continue
            shown.add(str(item.get("id", "")))
            await answer.write(sse.frame(number, body))
            if item["type"] == "done":
                await answer.write(sse.END)
                break
    await answer.write_eof()
    return answer


async def _recall(answer: web.StreamResponse, board: ConsoleBoard, room: str, chosen: str, shown: set[str]) -> None:
    """What was kept of an answer whose live stream is gone, and its end."""
    for message in await board.since(room, chosen):
        if message.item["id"] not in shown and message.item.get("answers", chosen) == chosen:
            await answer.write(sse.frame(None, as_json(message.item)))
    await answer.write(sse.frame(None, as_json({"type": "done", "answers": chosen})))
    await answer.write(sse.END)


async def follow(request: web.Request) -> web.StreamResponse:
    """Everything that is said in a conversation, from where the client stopped. `html=1` adds how to draw it."""
    conversation = await conversation_of(request)
    room, needs = conversation.room, needs_of(request, Needs)
    board = needs.board
    seen = sse.resumes_at(request) or 0
    if seen and await board.ended_at(room, seen):
        seen -= 1
    drawing = Drawing(request[PERSON], room, needs.store.now) if request.query.get("html") == "1" else None
    after = await board.settled(room, seen) if drawing else seen
    answer = await sse.begin(request)
    items = needs.bus.subscribe(topic(room), after)
    async with aclosing(sse.follow(request, answer, items)) as followed:
        async for got in followed:
            if got is None:
                continue
            number, body = got
            if number <= seen:
                if drawing:
                    drawing.skip(body)
                continue
            await answer.write(sse.frame(number, drawing.live(body) if drawing else body))
    await answer.write_eof()
    return answer


async def alive(request: web.Request) -> web.Response:
    """Whether the conversation can be followed: what a page asks when its stream broke off."""
    await conversation_of(request)
    return web.json_response({})


async def press(request: web.Request) -> web.Response:
    """Pass a press on. Whether it may decide anything is looked up where it is heard; the answer comes as a message."""
    pressed = await read(request, ClientPress)
    conversation = await _owned(request, pressed.conversation)
    message = Ref(address=conversation.address, id=pressed.message)
    inbound = Inbound(
        event_id=event_id(conversation.room, pressed.id),
        at=needs_of(request, Needs).store.now(),
        address=conversation.address,
        sender=account_of(request[PERSON]),
        press=Press(id=pressed.card, choice=pressed.choice, message=message),
    )
    await needs_of(request, Needs).board.say(inbound)
    return web.json_response({"id": pressed.id}, status=HTTPStatus.ACCEPTED)


async def stop(request: web.Request) -> web.Response:
    """Stop the answer that is being made."""
    stopped = await read(request, Stopped)
    conversation = await _owned(request, stopped.conversation)
    event = event_id(conversation.room, uuid4().hex)
    inbound = Inbound(
        event_id=event,
        at=needs_of(request, Needs).store.now(),
        address=conversation.address,
        sender=account_of(request[PERSON]),
        parts=(Text(text="/stop"),),
    )
    await needs_of(request, Needs).board.pass_on(inbound)
    return web.json_response({}, status=HTTPStatus.ACCEPTED)


async def choose(request: web.Request) -> web.Response:
    """Let another agent answer in this conversation."""
    chosen = await read(request, Chosen)
    _require_agent(request, chosen.agent)
    conversation = await conversation_of(request)
    await ConversationLists(needs_of(request, Needs).store).choose(request[PERSON], conversation.room, chosen.agent)
    return web.json_response({"agent": chosen.agent})


async def read(request: web.Request, kind: type[Any]) -> Any:
    """The body as that kind; raises Problem with what is wrong and where."""
    try:
        return kind.model_validate_json(await request.read())
    except ValidationError as error:
        errors = [{"path": one.path, "message": one.sentence} for one in mistakes(error, kind)]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors) from error


async def conversation_of(request: web.Request) -> Conversation:
    """The conversation in the path; 404 when it is not this person's."""
    return await _owned(request, request.match_info["conversation"])


async def _owned(request: web.Request, room: str) -> Conversation:
    found = await ConversationLists(needs_of(request, Needs).store).find(request[PERSON], room)
    if found is None:
        raise web.HTTPNotFound
    return found


def _require_agent(request: web.Request, agent: str) -> None:
    if agent and agent not in request[PERSON].agents:
        raise Problem(HTTPStatus.FORBIDDEN, detail=say("console.chat.agent_not_granted", language_of(request)))


async def _parts(request: web.Request, words: ClientWords) -> tuple[Part, ...]:
    uploads, owner = needs_of(request, Needs).board.uploads, str(request[PERSON].id)
    files: list[File] = []
    for number in words.files:
        file = await uploads.find(owner, number)
        if file is None:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail=say("console.chat.file_gone", language_of(request)))
        files.append(file)
    text = sound(words.text)
    if not text.strip() and not files:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail=say("console.chat.empty", language_of(request)))
    return (*((Text(text=text),) if text.strip() else ()), *files)


ROUTES = (
    Route("POST", "/console/chat", talk, Access.SIGNED_IN),
    Route("POST", "/console/chat/stop", stop, Access.SIGNED_IN),
    Route("POST", "/console/chat/press", press, Access.SIGNED_IN),
    Route("GET", "/console/chat/{conversation}/events", follow, Access.SIGNED_IN),
    Route("GET", "/console/chat/{conversation}/alive", alive, Access.SIGNED_IN),
    Route("POST", "/console/chat/{conversation}/agent", choose, Access.SIGNED_IN),
)
