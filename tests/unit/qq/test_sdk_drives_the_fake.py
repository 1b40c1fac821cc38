"""The fake platform serves the vendor's own SDK: what qq-botpy 1.2.1 sent it is sent here again, letter by letter.

The SDK itself is no dependency (docs/channels/qq.md), so its wire is played: its frames and bodies were written down
while a bot made with it ran against this fake, and what it reads of each answer is asked for as it asks for it.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse

from tests.platforms.qq.driver import ALICE, GROUP
from tests.platforms.qq.server import APP_ID, SECRET, FakeQQ, Json

INTENTS = 100_663_296
"""Of `Intents(public_messages=True, interaction=True)`."""
EMPTY = dict.fromkeys(("embed", "ark", "message_reference", "media", "event_id", "markdown", "keyboard"))
"""What the SDK sends of arguments that were not given."""
PNG = b"\x89PNG\r\n\x1a\n12345678"
KEYBOARD = {
    "content": {
        "rows": [
            {
                "buttons": [
                    {
                        "id": "a",
                        "render_data": {"label": "Yes", "visited_label": "Yes", "style": 1},
                        "action": {"type": 1, "permission": {"type": 2}, "data": "go", "unsupport_tips": "-"},
                    }
                ]
            }
        ]
    }
}


class Botpy:
    """A bot as the SDK speaks: its token, its headers, its calls and its socket."""

    def __init__(self, fake: FakeQQ, http: ClientSession) -> None:
        self._fake = fake
        self._http = http
        self._headers: dict[str, str] = {}
        self.socket: ClientWebSocketResponse | None = None

    async def starts(self) -> Json:
        """Log in and identify; what READY says."""
        told = await self.call("POST", "/app/getAppAccessToken", {"appId": APP_ID, "clientSecret": SECRET})
        assert int(told["expires_in"]) > 0
        self._headers = {"Authorization": f"QQBot {told['access_token']}", "X-Union-Appid": APP_ID}
        me = await self.call("GET", "/users/@me")
        place = await self.call("GET", "/gateway/bot")
        assert (me["username"], place["shards"], place["session_start_limit"]["max_concurrency"]) == ("bot", 1, 1)
        self.socket = await self._http.ws_connect(place["url"])
        assert (await self.socket.receive_json())["op"] == 10
        identify = {"shard": [0, 1], "token": self._headers["Authorization"], "intents": INTENTS}
        await self.socket.send_json({"op": 2, "d": identify})
        ready = await self.socket.receive_json()
        await self.socket.send_json({"op": 1, "d": ready["s"]})
        assert await self.socket.receive_json() == {"op": 11}
        return dict(ready["d"])

    async def hears(self) -> Json:
        assert self.socket is not None
        return dict(await self.socket.receive_json())

    async def call(self, method: str, path: str, body: Json | None = None) -> Any:
        url = f"{self._fake.base}{path}"
        async with self._http.request(method, url, json=body, headers=self._headers) as answer:
            return await _read(answer)


async def _read(answer: ClientResponse) -> Any:
    """As the SDK reads an answer: of any other kind of content it would keep the text, and fail on it later."""
    if answer.status == 204:
        return None
    assert answer.headers["content-type"] == "application/json"
    told = json.loads(await answer.text())
    return told if answer.status < 300 else told["message"]


@pytest.fixture
async def fake() -> AsyncIterator[FakeQQ]:
    platform = FakeQQ()
    await platform.start()
    yield platform
    await platform.stop()


@pytest.fixture
async def bot(fake: FakeQQ) -> AsyncIterator[Botpy]:
    async with ClientSession() as http:
        made = Botpy(fake, http)
        yield made
        if made.socket is not None:
            await made.socket.close()


def said(name: str, words: str, **where: Any) -> Json:
    return {"id": name, "content": words, "timestamp": "2026-01-01T00:00:00+08:00", "attachments": [], **where}


async def test_a_bot_starts_and_hears_whom_it_is(fake: FakeQQ, bot: Botpy) -> None:
    ready = await bot.starts()

    assert (ready["session_id"], ready["user"]["username"], ready["shard"]) == ("session-1", "bot", [0, 1])
    assert fake.connection is not None
    assert fake.connection.is_in


async def test_a_bot_answers_in_private_with_words_and_buttons_and_hears_the_press(fake: FakeQQ, bot: Botpy) -> None:
    await bot.starts()
    author = {"id": ALICE, "user_openid": ALICE}
    fake.push("C2C_MESSAGE_CREATE", said("M1", "hello", author=author), scene="users", opening="M1")
    heard = (await bot.hears())["d"]
    path = f"/v2/users/{heard['author']['user_openid']}/messages"
    words = {"openid": ALICE, "msg_type": 0, "content": "echo", "msg_id": "M1", "msg_seq": 1}
    card = {"openid": ALICE, "msg_type": 2, "content": None, "msg_id": "M1", "msg_seq": 2}
    rich = {"markdown": {"content": "**Q**"}, "keyboard": KEYBOARD}
    first = await bot.call("POST", path, {**EMPTY, **words})
    second = await bot.call("POST", path, {**EMPTY, **card, **rich})
    again = await bot.call("POST", path, {**EMPTY, **words})
    press = {"id": "I1", "chat_type": 2, "user_openid": ALICE, "data": {"resolved": {"button_data": "go"}}}
    fake.push("INTERACTION_CREATE", press, scene="users", opening="I1")
    pressed = (await bot.hears())["d"]
    await bot.call("PUT", f"/interactions/{pressed['id']}", {"code": 0})

    assert (first["id"], second["id"]) == ("ROBOT1.0_0", "ROBOT1.0_1")
    assert "去重" in again, "a repeat is refused in words that the SDK raises"
    assert [each.body.get("content") for each in fake.said] == ["echo", None]
    assert fake.said[1].body["keyboard"] == KEYBOARD
    assert fake.settled == {"I1": 0}


async def test_a_bot_shows_a_picture_from_a_public_address_in_a_group(fake: FakeQQ, bot: Botpy) -> None:
    await bot.starts()
    fake.files["a.png"] = PNG
    author = {"id": "M", "member_openid": "MM"}
    told = said("M2", " hi", author=author, group_openid=GROUP)
    fake.push("GROUP_AT_MESSAGE_CREATE", told, scene="groups", opening="M2")
    await bot.hears()
    upload = {"group_openid": GROUP, "file_type": 1, "url": f"{fake.base}/files/a.png", "srv_send_msg": False}
    media = await bot.call("POST", f"/v2/groups/{GROUP}/files", upload)
    shown = {"group_openid": GROUP, "msg_type": 7, "content": None, "msg_id": "M2", "msg_seq": 1}
    await bot.call("POST", f"/v2/groups/{GROUP}/messages", {**EMPTY, **shown, "media": media})
    gone = await bot.call("POST", f"/v2/groups/{GROUP}/files", {**upload, "url": f"{fake.base}/files/none.png"})

    assert [file.content for each in fake.said for file in each.files] == [PNG]
    assert isinstance(gone, str)
