"""Plays the people of the fake platform for the channel suite."""

import asyncio
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp

from channels.base import Deed
from channels.messages import FileKind
from channels.shared.sound import Codec
from tests.contract.drivers import Cut, Fault, Person, Power, Room, Seen
from tests.platforms.lines import cut
from tests.platforms.qq.eyes import seen
from tests.platforms.qq.server import APP_ID, SECRET, FakeQQ, Json

ALICE, BOB, GROUP = "E4F4AEA33253A2797FB897C50B81D7ED", "B0B4AEA33253A2797FB897C50B81D7ED", "C9F778FE6ADF9D1D"
_CODES = {Fault.DROPPED: 0, Fault.RATE_LIMITED: 429, Fault.SERVER_ERROR: 500}
NONSENSE = '{"op": 0, "t": "C2C_MESSAGE_CREATE", "d": {"id": 7}}'
_MEDIA = {FileKind.VOICE: ("voice", "hello.amr"), FileKind.IMAGE: ("image/png", "dot.png")}


class Driver:
    """A `PlatformDriver`. In a group people have other ids than in private, where Bob is `bob_in_private`."""

    modes = ("socket", "webhook")
    alice = Person(id=ALICE, name="Alice")
    bob = Person(id=f"member:M{BOB}", name="Bob")
    alice_in_group = Person(id=f"member:M{ALICE}", name="Alice")
    bob_in_private = Person(id=BOB, name="Bob")
    rate_limit_seconds = 7.0
    refusal = "invalid appid or secret"
    plays = frozenset({Codec.SILK})

    def __init__(self) -> None:
        self.fake = FakeQQ()
        self._base_url = ""
        self.mode = "socket"
        self._numbers = itertools.count(1)
        self._last: Json = {}

    @property
    def lacks(self) -> frozenset[Power]:
        return frozenset(
            {
                *(Power.ANSWERS, Power.BOTS, Power.EDITS, Power.HISTORY, Power.PRIVATE, Power.QUOTES, Power.REWRITES),
                *(Power.LIVE_BUTTON, Power.REPLIES, Power.SAME_PERSON, Power.STREAMS, Power.TABLES, Power.THREADS),
                Power.WEBHOOK if self.mode == "socket" else Power.LINE,
            }
        )

    async def start(self) -> None:
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()

    def reached_at(self, base_url: str) -> None:
        self._base_url = base_url

    def options(self, mode: str) -> Mapping[str, Any]:
        self.fake.webhook = f"{self._base_url}/channels/qq/events" if mode == "webhook" else ""
        base = self.fake.base
        return {"app_id": APP_ID, "secret": SECRET, "mode": mode, "api_url": base, "token_url": base}

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "secret": "somebody-else"}

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
            return f"ROBOT1.0_unheard{next(self._numbers)}"  # the platform tells a bot only of what calls it
        return await self._event(room, by, f" {text}" if room is Room.GROUP else text, [])

    async def _event(self, room: Room, by: Person | None, text: str, attachments: list[Json]) -> str:
        await self._somebody_listens()
        message_id = f"ROBOT1.0_in{next(self._numbers)}"
        data: Json = {
            "id": message_id,
            "content": text,
            "timestamp": _now(),
            "attachments": attachments,
        }
        if room is Room.GROUP:
            data |= {"author": {"id": "M", "member_openid": _member(by)}, "group_openid": GROUP}
            self._last = self.fake.push("GROUP_AT_MESSAGE_CREATE", data, scene="groups", opening=message_id)
        else:
            data["author"] = {"id": _private(by), "user_openid": _private(by)}
            self._last = self.fake.push("C2C_MESSAGE_CREATE", data, scene="users", opening=message_id)
        return message_id

    async def _somebody_listens(self) -> None:
        """A session that may come back is told later; without any, the platform would keep nothing."""
        if self.mode == "socket":
            await self.fake.until(lambda: self.fake.session and self.fake.connection is not None)
            if self._is_lost():
                await self.fake.until(lambda: not self._is_lost())

    def _is_lost(self) -> bool:
        connection = self.fake.connection
        return self._expired and (connection is None or not connection.is_in or connection.socket.closed)

    _expired = True

    async def open_thread(self) -> str:
        raise NotImplementedError

    async def say_again(self) -> None:
        self.fake.repeat(self._last)

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        self.fake.files[name] = content
        url = f"{self.fake.base}/files/{name}"
        given = {"content_type": media_type, "filename": name, "size": len(content), "url": url}
        return await self._event(Room.DIRECT, None, text, [given])

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        media_type, name = _MEDIA[kind]
        return await self.send_file(name, content, media_type)

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        raise NotImplementedError

    async def edit(self, message_id: str, text: str) -> None:
        raise NotImplementedError

    async def remove(self, message_id: str) -> None:
        raise NotImplementedError

    @property
    def cuts(self) -> frozenset[Cut]:
        return frozenset(Cut) if self.mode == "socket" else frozenset()

    async def cut(self, how: Cut) -> None:
        connection = self.fake.connection
        assert connection is not None
        self._expired = how in {Cut.EXPIRED, Cut.REVOKED}
        code = 1000
        match how:
            case Cut.EXPIRED:
                self.fake.session += 1
                code = 4009
            case Cut.REFUSED:
                self.fake.handshakes_refused = 2
            case Cut.REVOKED:
                self.fake.secret = "another"
                code = 4004
        await cut(connection, how, ['{"op": 0, "t": ', NONSENSE], code=code)

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        said = next(each for each in self.fake.said if each.id == message_id)
        rows = said.body["keyboard"]["content"]["rows"]
        data = {button["render_data"]["label"]: button["action"]["data"] for row in rows for button in row["buttons"]}[
            label
        ]
        interaction = f"interaction-{next(self._numbers)}"
        event: Json = {
            "id": interaction,
            "type": 11,
            "timestamp": _now(),
            "data": {"type": 11, "resolved": {"button_data": data, "button_id": "x"}},
        }
        if room is Room.GROUP:
            event |= {"scene": "group", "group_openid": GROUP, "group_member_openid": _member(by)}
        else:
            event |= {"scene": "c2c", "user_openid": _private(by)}
        scene = "groups" if room is Room.GROUP else "users"
        self.fake.push("INTERACTION_CREATE", event, scene=scene, opening=interaction)

    async def forge(self, text: str) -> int:
        event = {"op": 0, "s": 1, "t": "C2C_MESSAGE_CREATE", "d": {"id": "1", "content": text}, "id": "x"}
        headers = {"X-Signature-Ed25519": "00" * 64, "X-Signature-Timestamp": str(int(datetime.now(UTC).timestamp()))}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.fake.webhook, json=event, headers=headers) as answer,
        ):
            return answer.status

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        path = GROUP if room is Room.GROUP else ALICE

        await self.fake.until(lambda: len(self._in(path)) >= count)
        return self._in(path)

    def shown_to(self, person: Person) -> list[Seen]:
        return self._in(person.id)

    def _in(self, path: str) -> list[Seen]:
        return [seen(said) for said in self.fake.said if said.path == path]

    async def told(self, person: Person) -> list[str]:
        await asyncio.sleep(0)
        return [each.text for each in await self.hear() if person.id == ALICE]

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        self.fake.lets_upload = False
        return "check app privilege not pass (11253)"

    def allow(self) -> None:
        self.fake.lets_upload = True

    async def revoke(self) -> None:
        self.fake.secret = "another"

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.fake.fail(_CODES[fault], times, retry_after=7)

    @property
    def calls(self) -> int:
        return self.fake.calls["messages"]

    @property
    def acknowledged(self) -> int:
        return self.fake.confirmed


def driver() -> Driver:
    """A fresh platform with nobody on it but Alice, Bob and the bot."""
    return Driver()


def _member(person: Person | None) -> str:
    return f"M{BOB}" if person is not None and person.id.endswith(BOB) else f"M{ALICE}"


def _private(person: Person | None) -> str:
    return BOB if person is not None and person.id.endswith(BOB) else ALICE


def _now() -> str:
    return datetime.now(UTC).isoformat()
