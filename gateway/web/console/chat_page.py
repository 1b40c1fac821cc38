"""The chat page: one's conversations, and one of them with everything said in it."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from channels.console import notices_room
from gateway.web.console.board import ConsoleBoard
from gateway.web.console.calls import find_call
from gateway.web.console.chat import conversation_of
from gateway.web.console.conversations import LONGEST_WORDS, Conversation, ConversationLists
from gateway.web.console.drawing import Drawing
from gateway.web.console.pages import render
from gateway.web.http.route import PERSON, Route, needs_of
from governance.people.people import Role
from governance.record.transaction import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the pages of conversations use. `is_rehearsal`: no model is connected."""

    store: Store
    board: ConsoleBoard
    default_agent: str
    is_rehearsal: bool


async def new(request: web.Request) -> web.Response:
    """An empty conversation, which begins with its first words."""
    return await _show(request, None)


async def chat(request: web.Request) -> web.Response:
    """One conversation."""
    return await _show(request, await conversation_of(request))


async def listed(request: web.Request) -> web.Response:
    """The list of conversations alone: after something was said in one, when it is searched, or what comes next."""
    room = request.query.get("at", "")
    template = "conversations_more.html" if "after" in request.query else "conversations.html"
    return render(request, template, room=room, **await _list(request))


async def _list(request: web.Request) -> dict[str, Any]:
    person = request[PERSON]
    words, after = request.query.get("find", ""), request.query.get("after", "")
    page = await ConversationLists(needs_of(request, Needs).store).of(person, words=words, after=after)
    return {
        "conversations": page.conversations,
        "more": page.more,
        "find": words[:LONGEST_WORDS],
        "notices": notices_room(str(person.id)),
    }


async def _show(request: web.Request, conversation: Conversation | None) -> web.Response:
    needs, person = needs_of(request, Needs), request[PERSON]
    board = needs.board
    after, messages, busy_seconds = 0, "", None
    if conversation is not None:
        after = await board.settled(conversation.room)  # asked first: what comes between is drawn twice, never missed
        drawing = Drawing(person, conversation.room, needs.store.now)
        messages = "".join(drawing.kept(message) for message in await board.history(conversation.room))
        busy_seconds = await board.busy_seconds(conversation.address.key)
    return render(
        request,
        "chat.html",
        conversation=conversation,
        room=conversation.room if conversation else "",
        **await _list(request),
        agents=sorted(person.agents),
        is_rehearsal=needs.is_rehearsal,
        agent=_agent(conversation, person.agents, needs.default_agent),
        messages=messages,
        after=after,
        busy_seconds=busy_seconds,
    )


def _agent(conversation: Conversation | None, granted: frozenset[str], default: str) -> str:
    if conversation is not None and conversation.agent in granted:
        return conversation.agent
    return default if default in granted else min(granted, default="")


async def call(request: web.Request) -> web.Response:
    """What a call was given and what came of it, whole: what opens below its line."""
    conversation = await conversation_of(request)
    found = await find_call(needs_of(request, Needs).store, conversation.address.key, request.match_info["call"])
    if found is None:
        raise web.HTTPNotFound
    return render(request, "call.html", call=found, ended=found.ended(request[PERSON].language))


ROUTES = (
    Route("GET", "/", new, Role.OPERATOR, page=True),
    Route("GET", "/conversations", listed, Role.OPERATOR, page=True),
    Route("GET", "/chat/{conversation}", chat, Role.OPERATOR, page=True),
    Route("GET", "/chat/{conversation}/calls/{call}", call, Role.OPERATOR, page=True),
)
