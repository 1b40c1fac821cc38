"""Plays two people in front of the console for the channel suite: what they do and see goes through the real board.

There is no platform to fake. What is read is what a browser is sent: the page's own HTML, with the tags it came with.
"""

import asyncio
import itertools
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from channels.base import Deed, NotStored
from channels.console import event_id
from channels.messages import Account, Address, File, FileKind, Inbound, Part, Press, Ref, Text
from gateway.database.pool import connect
from gateway.queue.inbox import Bus
from gateway.queue.jobs import Patience
from gateway.queue.lanes import Lanes
from gateway.web.console.board import ConsoleBoard, KeptMessage
from gateway.web.console.drawing import Drawing
from gateway.web.http.uploads import UploadFolder
from governance.people.people import Person as Viewer
from governance.people.people import Role
from governance.record.transaction import Store, utc_now
from tests.contract.drivers import Fault, Person, Power, Room, Seen, SeenFile

VISIBLE = ("message", "replaced", "delta")


class CountingBoard(ConsoleBoard):
    """The board, counting what a person could notice."""

    calls = 0

    async def show(self, room: str, items: Any) -> None:
        self.calls += any(json.loads(item)["type"] in VISIBLE for item in items)
        await super().show(room, items)


class Driver:
    """A `PlatformDriver` that needs a database."""

    modes = ("pages",)
    mode = "pages"
    lacks = frozenset(Power) - {
        *(
            Power.ANSWERS,
            Power.BUTTONS,
            Power.FILES,
            Power.MARKUP,
            Power.NONCES,
            Power.REDELIVERY,
            Power.REPEATS,
            Power.REWRITES,
        ),
        *(Power.STREAMS, Power.UPLOADS),
    }
    alice = Person(id=str(UUID(int=1)), name="Alice")
    bob = Person(id=str(UUID(int=2)), name="Bob")
    rate_limit_seconds = 0.0
    refusal = ""

    def __init__(self) -> None:
        self._room = uuid4().hex
        self._numbers = itertools.count(1)
        self._last: Inbound | None = None
        self.acknowledged = 0

    async def keep_in(self, dsn: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nexora-console-")
        self._pool = await connect(dsn)
        store = Store(self._pool)
        self._bus = Bus(Lanes(store, "nexora_inbox", "event_id", "test", Patience()), lane_cap=200, listen_dsn=dsn)
        self.board = CountingBoard(store, self._bus, UploadFolder(Path(self._folder.name)))

    async def start(self) -> None:
        """Nothing of its own to start."""

    async def stop(self) -> None:
        await self._bus.flush()
        await self._pool.close()
        self._folder.cleanup()

    def reached_at(self, base_url: str) -> None:
        """The console has no door below /channels/."""

    def options(self, mode: str) -> Mapping[str, Any]:
        return {}

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {}

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
        return await self._say((Text(text=text),))

    async def _say(self, parts: tuple[Part, ...]) -> str:
        event = event_id(self._room, f"client-{next(self._numbers)}")
        self._last = self._inbound(event, parts=parts, message=Ref(address=self._address, id=event))
        await self.say_again()
        return event

    async def say_again(self) -> None:
        """As the page does: until it is told that the words were taken."""
        assert self._last is not None
        async with asyncio.timeout(5):
            while True:
                try:
                    await self.board.say(self._last)
                except NotStored:
                    await asyncio.sleep(0.01)
                else:
                    break
        self.acknowledged += 1

    async def open_thread(self) -> str:
        raise NotImplementedError

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        number, _ = await self.board.uploads.add(self.alice.id, name, media_type, _once(content))
        file = await self.board.uploads.find(self.alice.id, number)
        assert file is not None
        return await self._say((Text(text=text), file))

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        [page] = [_read(self._html(kept)) for kept in await self._history() if kept.item["id"] == message_id]
        card, choice = next(pressed for name, pressed in page.presses if name == label)
        message = Ref(address=self._address, id=message_id)
        press = Press(id=card, choice=choice, message=message)
        await self.board.say(self._inbound(event_id(self._room, uuid4().hex), press=press))

    async def forge(self, text: str) -> int:
        raise NotImplementedError

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        return [self._seen(kept) for kept in await self._messages(count)]

    async def told(self, person: Person) -> list[str]:
        private = [kept for kept in await self._messages(1) if kept.item.get("private")]
        return [_read(self._html(kept)).text.strip() for kept in private]

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset()

    def refuse(self, deed: Deed) -> str:
        raise NotImplementedError

    def allow(self) -> None:
        raise NotImplementedError

    async def revoke(self) -> None:
        raise NotImplementedError

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        raise NotImplementedError

    @property
    def calls(self) -> int:
        return self.board.calls

    @property
    def _address(self) -> Address:
        return Address(channel="console", room=self._room)

    def _inbound(self, event: str, **content: Any) -> Inbound:
        sender = Account(channel="console", id=self.alice.id, name=self.alice.name)
        return Inbound(event_id=event, at=datetime.now(UTC), address=self._address, sender=sender, **content)

    async def _history(self) -> list[KeptMessage]:
        return await self.board.history(self._room)

    async def _messages(self, count: int) -> list[KeptMessage]:
        async with asyncio.timeout(5):
            while len(heard := [kept for kept in await self._history() if kept.item["type"] != "said"]) < count:  # noqa: ASYNC110 -- a person looks again
                await asyncio.sleep(0.01)
        return heard

    def _html(self, kept: KeptMessage) -> str:
        viewer = Viewer(id=UUID(self.alice.id), name="alice", role=Role.OPERATOR)
        return Drawing(viewer, self._room, utc_now).kept(kept)

    def _seen(self, kept: KeptMessage) -> Seen:
        page = _read(self._html(kept))
        return Seen(
            id=kept.item["id"],
            text=page.text.strip(),
            bold=tuple(page.within["strong"]),
            code=tuple(page.within["code"]),
            links=tuple(page.links),
            buttons=tuple(name for name, _ in page.presses),
            files=tuple(_seen_file(file, name) for file, name in zip(kept.files, page.names, strict=True)),
            answers=event_id(self._room, kept.item["answers"]) if "answers" in kept.item else "",
        )


def driver() -> Driver:
    """A console with Alice in front of it."""
    return Driver()


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _seen_file(file: File, name: str) -> SeenFile:
    return SeenFile(name=name, content=Path(file.locator).read_bytes(), presented_as=FileKind(file.presented_as))


def _read(html: str) -> "Page":
    page = Page()
    page.feed(html)
    page.close()
    return page


class Page(HTMLParser):
    """Reads a message as a browser does: its words, what is set apart, where it leads and what can be pressed."""

    BLOCKS = ("p", "li", "div", "dt", "dd", "h2", "h3", "pre", "tr", "br")

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.names: list[str] = []
        self.presses: list[tuple[str, tuple[str, str]]] = []
        self.within: dict[str, list[str]] = {"strong": [], "code": []}
        self._open: list[str] = []
        self._pressed: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        assert tag not in {"script", "style", "iframe", "object", "embed", "form", "svg"}, "something active was drawn"
        assert not any(name.startswith("on") for name in given), "a handler was drawn"
        self._open.append(tag)
        if tag == "a" and "data-file" not in given:
            self.links.append(given["href"] or "")
        elif tag == "a":
            self.names.append("")
        if tag == "button" and "data-choice" in given:
            self._pressed = (given["data-card"] or "", given["data-choice"] or "")
        if tag in self.within:
            self.within[tag].append("")
        if tag in self.BLOCKS and self.text:
            self.text += "\n"

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "button" in self._open or "header" in self._open or "footer" in self._open:
            if self._pressed is not None and data.strip():
                self.presses.append((data.strip(), self._pressed))
                self._pressed = None
            return
        self.text += data
        if self.names and "a" in self._open and "span" in self._open:
            self.names[-1] += data
        for tag, found in self.within.items():
            if tag in self._open:
                found[-1] += data
