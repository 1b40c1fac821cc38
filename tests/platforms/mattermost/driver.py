"""Plays the people of the fake server for the channel suite."""

import re
from collections.abc import Mapping
from typing import Any

from channels.base import Deed
from channels.messages import FileKind
from tests.contract.drivers import Cut, Fault, Person, Power, Room, Seen, SeenFile
from tests.platforms.lines import cut
from tests.platforms.markdown import shown
from tests.platforms.mattermost.server import ALICE, BOB, BOT, DIRECT, GROUP, NAMES, TOKEN, FakeMattermost, Json

_FAULTS = {Fault.DROPPED: 0, Fault.RATE_LIMITED: 429, Fault.SERVER_ERROR: 500}
NONSENSE = '{"event": "posted", "data": {"post": 7}}'
_MEDIA = {FileKind.VOICE: ("hello.ogg", "audio/ogg"), FileKind.IMAGE: ("dot.png", "image/png")}
_CODE = re.compile(r"^(`{3,}).*?^\1`*$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_PING = re.compile(r"(?<![\w.])@\w+")


class Driver:
    """A `PlatformDriver`. In private people answer without a thread, so an answer of ours quotes nothing there."""

    modes = ("socket",)
    group_name = "ops"
    mode = "socket"
    lacks = frozenset({Power.ANSWERS, Power.REDELIVERY})
    alice = Person(id=ALICE, name="alice")
    bob = Person(id=BOB, name="bob")
    rate_limit_seconds = 7.0
    refusal = "Invalid or expired session"

    def __init__(self) -> None:
        self.fake = FakeMattermost()
        self._base_url = ""
        self._last: Json = {}

    async def start(self) -> None:
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()

    def reached_at(self, base_url: str) -> None:
        self._base_url = base_url

    def options(self, mode: str) -> Mapping[str, Any]:
        return {"url": self.fake.base, "token": TOKEN}

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {"url": self.fake.base, "token": "guessed"}

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
        await self._somebody_listens()
        words = f"@{NAMES[BOT]} {text}" if mention else text
        self._last = await self.fake.say(_room(room), by.id if by else ALICE, words, answers or thread)
        return str(self._last["id"])

    async def _somebody_listens(self) -> None:
        """Before the first connection of all, there is no history that would be asked for."""
        await self.fake.until(lambda: self.fake.connection is not None)

    async def open_thread(self) -> str:
        return str((await self.fake.say(GROUP, BOB, "let us talk about this"))["id"])

    async def say_again(self) -> None:
        await self.fake.tell("posted", self._last)

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        await self._somebody_listens()
        info = self.fake.put_file(name, media_type, content)
        post = await self.fake.say(DIRECT, ALICE, text, metadata={"files": [info]}, file_ids=[info["id"]])
        return str(post["id"])

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        name, media_type = _MEDIA[kind]
        return await self.send_file(name, content, media_type)

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        await self._somebody_listens()
        await self.fake.say(DIRECT, BOT if mine else "uother", text, props={} if mine else {"from_bot": "true"})

    async def edit(self, message_id: str, text: str) -> None:
        now = self.fake.moment()
        self.fake.posts[message_id] |= {"message": text, "edit_at": now, "update_at": now}
        await self.fake.tell("post_edited", self.fake.posts[message_id])

    async def edit_again(self, message_id: str) -> None:
        await self.fake.tell("post_edited", self.fake.posts[message_id])

    async def touch(self, message_id: str) -> None:
        self.fake.posts[message_id] |= {"is_pinned": True, "update_at": self.fake.moment()}
        await self.fake.tell("post_edited", self.fake.posts[message_id])

    async def remove(self, message_id: str) -> None:
        self.fake.posts[message_id]["delete_at"] = self.fake.moment()
        await self.fake.tell("post_deleted", self.fake.posts[message_id])

    @property
    def cuts(self) -> frozenset[Cut]:
        return frozenset(Cut) - {Cut.EXPIRED}

    async def cut(self, how: Cut) -> None:
        connection = self.fake.connection
        assert connection is not None
        if how is Cut.REVOKED:
            self.fake.token = "another"
        if how is Cut.REFUSED:
            self.fake.handshakes_refused = 2
        await cut(connection, how, ["{not json", NONSENSE])

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        assert await self.fake.press(message_id, label, by.id if by else ALICE) == 200

    async def forge(self, text: str) -> int:
        body = {"user_id": ALICE, "channel_id": DIRECT, "post_id": "p", "context": {"card": "x" * 16, "choice": "a"}}
        async with self.fake.http.post(f"{self._base_url}/channels/mattermost/actions", json=body) as answer:
            return answer.status

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        def there() -> list[Seen]:
            return [
                _seen(post, self.fake)
                for post in self.fake.posts.values()
                if post["user_id"] == BOT and post["channel_id"] == _room(room)
            ]

        await self.fake.until(lambda: len(there()) >= count)
        return there()

    async def told(self, person: Person) -> list[str]:
        def all_told() -> list[str]:
            own = DIRECT if person.id == ALICE else f"cdirect{person.id}"
            alone = [shown(text).text for user, text in self.fake.whispered if user == person.id]
            return alone + [post["message"] for post in self.fake.posts.values() if post["channel_id"] == own]

        await self.fake.until(lambda: bool(all_told()))
        return all_told()

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FETCH, Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        self.fake.denied.add("POST" if deed is Deed.FILES else "GET")
        return "api.context.permissions.app_error"

    def allow(self) -> None:
        self.fake.denied.clear()

    async def revoke(self) -> None:
        self.fake.token = "another"

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.fake.faults.extend([_FAULTS[fault]] * times)

    @property
    def calls(self) -> int:
        return self.fake.calls

    @property
    def acknowledged(self) -> int:
        return 0


def driver() -> Driver:
    """A fresh server with nobody on it but Alice, Bob and the bot."""
    return Driver()


def _room(room: Room) -> str:
    return GROUP if room is Room.GROUP else DIRECT


def _seen(post: Json, fake: FakeMattermost) -> Seen:
    attachments = post["props"].get("attachments", [])
    words = "\n".join([post["message"], *(each["text"] for each in attachments)]).strip()
    looked = shown(words)
    infos = post.get("metadata", {}).get("files", [])
    return Seen(
        id=post["id"],
        text=looked.text,
        bold=tuple(looked.bold),
        code=tuple(looked.code),
        links=tuple(looked.links),
        pings=tuple(found[0] for found in _PING.finditer(_CODE.sub("", words))),
        buttons=tuple(action["name"] for each in attachments for action in each.get("actions", [])),
        files=tuple(SeenFile(name=info["name"], content=fake.files[info["id"]][1]) for info in infos),
        answers=post["root_id"],
        thread=post["root_id"],
    )
