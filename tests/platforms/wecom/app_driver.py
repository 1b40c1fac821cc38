"""Plays the people of the fake platform who talk to a self-built app. A card and the words before it are one thing."""

import itertools
import re
import time
from collections.abc import Mapping
from typing import Any

from channels.base import Deed
from channels.messages import FileKind
from channels.shared.sound import Codec
from tests.contract.drivers import Cut, Fault, Person, Power, Room, Seen
from tests.platforms.markdown import JOINER
from tests.platforms.wecom.app import (
    AES_KEY,
    AGENT_ID,
    APP_SECRET,
    CORP_ID,
    TOKEN,
    FakeApp,
    Json,
    Shown,
    seal,
    signed,
    xml,
)

_FAULTS = {Fault.DROPPED: "dropped", Fault.RATE_LIMITED: "rate", Fault.SERVER_ERROR: "busy"}
_MEDIA = {FileKind.VOICE: ("voice", "voice.amr"), FileKind.IMAGE: ("image", "image.jpg")}
_CODE_LINE = re.compile(r"`([^`]+)`")
_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\[(?P<label>[^\]]*)\]\((?P<url>[a-z]+:[^\s]*?)\)(?!\))"
)
_TAG = re.compile(r'<a\s+href="([^"]*)"')
_PING = re.compile(r"<@[^>]+>|@(?:all|everyone|所有人)")


class AppDriver:
    """A `PlatformDriver` for the mode `app`."""

    modes = ("socket", "app")
    mode = "app"
    alice = Person(id="alice", name="Alice")
    bob = Person(id="bob", name="Bob")
    refusal = "invalid credential"
    rate_limit_seconds = 10.0  # the platform names none
    # FILES asks for words beside a file and for its size, neither of which WeCom tells; files do go out.
    lacks = frozenset(
        {
            *(Power.ANSWERS, Power.BOTS, Power.EDITS, Power.FILES, Power.GROUPS, Power.HISTORY, Power.LINE),
            *(Power.LIVE_BUTTON, Power.QUOTES, Power.REPLIES, Power.STREAMS, Power.TABLES, Power.THREADS),
        }
    )

    plays = frozenset({Codec.AMR})

    def __init__(self) -> None:
        self.fake = FakeApp(people={"alice", "bob"})
        self._base_url = ""
        self._last: Json = {}
        self._numbers = itertools.count(7_000_000)

    async def start(self) -> None:
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()

    def reached_at(self, base_url: str) -> None:
        self.fake.url = f"{base_url}/channels/wecom/events"

    def options(self, mode: str) -> Mapping[str, Any]:
        return {
            "mode": mode,
            "corp_id": CORP_ID,
            "agent_id": AGENT_ID,
            "app_secret": APP_SECRET,
            "callback_token": TOKEN,
            "encoding_aes_key": AES_KEY,
            "api_url": self.fake.api_url,
        }

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "app_secret": "guessed"}

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
        del mention, answers, thread
        assert room is Room.DIRECT
        return self._message(by, {"MsgType": "text", "Content": text})

    def _message(self, by: Person | None, content: Json) -> str:
        msgid = str(next(self._numbers))
        sender = by.id if by else "alice"
        self._last = {"FromUserName": sender, "CreateTime": int(time.time()), **content, "MsgId": msgid}
        self.fake.tell(self._last)
        return msgid

    async def open_thread(self) -> str:
        raise NotImplementedError

    async def say_again(self) -> None:
        self.fake.tell(self._last)

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        media_id = self.fake.keep("file", name, content)
        return self._message(None, {"MsgType": "file", "MediaId": media_id, "FileName": name})

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        name, file_name = _MEDIA[kind]
        return self._message(None, {"MsgType": name, "MediaId": self.fake.keep(name, file_name, content)})

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        raise NotImplementedError

    async def edit(self, message_id: str, text: str) -> None:
        raise NotImplementedError

    async def remove(self, message_id: str) -> None:
        raise NotImplementedError

    @property
    def cuts(self) -> frozenset[Cut]:
        return frozenset()

    async def cut(self, how: Cut) -> None:
        raise NotImplementedError

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        shown = next(each for each in self.fake.shown if each.id == message_id)
        assert shown.card is not None
        key = {button["text"]: button["key"] for button in shown.card["button_list"]}[label]
        self._last = {
            "FromUserName": by.id if by else "alice",
            "CreateTime": int(time.time()),
            "MsgType": "event",
            "Event": "template_card_event",
            "EventKey": key,
            "TaskId": message_id,
            "CardType": "button_interaction",
            "ResponseCode": self.fake.code_for(message_id),
        }
        self.fake.tell(self._last)

    async def forge(self, text: str) -> int:
        locked = seal(xml({"FromUserName": "alice", "MsgType": "text", "Content": text, "MsgId": "1"}))
        status, _ = await self.fake.post(locked, signed(locked, token="guessed"))
        return status

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        assert room is Room.DIRECT
        await self.fake.until(lambda: len(self._shown_to("alice")) >= count)
        return self._shown_to("alice")

    def shown_to(self, person: Person) -> list[Seen]:
        return self._shown_to(person.id)

    async def told(self, person: Person) -> list[str]:
        await self.fake.until(lambda: bool(self._shown_to(person.id)))
        return [each.text for each in self._shown_to(person.id)]

    def _shown_to(self, person: str) -> list[Seen]:
        """What stands in that person's conversation."""
        merged: list[Seen] = []
        words: list[Shown] = []
        for shown in (each for each in self.fake.shown if each.person == person):
            if shown.kind == "text":
                words.append(shown)
            elif shown.card is not None:
                merged.append(_card(shown, shown.card, words))
                words = []
            else:
                merged += [*map(_look, words), _look(shown)]
                words = []
        return [*merged, *map(_look, words)]

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FETCH, Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        self.fake.forbidden.add("upload" if deed is Deed.FILES else "get")
        return "api forbidden (48002)"

    def allow(self) -> None:
        self.fake.forbidden.clear()

    async def revoke(self) -> None:
        self.fake.secret = "another"
        self.fake.expire()

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.fake.faults.extend([_FAULTS[fault]] * times)

    @property
    def calls(self) -> int:
        return self.fake.calls

    @property
    def acknowledged(self) -> int:
        return self.fake.acknowledged


