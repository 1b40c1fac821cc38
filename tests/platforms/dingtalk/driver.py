"""The fake DingTalk as the channel suite drives it."""

import contextlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from channels.base import Deed
from channels.messages import FileKind
from channels.shared.sound import Codec
from tests.contract.drivers import Cut, Fault, Person, PlatformDriver, Power, Room, Seen, SeenFile
from tests.platforms.dingtalk import eyes
from tests.platforms.dingtalk.office import ALICE, ANSWER, BOB, CLIENT_ID, CORP, GROUP, REQUEST, SECRET, Refusal, Said
from tests.platforms.dingtalk.server import FakeDingTalk

_FAULTS = {Fault.DROPPED: "drop", Fault.RATE_LIMITED: "limit", Fault.SERVER_ERROR: "500"}

KINDS = {"sampleAudio": FileKind.VOICE, "sampleImageMsg": FileKind.IMAGE}


class Driver:
    """Alice and Bob of one organisation, each with a private conversation, and the group they share."""

    modes = ("stream",)
    group_name = "ops"
    mode = "stream"
    alice = Person(id=f"{CORP}:{ALICE}", name="Alice")
    bob = Person(id=f"{CORP}:{BOB}", name="Bob")
    refusal = "invalidClientIdOrSecret"
    rate_limit_seconds = 60.0
    # A file carries neither its size nor words beside it here, which FILES asks for: see tests/unit/dingtalk.
    lacks = frozenset(
        {
            *(Power.ANSWERS, Power.BOTS, Power.EDITS, Power.FILES, Power.HISTORY, Power.LIVE_BUTTON, Power.NONCES),
            *(Power.QUOTES, Power.REPLIES, Power.THREADS, Power.WEBHOOK),
        }
    )
    plays = frozenset({Codec.AMR, Codec.OPUS})
    cuts = frozenset(Cut)

    def __init__(self) -> None:
        self.fake = FakeDingTalk()

    async def start(self) -> None:
        await self.fake.start()

    async def stop(self) -> None:
        await self.fake.stop()

    def reached_at(self, base_url: str) -> None:
        """Nobody is called."""

    def options(self, mode: str) -> Mapping[str, Any]:
        return {
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "card_template_id": REQUEST,
            "stream_template_id": ANSWER,
            "api_url": self.fake.base,
            "oapi_url": self.fake.base,
            "ping_seconds": 0.8,
        }

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        return {**self.options(mode), "client_secret": "guessed"}

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
        staff = _staff(by or self.alice)
        if room is Room.GROUP and not mention:
            return f"msg{self.fake.office.number()}=="  # the robot is told of nothing else
        content = f" {text}" if room is Room.GROUP else text
        return self.fake.say({"msgtype": "text", "text": {"content": content}}, staff=staff, group=room is Room.GROUP)

    async def open_thread(self) -> str:
        raise AssertionError("there are no threads")

    async def say_again(self) -> None:
        assert self.fake.last is not None
        data, frame = self.fake.last
        self.fake.tell(data, f"{frame}-again")

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        code = self._stored(content)
        return self.fake.say(
            {"msgtype": "file", "content": {"downloadCode": code, "fileName": name}}, staff=_staff(self.alice)
        )

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        code = self._stored(content)
        msgtype = "audio" if kind is FileKind.VOICE else "picture"
        return self.fake.say({"msgtype": msgtype, "content": {"downloadCode": code}}, staff=_staff(self.alice))

    def _stored(self, content: bytes) -> str:
        code = f"code{self.fake.office.number()}"
        self.fake.office.downloads[code] = content
        return code

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        raise AssertionError("no robot is told what robots say")

    async def edit(self, message_id: str, text: str) -> None:
        raise AssertionError("no robot is told of edits")

    async def remove(self, message_id: str) -> None:
        raise AssertionError("no robot is told of what is taken back")

    async def cut(self, how: Cut) -> None:
        stream = self.fake.stream
        await stream.connected()
        if how is Cut.DEAF:
            stream.deaf.add(stream.live[-1])
            return
        if how is Cut.MALFORMED:
            for frame in ("{not json", "[1, 2]", '{"type": "SYSTEM", "headers": 5}', '{"type": "CALLBACK"}'):
                await stream.send_raw(frame)
            return
        if how is Cut.REFUSED:
            stream.refuse_opens = 2
        if how is Cut.REVOKED:
            self.fake.secret = "another"
            self.fake.tokens.clear()
        if how is Cut.EXPIRED:
            stream.tickets.clear()
            reason = {"reason": "connection is expired"}
            await stream.deliver("SYSTEM", "disconnect", reason, f"bye-{self.fake.office.number()}", tries=2)
        await self._end(how)

    async def _end(self, how: Cut) -> None:
        """Close or cut what still stands of the connections there were."""
        if how is Cut.ABRUPT:
            self.fake.stream.abort()
            await self.fake.stream.gone()
        elif how is not Cut.EXPIRED:
            await self.fake.stream.close()

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        self.fake.press(message_id, label, _staff(by or self.alice))

    async def forge(self, text: str) -> int:
        raise AssertionError("nobody is called")

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        place = GROUP if room is Room.GROUP else ALICE
        with contextlib.suppress(TimeoutError):
            await self.fake.until(lambda: len(self.fake.seen(place)) >= count)
        found = [self._seen(said, sight) for said, sight in self.fake.seen(place)]
        assert len(found) >= count, f"{len(found)} messages instead of {count}"
        return found

    def shown_to(self, person: Person) -> list[Seen]:
        return [self._seen(said, sight) for said, sight in self.fake.seen(_staff(person))]

    async def told(self, person: Person) -> list[str]:
        return [sight.text for _, sight in self.fake.seen(_staff(person))]

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FETCH, Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        if deed is Deed.FILES:
            self.fake.takes_media = False
            return "60011"
        denied = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
        detail = {"requiredScopes": ["qyapi_robot_sendmsg"]}
        refusal = Refusal(403, denied, "应用尚未开通所需的权限", accessdenieddetail=detail)
        self.fake.refusals["/v1.0/robot/messageFiles/download"].extend([refusal] * 9)
        return f"{denied} qyapi_robot_sendmsg"

    def allow(self) -> None:
        self.fake.takes_media = True
        self.fake.refusals["/v1.0/robot/messageFiles/download"].clear()

    async def revoke(self) -> None:
        self.fake.secret = "another"
        self.fake.tokens.clear()

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        self.fake.faults.extend([_FAULTS[fault]] * times)

    @property
    def calls(self) -> int:
        return self.fake.noticed

    @property
    def acknowledged(self) -> int:
        return self.fake.acknowledged

    def _seen(self, said: Said, sight: eyes.Sight) -> Seen:
        media = said.body.get("photoURL") or said.body.get("mediaId")
        files = [self.fake.office.media[media]] if media else []
        return Seen(
            id=said.id,
            text=sight.text,
            bold=tuple(sight.bold),
            code=tuple(sight.code),
            links=(*sight.links, *sight.fetched),
            pings=said.called,
            buttons=tuple(sight.buttons),
            files=tuple(
                SeenFile(
                    name=name,
                    content=content,
                    presented_as=KINDS.get(said.kind, FileKind.DOCUMENT),
                )
                for name, content in map(_opened, files)
            ),
        )


def _opened(file: tuple[str, bytes]) -> tuple[str, bytes]:
    """What a person finds who opens an archive of one file."""
    name, content = file
    if not name.endswith(".zip"):
        return file
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [inside] = archive.namelist()
        return inside, archive.read(inside)


def _staff(person: Person) -> str:
    return person.id.partition(":")[2]


def driver() -> PlatformDriver:
    """A fresh organisation."""
    return Driver()
