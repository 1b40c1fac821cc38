"""`python -m tests.platforms.discord --port P`: the platform alone, driven over HTTP from another process.

POST /_control/push  {"room": "5002", "text": "hi", "count": 1}  Alice says something; 4004 is the server's channel
POST /_control/press {"room": "5002", "message": "…", "label": "Approve"}  Alice presses a button
POST /_control/fail  {"code": 429, "times": 1, "retry_after": 3}  the next outgoing messages fail
GET  /_control/sent?room=5002&wait=1&seconds=5  messages of the bot (of one room or all), once there are `wait`
GET  /_control/calls  how often messages were sent or edited, and how many events the bot says it has stored
POST /_control/reset  forget all messages and counts
"""

import contextlib
from collections.abc import Sequence

from aiohttp import web

from tests.platforms.control import mount, run, serve
from tests.platforms.discord.server import TOKEN, FakeDiscord
from tests.platforms.discord.town import ALICE, BOT, PRIVATE, Message


class Control:
    """The people and the moods of one fake Discord, as HTTP."""

    def __init__(self, fake: FakeDiscord) -> None:
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
        room, text, count = str(given.get("room", PRIVATE[ALICE])), given["text"], int(given.get("count", 1))
        said = []
        for number in range(count):
            words = text if count == 1 else f"{text} {number}"
            message = Message(id=self._fake.town.snowflake(), channel=room, author=ALICE, content=words)
            said.append((await self._fake.say(message)).id)
        return web.json_response({"messages": said})

    async def _press(self, request: web.Request) -> web.Response:
        given = await request.json()
        message = self._fake.town.find(str(given["room"]), str(given["message"]))
        buttons = {button["label"]: button for row in message.components for button in row["components"]}
        interaction = await self._fake.press(message, buttons[given["label"]], ALICE)
        return web.json_response({"interaction": interaction.id})

    async def _fail(self, request: web.Request) -> web.Response:
        given = await request.json()
        body = {"message": "no", "retry_after": float(given.get("retry_after", 0))}
        self._fake.faults.extend([(int(given["code"]), body)] * int(given.get("times", 1)))
        return web.json_response({})

    async def _reset(self, _: web.Request) -> web.Response:
        self._fake.town.messages.clear()
        self._fake.calls.clear()
        self._fake.requests.clear()
        return web.json_response({})

    async def _sent(self, request: web.Request) -> web.Response:
        room, wait = request.query.get("room"), int(request.query.get("wait", 0))

        def found() -> Sequence[Message]:
            return [m for m in self._fake.town.messages if m.author == BOT and room in {None, m.channel}]

        with contextlib.suppress(TimeoutError):
            await self._fake.until(lambda: len(found()) >= wait, float(request.query.get("seconds", 5)))
        return web.json_response([_shown(message) for message in found()])

    async def _calls(self, _: web.Request) -> web.Response:
        return web.json_response({"calls": self._fake.calls, "acknowledged": self._fake.gateway.acknowledged})


def _shown(message: Message) -> dict[str, object]:
    buttons = [button["label"] for row in message.components for button in row["components"]]
    return {"id": message.id, "room": message.channel, "text": message.content, "buttons": buttons}


async def main(port: int) -> None:
    """Serve until cancelled; the bot's token is `server.TOKEN`."""
    fake = FakeDiscord()
    await fake.start(port, Control(fake).mount)
    await serve(fake, f"{fake.base}/api/v10 {TOKEN}")


if __name__ == "__main__":
    run(__doc__, main)
