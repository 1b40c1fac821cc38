"""Plays the people who write to the Mac's account. In mode `polling` the server is old and cannot ring."""

from collections.abc import Mapping, Sequence
from typing import Any

from channels.base import Deed
from channels.messages import FileKind
from tests.contract.drivers import Cut, Fault, Person, Power, Room, Seen, SeenFile
from tests.contract.kinds import Content
from tests.platforms.imessage.contents import CONTENTS
from tests.platforms.imessage.server import ALICE, BOB, DIRECT, DIRECT_BOB, GROUP, PASSWORD, FakeBlueBubbles, Json

_FAULTS = {Fault.DROPPED: 0, Fault.RATE_LIMITED: 429, Fault.SERVER_ERROR: 500}
_MEDIA = {FileKind.VOICE: ("Audio Message.mp3", "audio/mpeg"), FileKind.IMAGE: ("IMG_1.png", "image/png")}
_NEVER = {
    *(Power.BOTS, Power.BUTTONS, Power.LINE, Power.LIVE_BUTTON, Power.MARKUP, Power.NONCES, Power.PRIVATE),
    *(Power.REDELIVERY, Power.REPEATS, Power.REWRITES, Power.RIGHTS, Power.STREAMS, Power.TABLES, Power.THREADS),
}


class Driver:
    """A `PlatformDriver`."""

    modes = ("webhook", "polling")
    group_name = "ops"
    mode = "webhook"
    alice = Person(id=ALICE, name="Alice")
    bob = Person(id=BOB, name="Bob")
    rate_limit_seconds = 9.0
    refusal = "Unauthorized"
    cuts: frozenset[Cut] = frozenset()
    refuses = frozenset({Deed.FILES})
    acknowledged = 0

    def __init__(self) -> None:
        self.fake = FakeBlueBubbles()
        self._base_url = ""
        self._is_heard = False

    @property
    def lacks(self) -> frozenset[Power]:
        """Without its private API no answer names what it answers, and without webhooks nobody rings."""
        return frozenset(_NEVER | ({Power.ANSWERS, Power.WEBHOOK} if self.mode == "polling" else set()))

    async def start(self) -> None:
        self.fake.has_private_api = self.fake.has_webhooks = self.mode == "webhook"
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()

    def reached_at(self, base_url: str) -> None:
        self._base_url = base_url

    def options(self, mode: str) -> Mapping[str, Any]:
        return {"url": self.fake.base, "password": PASSWORD, "poll_seconds": 300 if mode == "webhook" else 0.2}

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "password": "guessed"}

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
        words = f"Nexora, {text}" if mention else text
        return await self._tell(words, room=room, by=by, threadOriginatorGuid=answers or None)

    async def _tell(self, text: str | None, *, room: Room = Room.DIRECT, by: Person | None = None, **more: Any) -> str:
        """What is said before anybody ever listened is history, so wait until somebody does."""
        await self.fake.until(lambda: self.fake.asked)
        person = by or self.alice
        direct = DIRECT if person == self.alice else DIRECT_BOB
        told = await self.fake.tell(GROUP if room is Room.GROUP else direct, person.id, text, **more)
        return str(told["guid"])

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        info = self.fake.put_file(name, media_type, content)
        return await self._tell(f"\ufffc{text}", attachments=[info])

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        name, media_type = _MEDIA[kind]
        info = self.fake.put_file(name, media_type, content)
        return await self._tell("\ufffc", attachments=[info], isAudioMessage=kind is FileKind.VOICE)

    @property
    def contents(self) -> Sequence[Content]:
        return CONTENTS

    async def send_content(self, content: Content) -> None:
        """A payload names a message that is answered or reacted to by its words, and files by what they are."""
        told = dict(content.payload)
        files = [self.fake.put_file(**each, content=b"bytes") for each in told.pop("attachments", ())]
        before = told.pop("before", None)
        if before is not None:
            earlier = await self.fake.tell(DIRECT, before["by"], before["text"], rings=False)
            key = before["key"]
            told[key] = f"p:0/{earlier['guid']}" if key == "associatedMessageGuid" else earlier["guid"]
        await self._tell(told.pop("text", "\ufffc"), attachments=files, **told)

    def _found(self, message_id: str) -> Json:
        return next(each for each in self.fake.messages if each["guid"] == message_id)

    async def edit(self, message_id: str, text: str) -> None:
        message = self._found(message_id)
        message |= {"text": text, "dateEdited": self.fake.moment()}
        await self.fake.ring("updated-message", message)

    async def edit_again(self, message_id: str) -> None:
        await self.fake.ring("updated-message", self._found(message_id))

    async def touch(self, message_id: str) -> None:
        message = self._found(message_id)
        message["dateRead"] = self.fake.moment()
        await self.fake.ring("updated-message", message)

    async def remove(self, message_id: str) -> None:
        message = self._found(message_id)
        message |= {"text": None, "dateEdited": self.fake.moment(), "dateRetracted": self.fake.moment()}
        await self.fake.ring("updated-message", message)

    async def forge(self, text: str) -> int:
        body = {"type": "new-message", "data": {"guid": "F", "text": text}}
        async with self.fake.http.post(
            f"{self._base_url}/channels/imessage/events?secret=guessed", json=body
        ) as answer:
            return answer.status

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        def there() -> list[Seen]:
            chat = GROUP if room is Room.GROUP else DIRECT
            return [
                self._seen(each) for each in self.fake.messages if each["isFromMe"] and each["chats"][0]["guid"] == chat
            ]

        await self.fake.until(lambda: len(there()) >= count)
        return there()

    def _seen(self, message: Json) -> Seen:
        files = [
            SeenFile(name=each["transferName"], content=self.fake.files[each["guid"]][1])
            for each in message["attachments"]
        ]
        return Seen(
            id=message["guid"],
            text=str(message["text"] or "").replace("\ufffc", ""),
            files=tuple(files),
            answers=message["threadOriginatorGuid"] or "",
        )

    async def told(self, person: Person) -> list[str]:
        chat = DIRECT if person == self.alice else DIRECT_BOB
        return [
            str(each["text"]) for each in self.fake.messages if each["isFromMe"] and each["chats"][0]["guid"] == chat
        ]

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.fake.faults.extend([_FAULTS[fault]] * times)

    def refuse(self, deed: Deed) -> str:
        self.fake.refuses_files = True
        return ""

    def allow(self) -> None:
        self.fake.refuses_files = False

    async def revoke(self) -> None:
        self.fake.password = "another"

    @property
    def calls(self) -> int:
        return self.fake.calls

    async def open_thread(self) -> str:
        raise AssertionError("iMessage has no threads")

    async def say_again(self) -> None:
        raise AssertionError("what is read is read once")

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        raise AssertionError("nobody is known to be a bot")

    async def cut(self, how: Cut) -> None:
        raise AssertionError("there is no connection")

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        raise AssertionError("there are no buttons")


def driver() -> Driver:
    """A fresh server, to which Alice, Bob and a group have written before."""
    return Driver()
