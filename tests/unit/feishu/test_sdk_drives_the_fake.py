"""The fake company serves a bot that is written with the vendor's own SDK, as its manual shows it, and not by us.

What the bot sends, the fake shows; what people do there, the SDK hands to the bot. So the fake is no mirror of our own
adapter. The SDK loads 10,000 modules and runs a loop of its own, so the bot is a process.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest

from tests.platforms.feishu.rules import elements
from tests.platforms.feishu.server import SECRET, FakeFeishu
from tests.platforms.feishu.town import ALICE, APP, GROUP, Message

ROOT = Path(__file__).parents[3]
LOADING_SECONDS = 90.0
BOT = """
import json, sys
import lark_oapi as lark
from lark_oapi.api.im.v1 import *
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTrigger, P2CardActionTriggerResponse

app, secret, domain, group, path = sys.argv[1:]
client = lark.Client.builder().app_id(app).app_secret(secret).domain(domain).build()

def tell(**what):
    print(json.dumps(what), flush=True)

def card(title, *buttons):
    columns = [{"tag": "button", "type": "primary", "text": {"tag": "plain_text", "content": each},
                "behaviors": [{"type": "callback", "value": {"choice": each}}]} for each in buttons]
    return {"schema": "2.0", "config": {"update_multi": True},
            "header": {"title": {"tag": "plain_text", "content": title}},
            "body": {"elements": [{"tag": "markdown", "content": "**" + title + "**"}, *columns]}}

def old_card(title):
    button = {"tag": "button", "type": "danger", "text": {"tag": "plain_text", "content": "Stop"}, "value": {"k": "v"}}
    return {"config": {"update_multi": True}, "header": {"title": {"tag": "plain_text", "content": title}},
            "elements": [{"tag": "div", "text": {"tag": "lark_md", "content": "older"}},
                         {"tag": "action", "actions": [button]}]}

def create(kind, content):
    body = CreateMessageRequestBody.builder().receive_id(group).msg_type(kind).content(json.dumps(content)).build()
    request = CreateMessageRequest.builder().receive_id_type("chat_id").request_body(body).build()
    response = client.im.v1.message.create(request)
    tell(did="create", kind=kind, code=response.code, id=response.data.message_id if response.success() else "")
    return response

def on_message(data):
    message = data.event.message
    words = json.loads(message.content)["text"]
    tell(did="heard", words=words, by=data.event.sender.sender_id.open_id, chat=message.chat_type)
    body = ReplyMessageRequestBody.builder().msg_type("text").content(json.dumps({"text": "echo " + words})).build()
    reply = client.im.v1.message.reply(
        ReplyMessageRequest.builder().message_id(message.message_id).request_body(body).build())
    emoji = Emoji.builder().emoji_type("OK").build()
    react = CreateMessageReactionRequestBody.builder().reaction_type(emoji).build()
    reacted = client.im.v1.message_reaction.create(
        CreateMessageReactionRequest.builder().message_id(message.message_id).request_body(react).build())
    tell(did="reply", code=reply.code, id=reply.data.message_id, reacted=reacted.code)

def on_press(data: P2CardActionTrigger):
    tell(did="pressed", value=data.event.action.value, by=data.event.operator.open_id,
         message=data.event.context.open_message_id)
    return P2CardActionTriggerResponse({"toast": {"type": "success", "content": "Done"},
                                        "card": {"type": "raw", "data": card("Approved")}})

create("text", {"text": "plain words"})
create("post", {"en_us": {"title": "Plan", "content": [[{"tag": "text", "text": "first"}]]}})
asked = create("interactive", card("Run it?", "Approve", "Deny"))
create("interactive", old_card("Old"))
create("text", {"text": ""})
upload = CreateFileRequestBody.builder().file_type("stream").file_name("a.bin").file(open(path, "rb")).build()
file = client.im.v1.file.create(CreateFileRequest.builder().request_body(upload).build())
create("file", {"file_key": file.data.file_key})
patched = PatchMessageRequestBody.builder().content(json.dumps(card("Run it now?", "Approve", "Deny"))).build()
patch = client.im.v1.message.patch(
    PatchMessageRequest.builder().message_id(asked.data.message_id).request_body(patched).build())