def _card(shown: Shown, card: Json, words: list[Shown]) -> Seen:
    facts = [f"{fact['keyname']} {fact['value']}" for fact in card.get("horizontal_content_list", [])]
    quoted = [card["quote_area"]["quote_text"]] if "quote_area" in card else []
    before = [_look(each) for each in words]
    return Seen(
        id=shown.id,
        text="\n".join([*(each.text for each in before), card["main_title"]["title"], *facts, *quoted]),
        links=tuple(link for each in before for link in each.links),
        pings=tuple(ping for each in before for ping in each.pings),
        buttons=tuple(button["text"] for button in card.get("button_list", [])),
    )


def _look(shown: Shown) -> Seen:
    """Markdown is read as apps show it; of plain words only a tag of a link is live."""
    pings = tuple(_PING.findall(shown.text))
    if shown.kind != "markdown":
        files = (shown.file,) if shown.file else ()
        links = tuple(_TAG.findall(shown.text))
        return Seen(id=shown.id, text=shown.text.replace(JOINER, ""), links=links, pings=pings, files=files)
    code: list[str] = []
    marks: dict[str, list[str]] = {"code": code, "bold": [], "url": []}
    lines = []
    for is_code, run in itertools.groupby(shown.text.split("\n"), lambda line: bool(_CODE_LINE.fullmatch(line))):
        if is_code:
            block = "\n".join(
                line[1:-1].replace(JOINER, "").strip(" ") and line[1:-1].replace(JOINER, "") for line in run
            )
            code.append(block)
            lines.append(block)
        else:
            lines += [_INLINE.sub(lambda found: _span(found, marks), line).replace(JOINER, "") for line in run]
    return Seen(
        id=shown.id,
        text="\n".join(lines),
        bold=tuple(marks["bold"]),
        code=tuple(code),
        links=tuple(marks["url"]),
        pings=pings,
    )


def _span(found: re.Match[str], marks: dict[str, list[str]]) -> str:
    for kind, shown in (("code", "code"), ("bold", "bold"), ("url", "label")):
        if found[kind] is not None:
            marks[kind].append(found[kind])
            return str(found[shown])
    raise AssertionError(found)
