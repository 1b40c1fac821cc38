"""Plays the people of the fake Discord for the channel suite."""

import asyncio
from collections.abc import Mapping
from typing import Any

from channels.base import Deed
from channels.messages import FileKind
from tests.contract.drivers import Cut, Fault, Person, Power, Room, Seen
from tests.contract.kinds import Content
from tests.platforms.discord import eyes
from tests.platforms.discord.contents import CONTENTS
from tests.platforms.discord.server import TOKEN, FakeDiscord
from tests.platforms.discord.town import ALICE, BOB, BOT, GROUP, OTHER_BOT, PRIVATE, Message
from tests.platforms.discord.wire import Interaction

LIMITED = {"message": "You are being rate limited.", "retry_after": 7.0, "global": False}
MOODS = {Fault.DROPPED: (0, {}), Fault.RATE_LIMITED: (429, LIMITED), Fault.SERVER_ERROR: (500, {})}
MEDIA = {FileKind.VOICE: ("voice-message.ogg", "audio/ogg"), FileKind.IMAGE: ("dot.png", "image/png")}
VOICE_FLAG = 1 << 13


class DiscordDriver:
    """A `PlatformDriver`: Alice and Bob in one server with the bot, and each in private with it."""

    modes = ("gateway",)
    group_name = "#"
    mode = "gateway"
    lacks = frozenset({Power.WEBHOOK})
    alice = Person(id=ALICE, name="Alice")
    bob = Person(id=BOB, name="Bob")
    rate_limit_seconds = 7.0
    platform_language = "en-US"
    refusal = "401: Unauthorized"
    cuts = frozenset(Cut)
    contents = CONTENTS

    def __init__(self) -> None:
        self.fake = FakeDiscord()
        self._last: Message | None = None

    async def start(self) -> None:
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()

    def reached_at(self, base_url: str) -> None:
        """Discord never calls us."""

    def options(self, mode: str) -> Mapping[str, Any]:
        return {"token": TOKEN, "api_url": f"{self.fake.base}/api/v10"}

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "token": "somebody.else"}

    async def say(
        self,
        text: str,
        *,
        room: Room = Room.DIRECT,
        mention: bool = False,
        answers: str = "",
        thread: str = "",
        by: Person | None = None,
    ) -> str:
        words = f"<@{BOT}> {text}" if mention else text
        given: dict[str, Any] = {"answers": answers, "type": 19} if answers else {}
        return (await self._say(words, thread or self._room(room, by), by, **given)).id

    async def _say(self, text: str, channel: str, by: Person | None, **given: Any) -> Message:
        """What is said before the bot was ever there, it would not hear of: so it waits for its coming."""
        async with asyncio.timeout(5):
            await self.fake.gateway.joined.wait()
        person = (by or self.alice).id
        message = Message(id=self.fake.town.snowflake(), channel=channel, author=person, content=text, **given)
        self._last = await self.fake.say(message)
        return message

    async def open_thread(self) -> str:
        async with asyncio.timeout(5):
            await self.fake.gateway.joined.wait()
        thread = self.fake.town.thread()
        await self.fake.gateway.push("THREAD_CREATE", thread.shown)
        return thread.id

    async def say_again(self) -> None:
        assert self._last
        await self.fake.tell(self._last)

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        attachment = self.fake.attach(name, content, media_type)
        return (await self._say(text, PRIVATE[ALICE], None, attachments=[attachment])).id

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        name, media_type = MEDIA[kind]
        attachment = self.fake.attach(name, content, media_type)
        flags = VOICE_FLAG if kind is FileKind.VOICE else 0
        return (await self._say("", PRIVATE[ALICE], None, attachments=[attachment], flags=flags)).id

    async def send_content(self, content: Content) -> None:
        await self._say("", PRIVATE[ALICE], None, extra=dict(content.payload))

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        await self._say(text, PRIVATE[ALICE], Person(id=BOT if mine else OTHER_BOT, name=""))

    async def edit(self, message_id: str, text: str) -> None:
        await self.fake.edit(self.fake.town.find(PRIVATE[ALICE], message_id), text)

    async def edit_again(self, message_id: str) -> None:
        await self.fake.tell_update(self.fake.town.find(PRIVATE[ALICE], message_id))

    async def touch(self, message_id: str) -> None:
        message = self.fake.town.find(PRIVATE[ALICE], message_id)
        message.extra["embeds"] = [{"type": "link", "url": "https://example.org", "title": "A preview"}]
        await self.fake.tell_update(message)

    async def remove(self, message_id: str) -> None:
        self.fake.town.messages.remove(self.fake.town.find(PRIVATE[ALICE], message_id))
        await self.fake.gateway.push("MESSAGE_DELETE", {"id": message_id, "channel_id": PRIVATE[ALICE]})

    async def cut(self, how: Cut) -> None:
        gateway = self.fake.gateway
        connection = gateway.connection
        assert connection is not None
        match how:
            case Cut.DEAF:
                connection.is_deaf = True
            case Cut.MALFORMED:
                await connection.send('{"op": 0, "t": ')
                await connection.send('{"op": 0, "t": "MESSAGE_CREATE", "d": {"id": 7}}')
            case Cut.ABRUPT:
                connection.transport.abort()
            case Cut.EXPIRED:
                gateway.session = None
                await connection.hang_up(4009, "Session timed out.")
            case Cut.REFUSED:
                gateway.handshakes_refused = 2
                await connection.hang_up(4000)
            case Cut.REVOKED:
                gateway.token = "another"
                await connection.hang_up(4004, "Authentication failed.")
            case Cut.CLEAN:
                await connection.hang_up(4000)

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        await self._press(message_id, label, by)

    async def _press(self, message_id: str, label: str, by: Person | None = None) -> Interaction:
        message = next(m for m in self.fake.town.messages if m.id == message_id)
        buttons = {button["label"]: button for row in message.components for button in row["components"]}
        return await self.fake.press(message, buttons[label], (by or self.alice).id)

    async def press_and_say(self, message_id: str, label: str, reason: str | None) -> None:
        asked = await self._press(message_id, label)
        await self.fake.until(lambda: asked.taken)
        if reason is not None and asked.form is not None:
            await self.fake.submit(asked, reason)

    def open_no_forms(self) -> None:
        self.fake.lets_open_forms = False

    async def forge(self, text: str) -> int:
        raise NotImplementedError

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        place, town = self._room(room, None), self.fake.town

        def there() -> list[Seen]:
            return [
                eyes.seen(message, town)
                for message in town.messages
                if message.author == BOT
                and not message.only_for
                and place in {message.channel, town.channels[message.channel].parent}
            ]

        await self.fake.until(lambda: len(there()) >= count)
        return there()

    async def told(self, person: Person) -> list[str]:
        return [
            eyes.text_of(message.content)
            for message in self.fake.town.messages
            if message.only_for == person.id or (message.author == BOT and message.channel == PRIVATE[person.id])
        ]

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        self.fake.lets_attach = False
        return "Missing Permissions (50013)"

    def allow(self) -> None:
        self.fake.lets_attach = True

    async def revoke(self) -> None:
        self.fake.gateway.token = "another"

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.fake.faults.extend([MOODS[fault]] * times)

    @property
    def calls(self) -> int:
        return self.fake.calls["messages"]

    @property
    def acknowledged(self) -> int:
        return self.fake.gateway.acknowledged

    def _room(self, room: Room, by: Person | None) -> str:
        return GROUP if room is Room.GROUP else PRIVATE[(by or self.alice).id]


def driver() -> DiscordDriver:
    """A fresh server."""
    return DiscordDriver()
