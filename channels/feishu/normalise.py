"""Events of the platform in our words, purely: no call, no clock, no memory. What is not for us becomes None.

Facts: open.feishu.cn/document, "接收消息", "接收消息内容", "卡片回传交互". A person's open_id is the same in every
conversation with one app and another with every other app; people of other companies have another tenant_key.

A private conversation is named by the person's open_id, not by its chat_id: so we can write to somebody first without
asking for a conversation, and what they say then comes from the same place.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from channels.feishu.kinds import name_of, words_in
from channels.messages import Account, Address, File, FileKind, Inbound, Mention, Part, Press, Quote, Ref, Text

Json = Mapping[str, Any]
PRESS = re.compile(r"ap\|([a-z0-9]{16})\|([a-z])")
_MESSAGE_ID = re.compile(r"om_[A-Za-z0-9_-]{1,80}")
PERSON = "ou_"
EVERYBODY = frozenset({"@_all", "all"})
PASSED_ON = "Merged and Forwarded Message"
_MEDIA_TYPES = {
    "csv": "text/csv", "doc": "application/msword", "gif": "image/gif", "html": "text/html", "jpeg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "jpg": "image/jpeg",
    "json": "application/json", "log": "text/plain", "md": "text/markdown", "mp3": "audio/mpeg", "mp4": "video/mp4",
    "ogg": "audio/ogg", "opus": "audio/ogg", "pdf": "application/pdf", "png": "image/png", "py": "text/x-python",
    "svg": "image/svg+xml", "txt": "text/plain", "wav": "audio/wav", "webp": "image/webp", "xml": "application/xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "yaml": "application/yaml",
    "yml": "application/yaml", "zip": "application/zip",
}  # fmt: skip
"""The platform names no media types, and what the machine's own table says differs from machine to machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who the bot is: `channel` is its name in the settings; open_id from /open-apis/bot/v3/info."""

    channel: str
    app_id: str
    open_id: str
    guests: bool = False


def is_direct(room: str) -> bool:
    """Whether a room is the private conversation with one person."""
    return room.startswith(PERSON)


def normalise(payload: Json, me: Me) -> Inbound | None:
    """The event, or None for what is not for us. Raises KeyError, TypeError or ValueError for what makes no sense."""
    header = payload.get("header") or {}
    if header.get("app_id") != me.app_id:
        return None
    match header.get("event_type"):
        case "im.message.receive_v1":
            return _message(payload["event"], header, me)
        case "card.action.trigger":
            return _press(payload["event"], header, me)
    return None


def _is_welcome(person: Json, header: Json, me: Me) -> bool:
    """Of our own company: the tenant that the event was sent to is the one in which the app was built."""
    return me.guests or (bool(header.get("tenant_key")) and person.get("tenant_key") == header["tenant_key"])


def _message(event: Json, header: Json, me: Me) -> Inbound | None:
    sender, message = event["sender"], event["message"]
    if sender.get("sender_type") != "user" or not _is_welcome(sender, header, me):
        return None
    person = str(sender["sender_id"]["open_id"])
    direct = message["chat_type"] == "p2p"
    room = person if direct else str(message["chat_id"])
    address = Address(channel=me.channel, room=room, thread=_thread(message))
    parts = tuple(_parts(message, address, me))
    if person == me.open_id or message["message_type"] == "system":
        return None
    parts = parts or (Text(text=name_of(str(message["message_type"]))),)
    quotes = _quote(message, address)
    return Inbound(
        event_id=str(message["message_id"]),
        at=_time(message["create_time"]),
        address=address,
        sender=Account(channel=me.channel, id=person),
        parts=quotes + parts,
        is_direct=direct,
        to_me=direct or any(isinstance(part, Mention) and part.is_me for part in parts),
        message=Ref(address=address, id=str(message["message_id"])),
    )


def _thread(message: Json) -> str:
    """The message with which the topic began: what is said in a topic is said in reply to that one."""
    return str(message.get("root_id") or message["message_id"]) if message.get("thread_id") else ""


def _quote(message: Json, address: Address) -> tuple[Part, ...]:
    """What is answered, still without its words; in a topic everything answers its first message."""
    parent = str(message.get("parent_id") or "")
    if not parent or parent == address.thread:
        return ()
    return (Quote(text="", ref=Ref(address=address, id=parent)),)


def _parts(message: Json, address: Address, me: Me) -> Iterator[Part]:
    """What was said, as far as the message itself tells it."""
    kind, name = str(message["message_type"]), str(message["message_id"])
    mentions = {str(each["key"]): _mention(each, me) for each in message.get("mentions") or ()}
    if kind == "merge_forward":
        yield Quote(text="", ref=Ref(address=address, id=name))
        yield Text(text=name_of(kind))
    else:
        yield from said(kind, content_of(message.get("content")), mentions, name)


def said(kind: str, content: Json, mentions: Mapping[str, Part], message_id: str) -> Iterator[Part]:
    """A content in parts; of a kind that has no part of its own what it says and a sentence that says what it is."""
    if kind == "text":
        yield from _text(str(content.get("text") or ""), mentions)
    elif kind == "post":
        yield from _post(content, mentions, message_id)
    elif (file := file_of(kind, content, message_id)) is not None:
        yield file
    elif kind == "location":
        yield Text(text=f"📍 {content.get('name') or ''} {content.get('latitude')}, {content.get('longitude')}")
    else:
        if shown := words_in(kind, content):
            yield Quote(text=shown)
        yield Text(text=name_of(kind))


