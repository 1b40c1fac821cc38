"""The fake platform serves the vendor's own SDK: what wecom-aibot-python-sdk 1.0.2 sent it is sent here again.

The SDK itself is no dependency (docs/channels/wecom.md), so its wire is played: its frames were written down while a
bot made with it ran against this fake, and what it reads of each receipt and of a file is asked for as it asks for it.
"""

import base64
import re
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse

from channels.wecom.files import decrypted
from tests.platforms.wecom.server import BOT_ID, SECRET, FakeWeCom, Json

PERSON = "zhangsan"
CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "Q"},
    "task_id": "t1",
    "button_list": [{"text": "Yes", "style": 1, "key": "go"}],
}


class Aibot:
    """A bot as the SDK speaks: names of requests begin with the command, and a receipt is awaited for each."""

    def __init__(self, fake: FakeWeCom, socket: ClientWebSocketResponse) -> None:
        self._fake = fake
        self._socket = socket
        self._number = 1796025059446

    async def call(self, command: str, body: Json, req_id: str = "") -> Json:
        self._number += 1
        name = req_id or f"{command}_{self._number}_dd919e43"
        await self._socket.send_json({"cmd": command, "headers": {"req_id": name}, "body": body})
        receipt = await self._socket.receive_json()
        assert receipt["headers"]["req_id"] == name
        return {"errcode": receipt["errcode"], "errmsg": receipt["errmsg"]}

    async def hears(self, command: str, req_id: str, how: tuple[str, str], content: Json) -> Json:
        """Something happens; the frame that the SDK hands to its listeners."""
        self._fake.requests[req_id] = (*how, time.monotonic())
        self._fake.chats.add(PERSON)
        base = {"msgid": req_id, "aibotid": BOT_ID, "from": {"userid": PERSON}, "chattype": "single"}
        await self._fake.call(command, req_id, {**base, **content})
        frame = await self._socket.receive_json()
        assert (frame["cmd"], frame["headers"]["req_id"]) == (command, req_id)
        return dict(frame["body"])


@pytest.fixture
async def fake() -> AsyncIterator[FakeWeCom]:
    platform = FakeWeCom()
    await platform.start()
    yield platform
    await platform.stop()


@pytest.fixture
async def bot(fake: FakeWeCom) -> AsyncIterator[Aibot]:
    async with ClientSession() as http, http.ws_connect(f"http://127.0.0.1:{fake.port}/ws") as socket:
        made = Aibot(fake, socket)
        assert await made.call("aibot_subscribe", {"bot_id": BOT_ID, "secret": SECRET}) == OK
        yield made


OK = {"errcode": 0, "errmsg": "ok"}


def event(kind: str, **more: Any) -> Json:
    return {"msgtype": "event", "event": {"eventtype": kind, **more}}


async def test_a_bot_greets_whoever_opens_the_chat(fake: FakeWeCom, bot: Aibot) -> None:
    await bot.hears("aibot_event_callback", "r0", ("enter", PERSON), event("enter_chat"))
    greeting = {"msgtype": "text", "text": {"content": "hello"}}

    assert await bot.call("aibot_respond_welcome_msg", greeting, "r0") == OK
    assert [each.text for each in fake.shown] == ["hello"]


async def test_a_bot_answers_by_a_stream_and_writes_without_the_kind_of_chat(fake: FakeWeCom, bot: Aibot) -> None:
    message = {"msgtype": "text", "text": {"content": "hello"}}
    heard = await bot.hears("aibot_msg_callback", "r1", ("message", PERSON), message)
    for finish, words in ((False, "Hel"), (True, "Hello")):
        stream = {"id": "stream_1796025059457_ed4160bd", "finish": finish, "content": words}
        assert await bot.call("aibot_respond_msg", {"msgtype": "stream", "stream": stream}, "r1") == OK
    markdown = {"chatid": heard["from"]["userid"], "msgtype": "markdown", "markdown": {"content": "**hi**"}}
    unknown = {**markdown, "chatid": "nobody"}

    assert await bot.call("aibot_send_msg", markdown) == OK
    assert (await bot.call("aibot_send_msg", unknown))["errcode"] == 846610
    assert [each.text for each in fake.shown] == ["Hello", "**hi**"]


async def test_a_bot_answers_with_a_card_and_rewrites_it_after_a_press(fake: FakeWeCom, bot: Aibot) -> None:
    message = {"msgtype": "text", "text": {"content": "hello"}}
    await bot.hears("aibot_msg_callback", "r2", ("message", PERSON), message)
    assert await bot.call("aibot_respond_msg", {"msgtype": "template_card", "template_card": CARD}, "r2") == OK
    press = {"card_type": "button_interaction", "event_key": "go", "task_id": "t1"}
    told = event("template_card_event", template_card_event=press)
    heard = await bot.hears("aibot_event_callback", "r3", ("press", "t1"), told)
    done = {**CARD, "card_type": "text_notice", "card_action": {"type": 1, "url": "https://x.org"}}
    update = {"response_type": "update_template_card", "template_card": done}

    assert heard["event"]["template_card_event"] == press
    assert await bot.call("aibot_respond_update_msg", update, "r3") == OK
    assert (await bot.call("aibot_respond_update_msg", update, "r3"))["errcode"] == 846605
    assert [each.card for each in fake.shown] == [done]


async def test_a_bot_fetches_a_file_with_its_name_and_its_key(fake: FakeWeCom, bot: Aibot) -> None:
    given = fake.put_file("报告.pdf", b"%PDF")
    heard = await bot.hears("aibot_msg_callback", "r4", ("message", PERSON), {"msgtype": "file", "file": given})
    file = heard["file"]
    async with ClientSession() as http, http.get(file["url"]) as answer:
        found = re.search(r"filename\*=UTF-8''([^;\s]+)", answer.headers["Content-Disposition"])
        content = await answer.read()

    assert found is not None
    assert unquote(found[1]) == "报告.pdf"
    assert len(base64.b64decode(file["aeskey"] + "=" * (-len(file["aeskey"]) % 4))) == 32
    assert decrypted(content, file["aeskey"]) == b"%PDF"
