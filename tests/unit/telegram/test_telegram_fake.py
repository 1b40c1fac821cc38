"""The fake platform is honest: it refuses what Telegram refuses, in its words, and can be driven from outside."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.platforms.telegram import ALICE, GROUP, TOKEN, FakeTelegram


class Caller:
    """A program that knows the Bot API and nothing of us."""

    def __init__(self, fake: FakeTelegram, http: aiohttp.ClientSession) -> None:
        self.fake = fake
        self._http = http

    async def __call__(self, method: str, token: str = TOKEN, **given: Any) -> tuple[int, Any]:
        async with self._http.post(f"{self.fake.base}/bot{token}/{method}", json=given) as answer:
            body = await answer.json()
        return answer.status, body.get("result", body.get("description"))

    async def upload(self, method: str, content: bytes, **given: str) -> tuple[int, Any]:
        form = aiohttp.FormData(given)
        form.add_field(method.removeprefix("send").lower(), io.BytesIO(content), filename="a.bin")
        async with self._http.post(f"{self.fake.base}/bot{TOKEN}/{method}", data=form) as answer:
            body = await answer.json()
        return answer.status, body.get("result", body.get("description"))


@pytest_asyncio.fixture(loop_scope="session")
async def call() -> AsyncIterator[Caller]:
    fake = FakeTelegram()
    await fake.start()
    async with aiohttp.ClientSession() as http:
        yield Caller(fake, http)
    await fake.stop()


def keyboard(**button: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Yes", "callback_data": "x", **button}]]}


def command(name: str = "help", about: str = "What you can type.") -> dict[str, str]:
    return {"command": name, "description": about}


@pytest.mark.parametrize(
    ("method", "given", "code", "words"),
    [
        ("sendMessage", {"text": "x" * 4097}, 400, "message is too long"),
        ("sendMessage", {"text": "😀" * 2049}, 400, "message is too long"),
        ("sendMessage", {"text": " "}, 400, "message text is empty"),
        ("sendMessage", {"text": "<b>x", "parse_mode": "HTML"}, 400, "can't parse entities: Can't find end tag"),
        ("sendMessage", {"text": "x</b>", "parse_mode": "HTML"}, 400, "can't parse entities: Unmatched end tag"),
        ("sendMessage", {"text": "<h1>x</h1>", "parse_mode": "HTML"}, 400, 'Unsupported start tag "h1"'),
        ("sendMessage", {"text": "x", "reply_markup": keyboard(callback_data="x" * 65)}, 400, "BUTTON_DATA_INVALID"),
        ("sendMessage", {"text": "x", "reply_markup": keyboard(style="pink")}, 400, "invalid button style"),
        ("sendMessage", {"text": "x", "chat_id": 1}, 400, "chat not found"),
        ("sendMessage", {"text": "x", "message_thread_id": 9}, 400, "message thread not found"),
        ("sendMessage", {"text": "x", "reply_parameters": {"message_id": 9}}, 400, "message to be replied not found"),
        ("editMessageText", {"text": "x", "message_id": 9}, 400, "message to edit not found"),
        ("sendMessageDraft", {"text": "x", "draft_id": 0}, 400, "must be non-zero"),
        ("sendMessageDraft", {"text": "x", "draft_id": 1, "chat_id": GROUP}, 400, "TEXTDRAFT_PEER_INVALID"),
        ("answerCallbackQuery", {"callback_query_id": "9"}, 400, "query is too old"),
        ("getFile", {"file_id": "9"}, 400, "wrong file_id"),
        ("setWebhook", {"url": "http://x.example"}, 400, "HTTPS URL must be provided"),
        ("setWebhook", {"url": "https://x.example", "secret_token": "a b"}, 400, "unallowed characters"),
        ("setMyCommands", {"commands": [command("Help")]}, 400, "BOT_COMMAND_INVALID"),
        ("setMyCommands", {"commands": [command("x" * 33)]}, 400, "command length must not exceed 32"),
        ("setMyCommands", {"commands": [command("/")]}, 400, "command must be non-empty"),
        ("setMyCommands", {"commands": [command(about=" ")]}, 400, "command description must be non-empty"),
        ("setMyCommands", {"commands": [command(about="x" * 257)]}, 400, "length must not exceed 256"),
        ("setMyCommands", {"commands": [command()] * 101}, 400, "BOT_COMMANDS_TOO_MUCH"),
        ("setMyCommands", {"commands": [], "language_code": "zh-CN"}, 400, "invalid language code specified"),
        ("getMyCommands", {"scope": {"type": "everybody"}}, 400, "can't parse BotCommandScope"),
        ("sendPigeon", {}, 404, "method not found"),
    ],
)
async def test_it_refuses_what_the_platform_refuses(
    call: Caller, method: str, given: dict[str, Any], code: int, words: str
) -> None:
    status, said = await call(method, **{"chat_id": ALICE["id"], **given})

    assert status == code
    assert words in said


async def test_it_takes_what_is_just_allowed(call: Caller) -> None:
    long = await call("sendMessage", chat_id=ALICE["id"], text="<b>" + "x" * 4096 + "</b>", parse_mode="HTML")
    data = await call("sendMessage", chat_id=ALICE["id"], text="x", reply_markup=keyboard(callback_data="x" * 64))

    assert (long[0], data[0]) == (200, 200)


async def test_it_knows_wrong_tokens_from_malformed_ones(call: Caller) -> None:
    assert await call("getMe", token="123456789:" + "Z" * 35) == (401, "Unauthorized")
    assert await call("getMe", token="nonsense") == (404, "Not Found")


async def test_an_edit_must_change_something(call: Caller) -> None:
    _, sent = await call("sendMessage", chat_id=ALICE["id"], text="x", reply_markup=keyboard())
    same = {"chat_id": ALICE["id"], "message_id": sent["message_id"], "text": "x"}
    refused = await call("editMessageText", **same, reply_markup=keyboard())
    without_buttons = await call("editMessageText", **same)

    assert refused[0] == 400
    assert "message is not modified" in refused[1]
    assert without_buttons[0] == 200


async def test_updates_come_again_until_a_later_offset_confirms_them(call: Caller) -> None:
    for text in ("a", "b"):
        call.fake.chats.say(ALICE["id"], ALICE, text=text)
    _, first = await call("getUpdates")
    _, again = await call("getUpdates", offset=first[1]["update_id"])
    _, none = await call("getUpdates", offset=first[1]["update_id"] + 1)

    assert [update["message"]["text"] for update in first] == ["a", "b"]
    assert again == first[1:]
    assert none == []


async def test_two_pollers_and_polling_beside_a_webhook_are_conflicts(call: Caller) -> None:
    first = asyncio.create_task(call("getUpdates", timeout=5))
    await call.fake.until(lambda: call.fake.calls["getUpdates"] == 1)
    second = await call("getUpdates")
    call.fake.webhook["url"] = "https://x.example"
    third = await call("getUpdates")

    assert (await first)[0] == 409
    assert "terminated by other getUpdates request" in (await first)[1]
    assert second == (200, [])
    assert third[0] == 409
    assert "webhook is active" in third[1]


async def test_files_have_limits_in_both_directions_and_so_have_captions(call: Caller) -> None:
    call.fake.chats.files["F"] = ("a", b"x" * (20 * 2**20 + 1))
    chat = {"chat_id": str(ALICE["id"])}

    assert await call("getFile", file_id="F") == (400, "Bad Request: file is too big")
    assert (await call.upload("sendPhoto", b"x" * (10 * 2**20 + 1), **chat))[0] == 413
    assert (await call.upload("sendDocument", b"", **chat))[1] == "Bad Request: file must be non-empty"
    assert "caption is too long" in (await call.upload("sendDocument", b"x", caption="x" * 1025, **chat))[1]
    assert (await call.upload("sendDocument", b"x", caption="x" * 1024, **chat))[0] == 200


async def test_a_press_can_be_answered_once(call: Caller) -> None:
    _, sent = await call("sendMessage", chat_id=ALICE["id"], text="x", reply_markup=keyboard())
    query = call.fake.chats.press(ALICE["id"], sent["message_id"], "x", ALICE)

    assert (await call("answerCallbackQuery", callback_query_id=query, text="x" * 201))[1].endswith("MESSAGE_TOO_LONG")
    assert await call("answerCallbackQuery", callback_query_id=query) == (200, True)
    assert (await call("answerCallbackQuery", callback_query_id=query))[0] == 400


async def test_it_runs_alone_and_is_driven_over_http() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.platforms.telegram", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    base = (await process.stdout.readline()).decode().strip()
    try:
        async with aiohttp.ClientSession(base) as http:
            await http.post("/_control/push", json={"chat": 5000, "text": "hi", "count": 2})
            async with http.post(f"/bot{TOKEN}/getUpdates") as answer:
                updates = (await answer.json())["result"]
            await http.post("/_control/fail", json={"code": 429, "retry_after": 3})
            text = {"chat_id": 5000, "text": "yo", "reply_markup": json.dumps(keyboard())}
            async with http.post(f"/bot{TOKEN}/sendMessage", data=text) as answer:
                limited = await answer.json()
            await http.post(f"/bot{TOKEN}/sendMessage", data=text)
            async with http.get("/_control/sent?chat=5000&wait=1") as answer:
                [sent] = await answer.json()
            press = {"chat": 5000, "message": sent["id"], "data": sent["buttons"][0]["callback_data"]}
            await http.post("/_control/press", json=press)
            async with http.get("/_control/calls") as answer:
                counts = await answer.json()
    finally:
        process.terminate()
        await process.wait()

    assert [update["message"]["text"] for update in updates] == ["hi 0", "hi 1"]
    assert limited["parameters"] == {"retry_after": 3}
    assert sent["text"] == "yo"
    assert (counts["calls"]["sendMessage"], counts["acknowledged"], counts["waiting"]) == (2, 0, 3)