def content_of(given: Any) -> Json:
    """The content of a message, which is JSON inside JSON; of some kinds it is a bare sentence instead."""
    if given == PASSED_ON:
        return {}
    try:
        content = json.loads(given or "{}")
    except ValueError:
        content = str(given)
    return content if isinstance(content, dict) else {"text": str(content)}


def _mention(given: Json, me: Me) -> Part:
    person = str(_dict(given.get("id")).get("open_id") or "")
    name = str(given.get("name") or "")
    if not person:
        return Text(text=f"@{name or 'all'}")
    return Mention(account=Account(channel=me.channel, id=person, name=name), is_me=person == me.open_id)


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _text(text: str, mentions: Mapping[str, Part]) -> Iterator[Part]:
    """Words with the mentions where their keys stood; the longest key first, for one may begin another."""
    keys = "|".join(re.escape(key) for key in sorted(mentions, key=len, reverse=True))
    text = text.replace("@_all", "@all")
    for piece in re.split(f"({keys})", text) if keys else [text]:
        if piece in mentions:
            yield mentions[piece]
        elif piece.strip():
            yield Text(text=piece)


def _post(content: Json, mentions: Mapping[str, Part], message_id: str) -> Iterator[Part]:
    """A message with layout: paragraphs of pieces. It may come inside the name of its language."""
    if "content" not in content:
        content = next((inner for inner in content.values() if isinstance(inner, dict)), {})
    if title := content.get("title"):
        yield Text(text=f"{title}\n")
    for number, paragraph in enumerate(content.get("content") or ()):
        if number:
            yield Text(text="\n")
        for piece in paragraph:
            if isinstance(piece, dict) and (part := _piece(piece, mentions, message_id)) is not None:
                yield part


def _piece(piece: Json, mentions: Mapping[str, Part], message_id: str) -> Part | None:
    match piece.get("tag"):
        case "at":
            key = str(piece.get("user_id") or "")
            named = Text(text=f"@{piece.get('user_name') or key}")
            return Text(text="@all") if key in EVERYBODY else mentions.get(key, named)
        case "img":
            return file_of("image", piece, message_id)
        case "media":
            return file_of("media", piece, message_id)
    words = _piece_words(piece)
    return Text(text=words) if words else None


def _piece_words(piece: Json) -> str:
    text = str(piece.get("text") or "")
    match piece.get("tag"):
        case "a":
            href = str(piece.get("href") or "")
            return text if text == href else f"[{text or href}]({href})"
        case "code_block":
            return f"```{str(piece.get('language') or '').lower()}\n{text}\n```"
        case "emotion":
            return f":{piece.get('emoji_type', '')}:"
    return text


def file_of(kind: str, content: Json, message_id: str) -> File | None:
    """The file of a message; the platform names no size. Its locator is `message/key/type`, as it is asked for."""
    key = str(content.get("image_key" if kind == "image" else "file_key") or "")
    if not key or kind not in {"image", "file", "audio", "media"}:
        return None
    name, media_type, shown = str(content.get("file_name") or ""), "", FileKind.DOCUMENT
    if kind == "image":
        name, media_type, shown = name or "image.png", "image/png", FileKind.IMAGE
    elif kind == "audio":
        name, media_type, shown = name or "voice.opus", "audio/ogg", FileKind.VOICE
    elif kind == "media":
        name = name or "video.mp4"
    media_type = media_type or media_type_of(name)
    return File(
        name=name or "file",
        media_type=media_type,
        size=0,
        locator=f"{message_id}/{key}/{'image' if kind == 'image' else 'file'}",
        presented_as=shown,
    )


def media_type_of(name: str) -> str:
    """What a file is by its name."""
    return _MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _press(event: Json, header: Json, me: Me) -> Inbound | None:
    operator, action, context = event["operator"], event["action"], event["context"]
    value = action.get("value")
    found = PRESS.fullmatch(str(value.get("ap", ""))) if isinstance(value, dict) else None
    if found is None or not isinstance(value, dict) or not _is_welcome(operator, header, me):
        return None
    person = str(operator["open_id"])
    thread = str(value.get("t") or "")
    address = Address(
        channel=me.channel,
        room=person if value.get("p") else str(context["open_chat_id"]),
        thread=thread if _MESSAGE_ID.fullmatch(thread) else "",
    )
    message = Ref(address=address, id=str(context["open_message_id"]))
    event_id = f"press:{header['event_id']}"
    return Inbound(
        event_id=event_id,
        at=_time(header["create_time"]),
        address=address,
        sender=Account(channel=me.channel, id=person),
        press=Press(id=found[1], choice=found[2], message=message, receipt=event_id),
        is_direct=is_direct(address.room),
        message=message,
    )


def _time(given: object) -> datetime:
    """Milliseconds since 1970, or microseconds where the platform has more to tell; raises ValueError."""
    stamp = float(str(given))
    return datetime.fromtimestamp(stamp / (1e6 if stamp > 1e14 else 1e3), tz=UTC)  # noqa: PLR2004 -- the year 5138
