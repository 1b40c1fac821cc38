"""Plays the people of the fake platform for the channel suite."""

import itertools
import re
import time
from collections.abc import Mapping
from typing import Any

from channels.base import Deed
from channels.messages import FileKind
from channels.shared.sound import Codec
from tests.contract.drivers import Cut, Fault, Person, Power, Room, Seen
from tests.platforms.lines import cut
from tests.platforms.markdown import shown
from tests.platforms.wecom.server import BOT_ID, SECRET, FakeWeCom, Json, Shown

ALICE, BOB, GROUP = "alice", "bob", "CHAT1"
_FAULTS = {Fault.DROPPED: "dropped", Fault.RATE_LIMITED: "rate", Fault.SERVER_ERROR: "busy"}
NONSENSE = '{"cmd": "aibot_msg_callback", "headers": {"req_id": "x"}, "body": 7}'
_MEDIA = {FileKind.VOICE: "voice", FileKind.IMAGE: "image"}
_PING = re.compile(r"<@[^>]+>|@(?:all|everyone|所有人)")


class Driver:
    """A `PlatformDriver`. A card and the words before it are one thing to look at."""

    modes = ("socket", "app")
    mode = "socket"
    alice = Person(id=ALICE, name="Alice")
    bob = Person(id=BOB, name="Bob")
    refusal = "invalid bot_id or secret"
    rate_limit_seconds = 10.0  # the platform names none
    # FILES asks for words beside a file, its size and its type, none of which WeCom tells; files do go out.
    lacks = frozenset(
        {
            *(Power.ANSWERS, Power.BOTS, Power.EDITS, Power.FILES, Power.HISTORY, Power.NONCES, Power.QUOTES),
            *(Power.LIVE_BUTTON, Power.REDELIVERY, Power.REPLIES, Power.REVOKING, Power.REWRITES, Power.THREADS),
            Power.WEBHOOK,
        }
    )

    plays = frozenset({Codec.AMR})

    def __init__(self) -> None:
        self.fake = FakeWeCom(chats={ALICE, BOB, GROUP})
        self._numbers = itertools.count(1)
        self._last: tuple[str, Json] = ("", {})

    async def start(self) -> None:
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()

    def reached_at(self, base_url: str) -> None:
        """Nobody is called."""

    def options(self, mode: str) -> Mapping[str, Any]:
        return {"bot_id": BOT_ID, "secret": SECRET, "socket_url": f"ws://127.0.0.1:{self.fake.port}/ws"}

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "secret": "guessed"}

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
        del answers, thread
        if room is Room.GROUP and not mention:
            return f"unheard{next(self._numbers)}"  # the platform tells a bot only of what calls it
        content = f"@Nexora {text}" if room is Room.GROUP else text
        return await self._message(room, by, {"msgtype": "text", "text": {"content": content}})

    async def _message(self, room: Room, by: Person | None, content: Json) -> str:
        await self.fake.until(self._is_connected)
        number = next(self._numbers)
        sender = by.id if by else ALICE
        body: Json = {
            "msgid": f"m{number}",
            "aibotid": BOT_ID,
            "from": {"userid": sender},
            "create_time": int(time.time()),
            "chattype": "group" if room is Room.GROUP else "single",
            **content,
        }
        if room is Room.GROUP:
            body["chatid"] = GROUP
        self.fake.requests[f"req{number}"] = ("message", GROUP if room is Room.GROUP else sender, time.monotonic())
        self._last = (f"req{number}", body)
        await self.fake.call("aibot_msg_callback", *self._last)
        return f"m{number}"

    def _is_connected(self) -> bool:
        connection = self.fake.connection
        return connection is not None and connection.is_in

    async def open_thread(self) -> str:
        raise NotImplementedError

    async def say_again(self) -> None:
        await self.fake.call("aibot_msg_callback", *self._last)

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        given = {**self.fake.put_file(name, content), "filename": name}
        return await self._message(Room.DIRECT, None, {"msgtype": "file", "file": given})

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        name = _MEDIA[kind]
        return await self._message(Room.DIRECT, None, {"msgtype": name, name: self.fake.put_file(name, content)})

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        raise NotImplementedError

    async def edit(self, message_id: str, text: str) -> None:
        raise NotImplementedError

    async def remove(self, message_id: str) -> None:
        raise NotImplementedError

    @property
    def cuts(self) -> frozenset[Cut]:
        return frozenset(Cut) - {Cut.EXPIRED}

    async def cut(self, how: Cut) -> None:
        connection = self.fake.connection
        assert connection is not None
        if how is Cut.REVOKED:
            self.fake.secret = "another"
        if how is Cut.REFUSED:
            self.fake.handshakes_refused = 2
        await cut(connection, how, ["{not json", NONSENSE])

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        shown = next(each for each in self.fake.shown if each.id == message_id)
        assert shown.card is not None
        key = {button["text"]: button["key"] for button in shown.card["button_list"]}[label]
        number = next(self._numbers)
        event = {"card_type": "button_interaction", "event_key": key, "task_id": message_id}
        body: Json = {
            "msgid": f"m{number}",
            "aibotid": BOT_ID,
            "from": {"userid": by.id if by else ALICE},
            "create_time": int(time.time()),
            "chattype": "group" if room is Room.GROUP else "single",
            "msgtype": "event",
            "event": {"eventtype": "template_card_event", "template_card_event": event},
        }
        if room is Room.GROUP:
            body["chatid"] = GROUP
        self.fake.requests[f"req{number}"] = ("press", message_id, time.monotonic())
        await self.fake.call("aibot_event_callback", f"req{number}", body)

    async def forge(self, text: str) -> int:
        raise NotImplementedError

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        chat = GROUP if room is Room.GROUP else ALICE
        await self.fake.until(lambda: len(self._seen(chat)) >= count)
        return self._seen(chat)

    def _seen(self, chat: str) -> list[Seen]:
        there = [shown for shown in self.fake.shown if shown.chat == chat]
        merged: list[Seen] = []
        at = 0
        while at < len(there):
            card = there[at + 1] if at + 1 < len(there) and there[at + 1].card else None
            merged.append(_seen(there[at], card))
            at += 2 if card else 1
        return merged

    def shown_to(self, person: Person) -> list[Seen]:
        return self._seen(person.id)

    async def told(self, person: Person) -> list[str]:
        await self.fake.until(lambda: bool(self._seen(person.id)))
        return [each.text for each in self._seen(person.id)]

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        self.fake.refuses["aibot_upload_media_init"] = (48002, "api forbidden")
        return "api forbidden (48002)"

    def allow(self) -> None:
        self.fake.refuses.clear()

    async def revoke(self) -> None:
        raise NotImplementedError

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.fake.faults.extend([_FAULTS[fault]] * times)

    @property
    def calls(self) -> int:
        return self.fake.calls

    @property
    def acknowledged(self) -> int:
        return 0


def driver() -> Driver:
    """A fresh platform with nobody on it but Alice, Bob and the bot."""
    return Driver()


def _seen(words: Shown, card: Shown | None) -> Seen:
    looked = shown(words.text)
    text = looked.text
    buttons = card.card.get("button_list", []) if card is not None and card.card else []
    if card is not None and card.card and not buttons:
        text += f"\n{card.card['main_title']['title']}"
    return Seen(
        id=card.id if card is not None else words.id,
        text=text,
        bold=tuple(looked.bold),
        code=tuple(looked.code),
        links=tuple(looked.links),
        pings=tuple(found[0] for found in _PING.finditer(words.text)),
        buttons=tuple(button["text"] for button in buttons),
        files=(words.file,) if words.file else (),
    )
