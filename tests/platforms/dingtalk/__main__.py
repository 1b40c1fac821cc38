"""`python -m tests.platforms.dingtalk --port P`: the platform alone, driven over HTTP from another process.

POST /_control/push  {"staff": "alice01", "text": "hi", "count": 1, "group": false}  a member says something
POST /_control/press {"card": "nxc-…", "label": "Approve", "staff": "alice01"}  a member presses a button
POST /_control/fail  {"fault": "500", "times": 1}  the next outgoing calls fail: 500, drop or limit
GET  /_control/sent?room=alice01&wait=1&seconds=5  what stands in a room, once there are `wait`
GET  /_control/calls  how often each path was called, and how many messages were acknowledged
"""

import contextlib
from collections import Counter

from aiohttp import web

from tests.platforms.control import mount, run, serve
from tests.platforms.dingtalk.office import ALICE, ANSWER, CLIENT_ID, REQUEST, SECRET
from tests.platforms.dingtalk.server import FakeDingTalk


class Control:
    """The people and the moods of one fake platform, as HTTP."""

    def __init__(self, fake: FakeDingTalk) -> None:
        self._fake = fake

    def mount(self, app: web.Application) -> None:
        handlers = {
            "POST push": self._push,
            "POST press": self._press,
            "POST fail": self._fail,
            "GET sent": self._sent,
            "GET calls": self._calls,
        }
        mount(app, handlers)

    async def _push(self, request: web.Request) -> web.Response:
        given = await request.json()
        staff, count, group = given.get("staff", ALICE), int(given.get("count", 1)), bool(given.get("group"))
        texts = [given["text"] if count == 1 else f"{given['text']} {number}" for number in range(count)]
        said = [
            self._fake.say({"msgtype": "text", "text": {"content": text}}, staff=staff, group=group) for text in texts
        ]
        return web.json_response({"messages": said})

    async def _press(self, request: web.Request) -> web.Response:
        given = await request.json()
        pressed = self._fake.press(given["card"], given["label"], given.get("staff", ALICE))
        return web.json_response({"acknowledged": await pressed})

    async def _fail(self, request: web.Request) -> web.Response:
        given = await request.json()
        self._fake.faults.extend([given["fault"]] * int(given.get("times", 1)))
        return web.json_response({})

    async def _sent(self, request: web.Request) -> web.Response:
        query = request.query
        room, wait = query.get("room", ALICE), int(query.get("wait", 0))
        with contextlib.suppress(TimeoutError):
            await self._fake.until(lambda: len(self._fake.seen(room)) >= wait, float(query.get("seconds", 5)))
        return web.json_response(
            [{"id": said.id, "text": sight.text, "buttons": sight.buttons} for said, sight in self._fake.seen(room)]
        )

    async def _calls(self, _: web.Request) -> web.Response:
        calls = Counter(path for _, path, _ in self._fake.calls)
        return web.json_response({"calls": calls, "acknowledged": self._fake.acknowledged})


async def main(port: int) -> None:
    """Serve until cancelled."""
    fake = FakeDingTalk()
    await fake.start(port, Control(fake).mount)
    settings = {"client_id": CLIENT_ID, "client_secret": SECRET, "api_url": fake.base, "oapi_url": fake.base}
    settings |= {"card_template_id": REQUEST, "stream_template_id": ANSWER}
    await serve(fake, "\n".join(f"{name}: {value}" for name, value in settings.items()))


if __name__ == "__main__":
    run(__doc__, main)
