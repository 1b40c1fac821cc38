"""The chat page: one's conversations, and one of them with everything said in it."""

from typing import Any

from aiohttp import web

from channels.console import notices_room
from gateway.web.board import BOARD
from gateway.web.chat import conversation_of
from gateway.web.conversations import Conversation, Conversations
from gateway.web.drawing import Drawing
from gateway.web.pages import render
from gateway.web.server import PERSON, SERVICES, Route
from governance.people import Role


async def new(request: web.Request) -> web.Response:
    """An empty conversation, which begins with its first words."""
    return await _show(request, None)


async def chat(request: web.Request) -> web.Response:
    """One conversation."""
    return await _show(request, await conversation_of(request))


async def listed(request: web.Request) -> web.Response:
    """The list of conversations alone, after something was said in one."""
    room = request.query.get("at", "")
    return render(request, "conversations.html", room=room, **await _list(request))


async def _list(request: web.Request) -> dict[str, Any]:
    person = request[PERSON]
    conversations = await Conversations(request.app[SERVICES].store).of(person)
    return {"conversations": conversations, "notices": notices_room(str(person.id))}


async def _show(request: web.Request, conversation: Conversation | None) -> web.Response:
    services, person, board = request.app[SERVICES], request[PERSON], request.app[BOARD]
    after, messages, is_busy = 0, "", False
    if conversation is not None:
        after = await board.settled(conversation.room)  # asked first: what comes between is drawn twice, never missed
        drawing = Drawing(person, conversation.room)
        messages = "".join(drawing.kept(message) for message in await board.history(conversation.room))
        is_busy = await board.is_busy(conversation.address.key)
    return render(
        request,
        "chat.html",
        conversation=conversation,
        room=conversation.room if conversation else "",
        **await _list(request),
        agents=sorted(person.agents),
        is_rehearsal=services.is_rehearsal,
        agent=_agent(conversation, person.agents, services.settings.agents.default),
        messages=messages,
        after=after,
        is_busy=is_busy,
    )


def _agent(conversation: Conversation | None, granted: frozenset[str], default: str) -> str:
    if conversation is not None and conversation.agent in granted:
        return conversation.agent
    return default if default in granted else min(granted, default="")


ROUTES = (
    Route("GET", "/", new, Role.OPERATOR, page=True),
    Route("GET", "/conversations", listed, Role.OPERATOR, page=True),
    Route("GET", "/chat/{conversation}", chat, Role.OPERATOR, page=True),
)