first = client.im.v1.message.get(GetMessageRequest.builder().message_id(asked.data.message_id).build())
tell(did="patch", code=patch.code, kind=first.data.items[0].msg_type)
handler = (lark.EventDispatcherHandler.builder("", "").register_p2_im_message_receive_v1(on_message)
           .register_p2_card_action_trigger(on_press).build())
lark.ws.Client(app, secret, event_handler=handler, domain=domain, log_level=lark.LogLevel.CRITICAL).start()
"""


class Bot:
    """The bot's process, and what it tells of itself, a line each."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), LOADING_SECONDS)
        assert line, "the bot ended"
        return dict(json.loads(line))


async def started(fake: FakeFeishu, file: Path) -> Bot:
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    arguments = ("-W", "ignore", "-c", BOT, APP, SECRET, fake.base, GROUP, str(file))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env=environment
    )
    return Bot(process)


@pytest.fixture
async def fake() -> AsyncIterator[FakeFeishu]:
    company = FakeFeishu()
    await company.start()
    yield company
    await company.stop()


@pytest.fixture
async def bot(fake: FakeFeishu, tmp_path: Path) -> AsyncIterator[Bot]:
    file = tmp_path / "a.bin"
    file.write_bytes(b"bytes")
    made = await started(fake, file)
    yield made
    if made.process.returncode is None:
        made.process.kill()
    await made.process.wait()


async def within(work: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(work, LOADING_SECONDS)


async def test_a_bot_made_with_the_vendors_sdk_lives_in_the_fake_company(fake: FakeFeishu, bot: Bot) -> None:
    created = [await bot.told() for _ in range(6)]
    patched = await bot.told()
    shown = fake.town.said_by_bot(GROUP)
    codes = [each["code"] for each in created]

    assert [each["kind"] for each in created] == ["text", "post", "interactive", "interactive", "text", "file"]
    assert codes == [0, 0, 0, 0, 230001, 0], "what the platform refuses, the SDK tells as refused"
    assert [each.kind for each in shown] == ["text", "post", "interactive", "interactive", "file"]
    assert shown[0].content == {"text": "plain words"}
    assert fake.town.uploads[shown[4].content["file_key"]] == ("a.bin", b"bytes")
    assert (patched["code"], patched["kind"]) == (0, "interactive")
    assert shown[2].content["header"]["title"]["content"] == "Run it now?"

    await hears_and_answers(fake, bot)
    await is_pressed(fake, bot, shown[2])


async def hears_and_answers(fake: FakeFeishu, bot: Bot) -> None:
    said = fake.town.say(ALICE, fake.town.direct(ALICE), "text", {"text": "hello"})
    fake.tell(fake.town.heard(said, []), "messages")
    heard, replied = await bot.told(), await bot.told()
    await within(fake.until(lambda: fake.confirmed["messages"]))
    answer = fake.town.messages[replied["id"]]

    assert heard == {"did": "heard", "words": "hello", "by": ALICE, "chat": "p2p"}
    assert (replied["code"], replied["reacted"]) == (0, 0)
    assert (answer.content, answer.parent) == ({"text": "echo hello"}, said.id)
    assert list(said.reactions.values()) == ["OK"]


async def is_pressed(fake: FakeFeishu, bot: Bot, card: Message) -> None:
    fake.tell(fake.town.pressed(card, "Approve", ALICE), "presses", again=False, presser=ALICE)
    pressed = await bot.told()
    await within(fake.until(lambda: fake.confirmed["presses"]))

    assert pressed == {"did": "pressed", "value": {"choice": "Approve"}, "by": ALICE, "message": card.id}
    assert fake.toasts[ALICE] == [{"type": "success", "content": "Done"}]
    assert card.content["header"]["title"]["content"] == "Approved"
    assert not [each for each in elements(card.content) if each["tag"] == "button"]
