"""`python -m tests.platforms.telegram --port P`: the platform alone, driven over HTTP from another process.

POST /_control/push  {"chat": 777, "text": "hi", "count": 1}  people say something; a new chat is a new person
POST /_control/press {"chat": 777, "message": 101, "data": "ap|…|a"}  somebody presses a button
POST /_control/fail  {"code": 429, "times": 1, "retry_after": 3}  the next outgoing calls fail
GET  /_control/sent?chat=777&after=0&wait=1&seconds=5  messages of the bot (of one chat or all), once there are `wait`
GET  /_control/calls  how often each method was called, and how many updates were acknowledged and wait
POST /_control/reset  forget all messages and counts
"""

import contextlib
from collections.abc import Sequence

from aiohttp import web

from tests.platforms.control import mount, run, serve
from tests.platforms.telegram.chats import ALICE, TOKEN, Message
from tests.platforms.telegram.server import FakeTelegram


class Control:
    """The people and the moods of one fake platform, as HTTP."""

    def __init__(self, fake: FakeTelegram) -> None:
        self._fake = fake

    def mount(self, app: web.Application) -> None:
        handlers = {
            "POST push": self._push,
            "POST press": self._press,
            "POST fail": self._fail,
            "POST reset": self._reset,
            "GET sent": self._sent,
            "GET calls": self._calls,
        }
        mount(app, handlers)

    async def _push(self, request: web.Request) -> web.Response:
        given = await request.json()
        chat, text, count = int(given.get("chat", ALICE["id"])), given["text"], int(given.get("count", 1))
        person = {**ALICE, "id": chat} if chat > 0 else ALICE
        said = [
            self._fake.chats.say(chat, person, text=text if count == 1 else f"{text} {number}")
            for number in range(count)
        ]
        return web.json_response({"messages": said})

    async def _press(self, request: web.Request) -> web.Response:
        given = await request.json()
        chat = int(given["chat"])
        person = {**ALICE, "id": int(given.get("by", abs(chat)))}
        query = self._fake.chats.press(chat, int(given["message"]), given["data"], person)
        return web.json_response({"query": query})

    async def _fail(self, request: web.Request) -> web.Response:
        given = await request.json()
        self._fake.fail(int(given["code"]), int(given.get("times", 1)), retry_after=float(given.get("retry_after", 0)))
        return web.json_response({})

    async def _reset(self, _: web.Request) -> web.Response:
        self._fake.chats.sent.clear()
        self._fake.chats.previews.clear()
        self._fake.calls.clear()
        self._fake.chats.acknowledged = 0
        return web.json_response({})

    async def _sent(self, request: web.Request) -> web.Response:
        query = request.query
        chat, after, wait = query.get("chat"), int(query.get("after", 0)), int(query.get("wait", 0))

        def found() -> Sequence[Message]:
            chats = self._fake.chats.sent
            messages = chats[int(chat)] if chat else [message for each in chats.values() for message in each]
            return [message for message in messages if message.id > after]

        with contextlib.suppress(TimeoutError):
            await self._fake.until(lambda: len(found()) >= wait, float(query.get("seconds", 5)))
        return web.json_response([_shown(message) for message in found()])

    async def _calls(self, _: web.Request) -> web.Response:
        chats = self._fake.chats
        return web.json_response(
            {"calls": self._fake.calls, "acknowledged": chats.acknowledged, "waiting": len(chats.updates)}
        )


def _shown(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "chat": message.chat,
        "text": message.text,
        "buttons": [button for row in message.keyboard for button in row],
        "at": message.at,
    }


async def main(port: int, token: str) -> None:
    """Serve until cancelled."""
    fake = FakeTelegram(token)
    await fake.start(port, Control(fake).mount)
    await serve(fake, fake.base)


if __name__ == "__main__":
    run(__doc__, main, token=TOKEN)
