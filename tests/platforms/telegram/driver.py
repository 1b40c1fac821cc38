"""Plays the people of the fake platform for the channel suite."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from channels.base import Deed
from channels.messages import FileKind
from tests.contract.drivers import Cut, Fault, Person, Power, Room, Seen, SeenFile
from tests.contract.kinds import Content
from tests.platforms.telegram.chats import ALICE, BOB, GROUP, ME, TOKEN, TOPIC, Json, Message
from tests.platforms.telegram.contents import CONTENTS
from tests.platforms.telegram.polls import Poll
from tests.platforms.telegram.server import SEEN, FakeTelegram

_PRESENTED = {"photo": FileKind.IMAGE, "voice": FileKind.VOICE}
_CODES = {Fault.DROPPED: 0, Fault.RATE_LIMITED: 429, Fault.SERVER_ERROR: 500}


class Driver:
    """A `PlatformDriver`."""

    modes = ("polling", "webhook")
    group_name = "ops"
    alice = Person(id=str(ALICE["id"]), name="Alice")
    bob = Person(id=str(BOB["id"]), name="Bob")
    rate_limit_seconds = 7.0
    platform_language = "en"
    refusal = "Unauthorized"
    contents = CONTENTS

    def __init__(self) -> None:
        self.fake = FakeTelegram()
        self._base_url = ""
        self.mode = "polling"

    @property
    def lacks(self) -> frozenset[Power]:
        no_door = {Power.WEBHOOK} if self.mode == "polling" else {Power.LINE}
        return frozenset({Power.HISTORY, Power.NONCES, Power.PINGS, *no_door})

    async def start(self) -> None:
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()

    def reached_at(self, base_url: str) -> None:
        self._base_url = base_url

    def options(self, mode: str) -> Mapping[str, Any]:
        return {"token": TOKEN, "mode": mode, "api_url": self.fake.base, "poll_timeout_seconds": 1}

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "token": TOKEN.replace("AA", "ZZ")}

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
        user, chat = _user(by), self._chat(room, by)
        content: Json = {"text": text}
        if mention:
            name = f"@{ME['username']}"
            content |= {
                "text": f"{name} {text}",
                "entities": [{"type": "mention", "offset": 0, "length": len(name)}],
            }
        if answers:
            content["reply_to_message"] = self.fake.chats.quoted(chat, int(answers))
        if thread:
            content |= {"message_thread_id": int(thread), "is_topic_message": True}
        return str(self.fake.chats.say(chat, user, **content))

    async def open_thread(self) -> str:
        return str(TOPIC)

    async def say_again(self) -> None:
        chats = self.fake.chats
        chats.push(message=list(chats.said.values())[-1])

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        file_id = f"FILE{len(self.fake.chats.files)}"
        self.fake.chats.files[file_id] = (name, content)
        document = {
            "file_id": file_id,
            "file_unique_id": file_id,
            "file_name": name,
            "mime_type": media_type,
            "file_size": len(content),
        }
        return str(self.fake.chats.say(ALICE["id"], ALICE, document=document, caption=text))

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        file_id = f"FILE{len(self.fake.chats.files)}"
        self.fake.chats.files[file_id] = ("file_1.oga" if kind is FileKind.VOICE else "file_1.jpg", content)
        given = {"file_id": file_id, "file_unique_id": file_id, "file_size": len(content)}
        if kind is FileKind.VOICE:
            return str(
                self.fake.chats.say(ALICE["id"], ALICE, voice={**given, "duration": 2, "mime_type": "audio/ogg"})
            )
        small = {"file_id": "small", "file_unique_id": "small", "file_size": 1, "width": 90, "height": 60}
        return str(self.fake.chats.say(ALICE["id"], ALICE, photo=[small, {**given, "width": 900, "height": 600}]))

    async def send_content(self, content: Content) -> None:
        self.fake.chats.say(ALICE["id"], ALICE, **content.payload)

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        author = ME if mine else {"id": 999, "is_bot": True, "first_name": "Other", "username": "other_bot"}
        self.fake.chats.say(GROUP, author, text=text)

    async def edit(self, message_id: str, text: str) -> None:
        self.fake.chats.edit(ALICE["id"], int(message_id), text)

    async def edit_again(self, message_id: str) -> None:
        chats = self.fake.chats
        chats.push(edited_message=chats.said[ALICE["id"], int(message_id)])

    async def touch(self, message_id: str) -> None:
        """What a bot is not shown changed; the platform tells it all the same."""
        chats = self.fake.chats
        chats.edit(ALICE["id"], int(message_id), chats.said[ALICE["id"], int(message_id)]["text"])

    async def remove(self, message_id: str) -> None:
        """The platform tells a bot nothing of it."""
        del self.fake.chats.said[ALICE["id"], int(message_id)]

    @property
    def cuts(self) -> frozenset[Cut]:
        return frozenset(Cut) - {Cut.EXPIRED} if self.mode == "polling" else frozenset()

    async def cut(self, how: Cut) -> None:
        fake = self.fake
        match how:
            case Cut.CLEAN:
                fake.break_polls(Poll.CLOSED)
            case Cut.DEAF:
                fake.break_polls(Poll.SILENT)
            case Cut.MALFORMED:
                fake.break_polls(Poll.NOT_JSON, Poll.NO_UPDATES)
            case Cut.REFUSED:
                fake.fail(0, 2, methods=frozenset({"getMe"}))
                fake.break_polls(Poll.DROPPED)
            case Cut.REVOKED:
                fake.token = "123456789:AAanotherAAanotherAAanotherAAanother"
                fake.break_polls(Poll.DROPPED)
            case _:
                fake.break_polls(Poll.DROPPED)
        await fake.until(lambda: not fake.polls)

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        chat = self._chat(room, by)
        message = self.fake.chats.find(chat, int(message_id))
        data = {button["text"]: button["callback_data"] for row in message.keyboard for button in row}[label]
        self.fake.chats.press(chat, message.id, data, _user(by))

    async def forge(self, text: str) -> int:
        url = self.fake.webhook["url"]
        update = {"update_id": 1, "message": {"message_id": 1, "from": ALICE, "chat": {}, "date": 1, "text": text}}
        headers = {"X-Telegram-Bot-Api-Secret-Token": "guessed"}
        async with aiohttp.ClientSession() as session, session.post(url, json=update, headers=headers) as answer:
            return answer.status

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        messages = self.fake.chats.sent[self._chat(room, None)]
        await self.fake.until(lambda: len(messages) >= count)
        return [_seen(message) for message in messages]

    async def told(self, person: Person) -> list[str]:
        def all_told() -> list[str]:
            answers = self.fake.chats.answered.values()
            alerts = [answer["text"] for answer in answers if answer["text"] and str(answer["by"]) == person.id]
            return alerts + [message.text for message in self.fake.chats.sent[int(person.id)]]

        await self.fake.until(lambda: bool(all_told()))
        return all_told()

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FETCH, Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        self.fake.unknown |= {"sendDocument"} if deed is Deed.FILES else {"getFile"}
        return "404 Not Found"

    def allow(self) -> None:
        self.fake.unknown.clear()

    async def revoke(self) -> None:
        self.fake.token = "123456789:" + "R" * 35

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.fake.fail(_CODES[fault], times, retry_after=7)

    @property
    def calls(self) -> int:
        return sum(self.fake.calls[method] for method in SEEN)

    @property
    def acknowledged(self) -> int:
        return self.fake.chats.acknowledged

    @staticmethod
    def _chat(room: Room, by: Person | None) -> int:
        return GROUP if room is Room.GROUP else int(_user(by)["id"])


def driver() -> Driver:
    """A fresh platform with nobody on it but Alice, Bob and the bot."""
    return Driver()


def _user(person: Person | None) -> Json:
    return BOB if person is not None and person.id == str(BOB["id"]) else ALICE


def _seen(message: Message) -> Seen:
    of = {kind: tuple(each for each in message.entities if each.kind == kind) for kind in ("bold", "code", "pre")}
    links = tuple(each.url for each in message.entities if each.kind == "link")
    return Seen(
        id=str(message.id),
        text=message.text,
        bold=tuple(each.text for each in of["bold"]),
        code=tuple(each.text for each in of["code"] + of["pre"]),
        links=tuple(url for url in links if not url.startswith("tg:")),
        pings=tuple(url for url in links if url.startswith("tg:")),
        buttons=tuple(button["text"] for row in message.keyboard for button in row),
        files=(
            SeenFile(
                name=message.file[1],
                content=message.file[2],
                presented_as=_PRESENTED.get(message.file[0], FileKind.DOCUMENT),
            ),
        )
        if message.file
        else (),
        answers=str(message.answers or ""),
        thread=str(message.thread or ""),
    )
