"""The fake Slack as the channel suite drives it."""

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from typing import Any

from channels.base import Deed
from channels.messages import FileKind
from tests.contract.drivers import Cut, Fault, Person, PlatformDriver, Power, Room, Seen, SeenFile
from tests.contract.kinds import Content
from tests.platforms.slack import eyes
from tests.platforms.slack.contents import CONTENTS
from tests.platforms.slack.rules import SlackError
from tests.platforms.slack.server import APP_TOKEN, BOT_TOKEN, SECRET, FakeSlack, too_many
from tests.platforms.slack.workspace import BOT, BOT_ID, GROUP, TEAM, Message

CHANNEL = "slack"
MOODS: dict[Fault, SlackError | str] = {
    Fault.DROPPED: "drop",
    Fault.RATE_LIMITED: too_many(7),
    Fault.SERVER_ERROR: "500",
}

MEDIA = {
    FileKind.IMAGE: ("dot.png", "image/png", ""),
    FileKind.VOICE: ("audio_message.m4a", "audio/mp4", "slack_audio"),
}


class SlackDriver:
    """Alice and Bob in the bot's workspace, each with a private room, and the group they share."""

    contents = CONTENTS

    def __init__(self) -> None:
        self.mode = "socket"
        self.slack = FakeSlack()
        self.slack.mentions_twice = False  # that two events are one is told in tests/unit/slack/test_slack_hearing.py

    @property
    def modes(self) -> tuple[str, ...]:
        return ("socket", "http")

    @property
    def lacks(self) -> frozenset[Power]:
        no_door = Power.WEBHOOK if self.mode == "socket" else Power.LINE
        return frozenset({Power.ANSWERS, Power.QUOTES, Power.REPLIES, no_door})

    @property
    def alice(self) -> Person:
        return Person(id=f"{TEAM}:U0ALICE", name="Alice")

    @property
    def bob(self) -> Person:
        return Person(id=f"{TEAM}:U0BOB", name="Bob")

    platform_language = "en-US"

    @property
    def rate_limit_seconds(self) -> float:
        return 7

    @property
    def refusal(self) -> str:
        return "invalid_auth"

    async def start(self) -> None:
        await self.slack.start()

    async def stop(self) -> None:
        await self.slack.stop()

    def reached_at(self, base_url: str) -> None:
        self.slack.requests.url = f"{base_url}/channels/{CHANNEL}/events"

    def options(self, mode: str) -> Mapping[str, Any]:
        self.slack.over_http = mode == "http"
        right = {"app_token": APP_TOKEN} if mode == "socket" else {"signing_secret": SECRET}
        return {"mode": mode, "bot_token": BOT_TOKEN, "api_url": f"{self.slack.base}/api/", "ping_seconds": 1, **right}

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "bot_token": "xoxb-1-wrong"}

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
        typed = f"<@{BOT}> {_typed(text)}" if mention else _typed(text)
        return self.slack.say(typed, user=_user(by or self.alice), room=self._room(room, by), thread=thread or answers)

    async def open_thread(self) -> str:
        return self.slack.say("a thread begins", room=GROUP, told=False)

    async def say_again(self) -> None:
        assert self.slack.last
        self.slack.tell(*self.slack.last)

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        return self.slack.say(_typed(text), files=(self.slack.store(name, content, media_type),))

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        name, media_type, subtype = MEDIA[kind]
        return self.slack.say("", files=(self.slack.store(name, content, media_type, subtype),))

    async def send_content(self, content: Content) -> None:
        room, ts = self.slack.workspace.direct("U0ALICE"), self.slack.workspace.ts()
        event = {"type": "message", "channel": room, "channel_type": "im", "user": "U0ALICE", "team": TEAM, "text": ""}
        self.slack.tell("events_api", self.slack.callback({**event, "ts": ts, "event_ts": ts, **content.payload}))

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        self.slack.say_as_bot(text, BOT_ID if mine else "B0OTHER")

    async def edit(self, message_id: str, text: str) -> None:
        self.slack.edit(message_id, text)

    async def edit_again(self, message_id: str) -> None:
        await self.say_again()

    async def touch(self, message_id: str) -> None:
        self.slack.preview(message_id)

    async def remove(self, message_id: str) -> None:
        self.slack.remove(message_id)

    @property
    def cuts(self) -> frozenset[Cut]:
        return frozenset() if self.mode == "http" else frozenset(Cut)

    async def cut(self, how: Cut) -> None:
        sockets = self.slack.sockets
        match how:
            case Cut.ABRUPT:
                sockets.hang_up()
            case Cut.DEAF:
                sockets.deafen()
            case Cut.MALFORMED:
                await sockets.send_nonsense()
            case Cut.EXPIRED:
                sockets.refuse_tickets = 1
                await sockets.close()
            case Cut.REFUSED:
                sockets.refuse_handshakes = 2
                await sockets.close()
            case Cut.REVOKED:
                self.slack.revoked = True
                await sockets.close()
            case Cut.CLEAN:
                await sockets.say_goodbye()
                await sockets.close()

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        self.slack.press(message_id, label, user=_user(by or self.alice))

    async def press_and_say(self, message_id: str, label: str, reason: str | None) -> None:
        workspace, opened = self.slack.workspace, len(self.slack.called("views.open"))
        self.slack.press(message_id, label)
        await self.slack.until_sees(lambda: len(self.slack.called("views.open")) > opened)
        if reason is not None and "U0ALICE" in workspace.forms:
            self.slack.submit(reason)

    def open_no_forms(self) -> None:
        self.slack.workspace.opens_forms = False

    async def forge(self, text: str) -> int:
        body = json.dumps(
            self.slack.callback({"type": "message", "channel": "D0ALICE", "user": "U0ALICE", "text": text})
        )
        return await self.slack.requests.post(body, "application/json", at=str(int(time.time())), signature="v0=00")

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        place = self._room(room, None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5), self.slack.changed:
                await self.slack.changed.wait_for(lambda: len(self.slack.workspace.said_by_bot(place)) >= count)
        found = [self._seen(message, sight) for message, sight in self.slack.seen(place)]
        assert len(found) >= count, f"{len(found)} messages instead of {count}"
        return found

    async def told(self, person: Person) -> list[str]:
        user = _user(person)
        direct = [sight.text for _, sight in self.slack.seen(self.slack.workspace.direct(user))]
        return self.slack.whispered(user) + direct

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FETCH, Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        scope = "files:write" if deed is Deed.FILES else "files:read"
        self.slack.denied.add(scope)
        return f"missing_scope {scope}"

    def allow(self) -> None:
        self.slack.denied.clear()

    async def revoke(self) -> None:
        self.slack.revoked = True

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.slack.faults.extend([MOODS[fault]] * times)

    @property
    def calls(self) -> int:
        return self.slack.noticed

    @property
    def acknowledged(self) -> int:
        return self.slack.acknowledged

    def _room(self, room: Room, by: Person | None) -> str:
        return GROUP if room is Room.GROUP else self.slack.workspace.direct(_user(by or self.alice))

    def _seen(self, message: Message, sight: eyes.Sight) -> Seen:
        files = [self.slack.workspace.files[file] for file in message.files]
        return Seen(
            id=message.ts,
            text=sight.text,
            bold=tuple(sight.bold),
            code=tuple(sight.code),
            links=tuple(sight.links),
            pings=tuple(sight.pings),
            buttons=tuple(sight.buttons),
            files=tuple(SeenFile(name=f.name, content=f.content, presented_as=_kind(f.name)) for f in files),
            thread=message.thread_ts,
        )


def _kind(name: str) -> FileKind:
    """Slack shows a file as its name promises."""
    return FileKind.IMAGE if name.endswith((".png", ".jpg", ".gif")) else FileKind.DOCUMENT


def _typed(text: str) -> str:
    """As Slack passes on what a person typed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _user(person: Person) -> str:
    return person.id.rpartition(":")[2]


def driver() -> PlatformDriver:
    """A fresh workspace."""
    return SlackDriver()
