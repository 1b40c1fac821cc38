"""DingTalk's messages and presses to `Inbound`, purely: no call, no memory. What nobody said becomes None.

The SDK's own message class drops voice, video, files and quotes, so the payload is read as it is. An account's id is
`CORP:STAFF`: the organisation that DingTalk names and the member's id in it. Facts: help.dingtalk.io/open/development/
receive-message.
"""

import json
import mimetypes
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from channels.dingtalk.cards import is_ours, pressed
from channels.messages import Account, Address, File, FileKind, Inbound, Mention, Part, Press, Quote, Ref, Text

Payload = Mapping[str, Any]

GROUP = "2"
_DIRECT = "staff:"
_MEDIA = {
    "picture": ("picture.jpg", "image/jpeg", FileKind.IMAGE),
    "audio": ("voice.amr", "audio/amr", FileKind.VOICE),
    "video": ("video.mp4", "video/mp4", FileKind.DOCUMENT),
}


def direct_room(staff: str) -> str:
    """The room of the private conversation with a member; the API knows it by the member."""
    return f"{_DIRECT}{staff}"


def staff_of_room(room: str) -> str:
    """The member whose private conversation it is; empty for a group."""
    return room.removeprefix(_DIRECT) if room.startswith(_DIRECT) else ""


def staff_of(account: Account) -> str:
    """The member's id by which the API knows an account."""
    return account.id.partition(":")[2]


def is_stranger(data: Payload) -> bool:
    """Whether DingTalk does not say who wrote: somebody from outside, or the app is not published."""
    return not data.get("senderStaffId")


def normalise(channel: str, data: Payload) -> Inbound | None:
    """A message; raises KeyError or ValueError on a payload that lacks what the manual promises."""
    if is_stranger(data):
        return None
    in_group = str(data["conversationType"]) == GROUP
    staff = str(data["senderStaffId"])
    address = Address(channel=channel, room=str(data["conversationId"]) if in_group else direct_room(staff))
    parts = tuple(_parts(channel, address, data))
    if not parts:
        return None
    to_me = not in_group or _names_me(data)
    if in_group and to_me:
        robot = Account(channel=channel, id=str(data.get("chatbotUserId") or data.get("robotCode") or "robot"))
        parts = (Mention(account=robot, is_me=True), *parts)
    return Inbound(
        event_id=str(data["msgId"]),
        at=datetime.fromtimestamp(int(data["createAt"]) / 1000, tz=UTC),
        address=address,
        sender=Account(channel=channel, id=f"{_corp(data)}:{staff}", name=str(data.get("senderNick") or "")),
        parts=parts,
        is_direct=not in_group,
        to_me=to_me,
        message=Ref(address=address, id=str(data["msgId"])),
        room_name=str(data.get("conversationTitle") or "") if in_group else "",
    )


def _corp(data: Payload) -> str:
    """The sender's organisation; the robot's own where none is named, for only its members have an id."""
    return str(data.get("senderCorpId") or data.get("chatbotCorpId") or "")


def _names_me(data: Payload) -> bool:
    me = data.get("chatbotUserId")
    named = [user.get("dingtalkId") for user in data.get("atUsers") or () if isinstance(user, dict)]
    return bool(data.get("isInAtList")) or (me is not None and me in named)


def _parts(channel: str, address: Address, data: Payload) -> Iterator[Part]:
    kind = str(data.get("msgtype") or "")
    content = _dict(data.get("content"))
    if kind == "text":
        text = _dict(data.get("text"))
        yield from _quote(address, text)
        if words := str(text.get("content") or "").strip():
            yield Text(text=words)
    elif kind == "richText":
        for piece in content.get("richText") or ():
            yield from _rich(_dict(piece))
    elif kind == "audio" and content.get("recognition"):
        # DingTalk has turned it into words already, so nobody needs to hear it again; the sound is kept beside them.
        yield Text(text=str(content["recognition"]))
        yield from _file(content, "voice.amr", "audio/amr", FileKind.DOCUMENT)
    elif kind == "chatRecord":
        yield from _passed_on(channel, content)
    elif kind in _MEDIA:
        yield from _file(content, *_MEDIA[kind])
    elif kind == "file":
        name = str(content.get("fileName") or "file")
        yield from _file(content, name, mimetypes.guess_type(name)[0] or "application/octet-stream", FileKind.DOCUMENT)
    elif kind:
        yield Text(text=f"[{kind}]")


def _passed_on(channel: str, content: Payload) -> Iterator[Part]:
    """What others said in a chat and somebody passes on, a quote for each; the summary where the record cannot be read.

    The payload names its authors only, so their accounts have no id.
    """
    record = _read(content.get("chatRecord"))
    said = [_dict(each) for each in record] if isinstance(record, list) else []
    for each in said:
        kind, words = str(each.get("msgType") or ""), each.get("content")
        author = Account(channel=channel, id="", name=str(each.get("senderNick") or ""))
        text = words if isinstance(words, str) and words else f"[{kind or 'chatRecord'}]"
        yield Quote(text=text, author=author)
    if not said:
        summary = _read(content.get("summary"))
        lines = [str(line) for line in summary] if isinstance(summary, list) else []
        yield Quote(text="\n".join(lines)) if lines else Text(text="[chatRecord]")


def _read(value: Any) -> Any:
    """JSON inside JSON; None where it is none."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None


def _rich(piece: Payload) -> Iterator[Part]:
    if piece.get("text"):
        yield Text(text=str(piece["text"]))
    yield from _file(piece, *_MEDIA["picture"])


def _file(content: Payload, name: str, media_type: str, kind: FileKind) -> Iterator[Part]:
    if code := content.get("downloadCode"):
        yield File(name=name, media_type=media_type, size=0, locator=str(code), presented_as=kind)


def _quote(address: Address, text: Payload) -> Iterator[Part]:
    """The message that is answered, as far as DingTalk tells; its words are missing for what is no text."""
    replied = _dict(text.get("repliedMsg")) if text.get("isReplyMsg") else {}
    if not replied:
        return
    content = replied.get("content")
    inner = _dict(json.loads(content)) if isinstance(content, str) and content.startswith("{") else _dict(content)
    rich = "".join(str(_dict(piece).get("text") or "") for piece in inner.get("richText") or ())
    name = str(replied.get("msgId") or "")
    yield Quote(
        text=str(inner.get("text") or rich or (content if isinstance(content, str) else "")),
        ref=Ref(address=address, id=name) if name else None,
    )
    if replied.get("msgType") == "picture":
        yield from _file(inner, *_MEDIA["picture"])


def _dict(value: Any) -> Payload:
    return value if isinstance(value, dict) else {}


def press_of(channel: str, frame: str, data: Payload, key: bytes, heard_at: datetime) -> Inbound | None:
    """A press on a card that we made; None for every other. `frame` is the id of the delivery.

    The presser is who DingTalk says it is. What was pressed is only believed where the card's name is signed for it.
    """
    track, staff = str(data.get("outTrackId") or ""), str(data.get("userId") or "")
    found = pressed(_dict(json.loads(str(data.get("content") or "{}"))))
    if found is None or not staff:
        return None
    card_id, room, choice = found
    if not is_ours(key, track, room, card_id):
        return None
    address = Address(channel=channel, room=room)
    message = Ref(address=address, id=track)
    return Inbound(
        event_id=f"press:{track}:{staff}:{frame}",
        at=heard_at,
        address=address,
        sender=Account(channel=channel, id=f"{data.get('corpId') or ''}:{staff}"),
        press=Press(id=card_id, choice=choice, message=message),
        is_direct=bool(staff_of_room(room)),
        message=message,
    )
