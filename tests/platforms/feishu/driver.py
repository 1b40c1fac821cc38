"""Plays the people of the fake platform for the channel suite."""

import contextlib
from collections.abc import Mapping
from typing import Any

from channels.base import Deed
from channels.messages import FileKind
from channels.shared.sound import Codec
from tests.contract.drivers import Cut, Fault, Person, Power, Room, Seen, SeenFile
from tests.platforms.feishu import eyes
from tests.platforms.feishu.server import DROP, ENCRYPT, SECRET, TROUBLE, FakeFeishu, too_many
from tests.platforms.feishu.town import ALICE, APP, BOB, BOT, GROUP, VERIFICATION, Message

MOODS = {Fault.DROPPED: DROP, Fault.RATE_LIMITED: too_many(7), Fault.SERVER_ERROR: TROUBLE}


class Driver:
    """A `PlatformDriver`: Alice and Bob of the bot's company."""

    modes = ("socket", "webhook")
    alice = Person(id=ALICE, name="Alice")
    bob = Person(id=BOB, name="Bob")
    refusal = "app secret invalid"
    rate_limit_seconds = 7.0
    # FILES: a file comes without words beside it and without its size; tests/unit/feishu asks for the rest of it.
    # HISTORY: what was not taken is sent again instead.
    plays = frozenset({Codec.OPUS})

    def __init__(self) -> None:
        self.fake = FakeFeishu()
        self.mode = "socket"
        self._base_url = ""
        self._last: dict[str, Any] = {}

    @property
    def lacks(self) -> frozenset[Power]:
        no_door = Power.WEBHOOK if self.mode == "socket" else Power.LINE
        return frozenset({Power.CORRECTIONS, Power.FILES, Power.HISTORY, Power.LIVE_BUTTON, no_door})

    async def start(self) -> None:
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()

    def reached_at(self, base_url: str) -> None:
        self.fake.requests.url = f"{base_url}/channels/feishu/events"

    def options(self, mode: str) -> Mapping[str, Any]:
        self.fake.over_http = mode == "webhook"
        given = {"app_id": APP, "app_secret": SECRET, "mode": mode, "domain": self.fake.base}
        return given | ({"encrypt_key": ENCRYPT, "verification_token": VERIFICATION} if mode == "webhook" else {})

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "app_secret": "somebody-else"}

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
        words = {"text": f"@_user_1 {text}" if mention else text}
        mentions = [{"key": "@_user_1", "id": {"open_id": BOT}, "name": "nexora", "tenant_key": "t"}] if mention else []
        person = (by or self.alice).id
        message = self.fake.town.say(
            person, self._room(room, person), "text", words, parent=answers or thread, in_thread=bool(thread)
        )
        return self._tell(message, mentions)

    def _tell(self, message: Message, mentions: list[dict[str, Any]] | None = None) -> str:
        self._last = self.fake.town.heard(message, mentions or [])
        self.fake.tell(self._last, "messages")
        return message.id

    async def open_thread(self) -> str:
        return self.fake.town.say(ALICE, GROUP, "text", {"text": "a topic begins"}).id

    async def say_again(self) -> None:
        self.fake.tell(self._last, "messages")

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        del media_type, text
        return self._send("file", {"file_key": "file_v3_1", "file_name": name}, "file", content)

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        if kind is FileKind.IMAGE:
            return self._send("image", {"image_key": "img_v3_1"}, "image", content)
        return self._send("audio", {"file_key": "file_v3_2", "duration": 2000}, "file", content)

    def _send(self, kind: str, given: dict[str, Any], store: str, content: bytes) -> str:
        message = self.fake.town.say(ALICE, self.fake.town.direct(ALICE), kind, given)
        self.fake.town.resources[message.id, next(iter(given.values())), store] = content
        return self._tell(message)

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        message = self.fake.town.say(BOT if mine else "ou_an0therb0t", GROUP, "text", {"text": text})
        self.fake.tell(self.fake.town.heard(message, [], sender_type="app"))

    async def edit(self, message_id: str, text: str) -> None:
        self.fake.town.messages[message_id].content = {"text": text}
        self.fake.tell(self.fake.town.event("im.message.updated_v1", {"message_id": message_id}))

    async def remove(self, message_id: str) -> None:
        self.fake.town.messages[message_id].is_gone = True
        event = {"message_id": message_id, "recall_type": "message_owner"}
        self.fake.tell(self.fake.town.event("im.message.recalled_v1", event))

    @property
    def cuts(self) -> frozenset[Cut]:
        return frozenset() if self.mode == "webhook" else frozenset(Cut)

    async def cut(self, how: Cut) -> None:
        sockets = self.fake.sockets
        [connection] = sockets.live
        match how:
            case Cut.ABRUPT:
                connection.transport.abort()
            case Cut.DEAF:
                connection.is_deaf = True
            case Cut.MALFORMED:
                await connection.socket.send_bytes(b"\xff\xfe no frame")
                await connection.socket.send_str("{}")
                await sockets.push({"header": {"app_id": APP, "event_type": "im.message.receive_v1"}, "event": 7})
            case Cut.EXPIRED:
                sockets.tickets.clear()
                self.fake.tokens.clear()
                await connection.socket.close()
            case Cut.REFUSED:
                sockets.refuse_handshakes = 2
                await connection.socket.close()
            case Cut.REVOKED:
                self.fake.secret = "another"
                self.fake.tokens.clear()
                await connection.socket.close()
            case Cut.CLEAN:
                await connection.socket.close()

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        person = (by or self.alice).id
        event = self.fake.town.pressed(self.fake.town.messages[message_id], label, person)
        self.fake.tell(event, "presses", again=False, presser=person)

    async def forge(self, text: str) -> int:
        message = self.fake.town.say(ALICE, GROUP, "text", {"text": text})
        body = self.fake.requests.lock(self.fake.town.heard(message, []))
        status, _ = await self.fake.requests.post(
            body, {**self.fake.requests.signed(body), "X-Lark-Signature": "0" * 64}
        )
        return status

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        place = self._room(room, ALICE)
        with contextlib.suppress(TimeoutError):
            await self.fake.until(lambda: len(self.fake.town.said_by_bot(place)) >= count)
        found = [self.seen(message) for message in self.fake.town.said_by_bot(place)]
        assert len(found) >= count, f"{len(found)} messages instead of {count}"
        return found

    def shown_to(self, person: Person) -> list[Seen]:
        shown = (
            toast for toast in self.fake.toasts[person.id] if "i18n" not in toast
        )  # others are in the app's language
        toasts = [Seen(id="", text=toast["content"]) for toast in shown]
        return [*toasts, *map(self.seen, self.fake.town.said_by_bot(self.fake.town.direct(person.id)))]

    async def told(self, person: Person) -> list[str]:
        room = self.fake.town.direct(person.id)
        with contextlib.suppress(TimeoutError):
            await self.fake.until(lambda: self.fake.toasts[person.id] or self.fake.town.said_by_bot(room))
        direct = [self.seen(message).text for message in self.fake.town.said_by_bot(room)]
        return [toast["content"] for toast in self.fake.toasts[person.id]] + direct

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FETCH, Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        scope = "im:resource:upload" if deed is Deed.FILES else "im:resource"
        self.fake.ungranted.add(scope)
        return f"99991672 {scope}"

    def allow(self) -> None:
        self.fake.ungranted -= {"im:resource:upload", "im:resource"}

    async def revoke(self) -> None:
        self.fake.secret = "another"
        self.fake.tokens.clear()

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.fake.faults.extend([MOODS[fault]] * times)

    @property
    def calls(self) -> int:
        return self.fake.noticed

    @property
    def acknowledged(self) -> int:
        return self.fake.confirmed["messages"]

    def _room(self, room: Room, person: str) -> str:
        return GROUP if room is Room.GROUP else self.fake.town.direct(person)

    def seen(self, message: Message) -> Seen:
        if message.kind != "interactive":
            name, content = self.fake.town.uploads[next(iter(message.content.values()))]
            kinds = {"image": FileKind.IMAGE, "audio": FileKind.VOICE}
            file = SeenFile(name=name, content=content, presented_as=kinds.get(message.kind, FileKind.DOCUMENT))
            thread = message.root if message.thread else ""
            return Seen(id=message.id, text="", files=(file,), answers=message.parent, thread=thread)
        sight = eyes.look(self.fake.town.shown(message))
        return Seen(
            id=message.id,
            text=sight.text,
            bold=tuple(sight.bold),
            code=tuple(sight.code),
            links=tuple(sight.links),
            pings=tuple(sight.pings),
            buttons=tuple(sight.buttons),
            answers=message.parent,
            thread=message.root if message.thread else "",
        )


def driver() -> Driver:
    """A fresh company."""
    return Driver()
