"""Who and what there is in the fake organisation: people, rooms, what was said, cards, and what each may be."""

import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

CLIENT_ID, SECRET, CORP = "dingkey0000000000001", "s3cr3t-of-the-app", "ding9f50b15bccd16741"
ROBOT = "$:LWCP_v1:$robot"
ALICE, BOB = "alice01", "bob02"
NAMES = {ALICE: "Alice", BOB: "Bob"}
GROUP = "cidGROUPgroup0000000000=="
REQUEST, ANSWER = "11111111-aaaa.schema", "22222222-bbbb.schema"
BUTTONS = (1, 2, 3, 4)
MOST_BYTES, MOST_MARKDOWN = 15_000, 5_000


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, code: str, message: str = "", **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"code": code, "message": message or code, "requestid": "REQ-1", **more}
        self.headers: dict[str, str] = {}


@dataclass
class Said:
    """One thing that stands in a room: words, a file, or a card."""

    id: str
    room: str
    kind: str
    body: Json
    called: tuple[str, ...] = ()


@dataclass
class CardCopy:
    """One card instance; `is_open` while a growing one may still grow."""

    template: str
    variables: dict[str, str]
    is_open: bool = True
    is_pressed: bool = False
    guids: set[str] = field(default_factory=set)
    grew_at: float = 0.0


