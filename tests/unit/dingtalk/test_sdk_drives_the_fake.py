"""The fake organisation serves a bot that is written with the vendor's own SDK, as its manual shows it, and not by us.

What the bot sends, the fake shows; what people do there, the SDK hands to the bot. The SDK reads its address once when
it is loaded and calls the platform in a way that blocks the loop, so the bot is a process.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.platforms.dingtalk import eyes
from tests.platforms.dingtalk.office import ALICE, BOB, CLIENT_ID, GROUP, REQUEST, SECRET
from tests.platforms.dingtalk.server import FakeDingTalk

ROOT = Path(__file__).parents[3]
LOADING_SECONDS = 60.0
BOT = """
import asyncio, json, logging, sys
import dingtalk_stream
from dingtalk_stream import AckMessage, CallbackHandler, ChatbotHandler, ChatbotMessage, Credential
from dingtalk_stream import DingTalkStreamClient
from dingtalk_stream.card_callback import CardCallbackMessage
from dingtalk_stream.card_replier import CardReplier

client_id, secret, template = sys.argv[1:]
quiet = logging.getLogger("bot")

def tell(**what):
    print(json.dumps(what), flush=True)

class Bot(ChatbotHandler):
    async def process(self, callback):
        message = ChatbotMessage.from_dict(callback.data)
        words = message.text.content if message.text else ""
        tell(did="heard", words=words.strip(), by=message.sender_staff_id, kind=message.message_type,
             conversation=message.conversation_type)
        if message.message_type == "picture":
            code = message.image_content.download_code
            tell(did="picture", found=bool(await asyncio.to_thread(self.get_image_download_url, code)))
        elif words.strip() == "card":
            variables = {"card": "abcdefgh23456789", "title": "Run it?", "label1": "Approve", "choice1": "a",
                         "status": "open"}
            track = await asyncio.to_thread(CardReplier(self.dingtalk_client, message).create_and_send_card, template,
                                            variables)
            tell(did="card", track=track)
        else:
            plain = await asyncio.to_thread(self.reply_text, "echo " + words.strip(), message)
            rich = await asyncio.to_thread(self.reply_markdown, "Echo", "**echo**", message)
            tell(did="reply", codes=[plain["errcode"], rich["errcode"]])
        return AckMessage.STATUS_OK, "OK"

class Pressed(CallbackHandler):
    async def process(self, callback):
        press = CardCallbackMessage.from_dict(callback.data)
        tell(did="pressed", by=press.user_id, card=press.card_instance_id,
             params=press.content["cardPrivateData"]["params"])
        return AckMessage.STATUS_OK, {"cardUpdateOptions": {"updateCardDataByKey": True},
                                      "cardData": {"cardParamMap": {"title": "Approved"}}}

client = DingTalkStreamClient(Credential(client_id, secret), logger=quiet)
client.register_callback_handler(ChatbotMessage.TOPIC, Bot())
client.register_callback_handler(CallbackHandler.TOPIC_CARD_CALLBACK, Pressed())
client.start_forever()
"""


@pytest.fixture
async def fake() -> AsyncIterator[FakeDingTalk]:
    organisation = FakeDingTalk()
    await organisation.start()
    yield organisation
    await organisation.stop()


@pytest.fixture
async def bot(fake: FakeDingTalk) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-c", BOT, CLIENT_ID, SECRET, REQUEST),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**environment, "DINGTALK_OPENAPI_ENDPOINT": fake.base},
    )
    yield made
    if made.returncode is None:
        made.kill()
    await made.wait()


async def told(bot: asyncio.subprocess.Process) -> dict[str, Any]:
    """The next line that the bot tells of itself."""
    assert bot.stdout is not None
    line = await asyncio.wait_for(bot.stdout.readline(), LOADING_SECONDS)
    assert line, "the bot ended"
    return dict(json.loads(line))


async def test_a_bot_made_with_the_vendors_sdk_lives_in_the_fake_organisation(
    fake: FakeDingTalk, bot: asyncio.subprocess.Process
) -> None:
    await fake.stream.connected(LOADING_SECONDS)
    fake.say({"msgtype": "text", "text": {"content": " hello"}}, staff=ALICE)
    heard, replied = await told(bot), await told(bot)

    assert heard == {"did": "heard", "words": "hello", "by": ALICE, "kind": "text", "conversation": "1"}
    assert replied["codes"] == [0, 0]
    assert [sight.text for _, sight in fake.seen(ALICE)] == ["echo hello", "echo"]
    assert await acknowledged(fake)

    await sees_a_picture(fake, bot)
    await is_pressed(fake, bot)


async def acknowledged(fake: FakeDingTalk) -> bool:
    assert fake.delivery is not None
    return await asyncio.wait_for(fake.delivery, 5)


async def sees_a_picture(fake: FakeDingTalk, bot: asyncio.subprocess.Process) -> None:
    fake.office.downloads["code-1"] = b"\x89PNG"
    fake.say({"msgtype": "picture", "content": {"downloadCode": "code-1"}}, staff=BOB, group=True)
    heard, picture = await told(bot), await told(bot)

    assert (heard["kind"], heard["by"], heard["conversation"]) == ("picture", BOB, "2")
    assert picture == {"did": "picture", "found": True}


async def is_pressed(fake: FakeDingTalk, bot: asyncio.subprocess.Process) -> None:
    fake.say({"msgtype": "text", "text": {"content": " card"}}, staff=BOB, group=True)
    await told(bot)
    track = (await told(bot))["track"]
    assert [said.id for said, _ in fake.seen(GROUP)] == [track]
    assert eyes.card(fake.office.cards[track]).buttons == ["Approve"]
    fake.press(track, "Approve", ALICE)
    pressed = await told(bot)
    await fake.until(lambda: fake.office.cards[track].variables["title"] == "Approved")

    assert pressed == {
        "did": "pressed",
        "by": ALICE,
        "card": track,
        "params": {"card": "abcdefgh23456789", "choice": "a"},
    }