@dataclass
class Office:
    """The organisation and its memory."""

    published: set[str] = field(default_factory=lambda: {REQUEST, ANSWER})
    said: list[Said] = field(default_factory=list)
    cards: dict[str, CardCopy] = field(default_factory=dict)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    downloads: dict[str, bytes] = field(default_factory=dict)
    moved: str = ""
    stream_cap: int = 10_000
    stream_gap: float = 0.0
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def number(self) -> int:
        return next(self.numbers)

    def room_of(self, space: str) -> str:
        """The room of an openSpaceId."""
        kind, _, name = space.removeprefix("dtv1.card//").partition(".")
        if not space.startswith("dtv1.card//") or kind not in {"IM_ROBOT", "IM_GROUP"}:
            raise Refusal(400, "param.openSpaceIdInvalid")
        if (kind == "IM_ROBOT" and name not in NAMES) or (kind == "IM_GROUP" and name != GROUP):
            raise Refusal(400, "param.spaceNotExist")
        return name

    def say(self, room: str, kind: str, body: Json, called: tuple[str, ...] = ()) -> str:
        said = Said(id=f"said-{self.number()}", room=room, kind=kind, body=body, called=called)
        self.said.append(said)
        return said.id

    def send(self, room: str, body: Json) -> str:
        """A message by the API; its msgKey and msgParam checked."""
        if body.get("robotCode") != CLIENT_ID:
            raise Refusal(400, "invalidParameter.robotCode", "robot is not exist")
        given = body.get("msgParam")
        if not isinstance(given, str) or len(given.encode()) > MOST_BYTES:
            raise Refusal(400, "invalidParameter.msgParam.tooLong")
        try:
            parameters = json.loads(given)
        except ValueError as error:
            raise Refusal(400, "invalidParameter.msgParam.invalid") from error
        self._check(str(body.get("msgKey")), parameters)
        return self.say(room, str(body["msgKey"]), parameters)

    def _check(self, kind: str, parameters: Json) -> None:
        needed = {
            "sampleText": {"content"},
            "sampleMarkdown": {"title", "text"},
            "sampleImageMsg": {"photoURL"},
            "sampleFile": {"mediaId", "fileName", "fileType"},
            "sampleAudio": {"mediaId", "duration"},
        }
        if kind not in needed:
            raise Refusal(400, "invalidParameter.msgKey.invalid")
        if kind == "sampleAudio" and not 0 < int(parameters.get("duration") or 0) <= 60_000:
            raise Refusal(400, "invalidParameter.msgParam.duration")
        if any(not str(parameters.get(name) or "").strip() for name in needed[kind]):
            raise Refusal(400, "invalidParameter.msgParam.empty")
        if len(str(parameters.get("text", ""))) > MOST_MARKDOWN:
            raise Refusal(400, "invalidParameter.msgParam.textTooLong")
        media = parameters.get("photoURL") or parameters.get("mediaId")
        if media and media not in self.media:
            raise Refusal(400, "invalidParameter.mediaId")

    def create(self, body: Json) -> Json:
        """Create a card and show it; a name that is known already shows nothing new."""
        is_shown = any(each.id == body.get("outTrackId") for each in self.said)
        self._room_shown(body)
        self.make(body)
        return {"success": True, "result": {"outTrackId": body["outTrackId"]}} if is_shown else self.show(body)

    def make(self, body: Json) -> None:
        """Create a card that nobody sees yet."""
        template, track = str(body.get("cardTemplateId") or ""), str(body.get("outTrackId") or "")
        if template not in self.published:
            raise Refusal(400, "param.templateNotExist", "卡片模板不存在或未发布")
        if not track:
            raise Refusal(400, "param.outTrackIdEmpty")
        self.cards.setdefault(track, CardCopy(template=template, variables=_strings(body)))

    def show(self, body: Json) -> Json:
        """Show a card that was made."""
        track = str(body.get("outTrackId") or "")
        self._card(body)
        room = self._room_shown(body)
        model = "imRobotOpenDeliverModel" if room in NAMES else "imGroupOpenDeliverModel"
        if not body.get(model) or (room == GROUP and body[model].get("robotCode") != CLIENT_ID):
            return {"success": True, "result": {"deliverResults": [{"success": False, "errorMsg": "no deliver model"}]}}
        self.said.append(Said(id=track, room=room, kind="card", body={}))
        return {"success": True, "result": {"outTrackId": track, "deliverResults": [{"success": True}]}}

    def _room_shown(self, body: Json) -> str:
        return self.room_of(str(body.get("openSpaceId") or ""))

    def answered(self, track: str, ack: Json) -> None:
        """What a press was answered with may change the card."""
        told = json.loads(ack.get("data") or "{}").get("response") or {}
        if isinstance(told, dict) and told.get("cardData"):
            self.cards[track].variables |= _strings(told)

    def edit(self, body: Json) -> None:
        """Rewrite a card; while a press on it is unanswered the update is lost without a word."""
        card = self._card(body)
        variables = _strings(body)
        if not card.is_pressed:
            by_key = body.get("cardUpdateOptions", {}).get("updateCardDataByKey")
            card.variables = {**card.variables, **variables} if by_key else variables

    def grow(self, body: Json) -> None:
        """Put text into a growing card."""
        card = self._card(body)
        now, content = time.monotonic(), str(body.get("content"))
        if not body.get("guid") or body.get("key") not in {"content", "msgContent"}:
            raise Refusal(400, "param.keyInvalid")
        if body["guid"] in card.guids:
            return
        if not card.is_open:
            raise Refusal(400, "param.stateInvalid", "the card is finished")
        if len(content.encode()) > self.stream_cap:
            raise Refusal(400, "param.contentTooLong")
        if now - card.grew_at < self.stream_gap:
            raise Refusal(403, "Forbidden.AccessDenied.QpsLimitForApi", "qps limit")
        card.guids.add(body["guid"])
        card.grew_at = now
        old = card.variables.get(body["key"], "")
        card.variables[body["key"]] = content if body.get("isFull") else old + content
        card.is_open = not body.get("isFinalize")

    def _card(self, body: Json) -> CardCopy:
        card = self.cards.get(str(body.get("outTrackId")))
        if card is None:
            raise Refusal(400, "param.cardNotExist")
        return card

    def upload(self, kind: str, name: str, content: bytes) -> Json:
        """A file for the media store of the older API."""
        ending = name.rpartition(".")[2].lower()
        kinds = {
            "image": {"jpg", "jpeg", "gif", "png", "bmp"},
            "voice": {"amr", "ogg"},
            "file": {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"},
        }
        if ending not in kinds.get(kind, set()):
            return {"errcode": 40004, "errmsg": "不合法的媒体文件类型"}
        if not content or len(content) > (2 << 20 if kind == "voice" else 20 << 20):
            return {"errcode": 40006, "errmsg": "不合法的文件大小"}
        media = f"@lAz{self.number()}"
        self.media[media] = (name, content)
        return {"errcode": 0, "errmsg": "ok", "media_id": media, "type": kind}


def _strings(body: Mapping[str, Any]) -> dict[str, str]:
    """The variables of a card, every one of which must be a string."""
    variables = (body.get("cardData") or {}).get("cardParamMap")
    if not variables:
        raise Refusal(400, "param.cardPublicDataEmpty")
    if any(not isinstance(value, str) for value in variables.values()):
        raise Refusal(400, "param.cardParamMapInvalid")
    return dict(variables)
