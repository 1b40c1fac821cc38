"""Posts and presses in our words. Nothing here talks to anybody."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from channels.messages import Account, Address, Earlier, File, FileKind, Inbound, Mention, Part, Quote, Ref, Text

Json = dict[str, Any]
DIRECT = "D"


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot: the channel's name with us, its user id and its name without an @."""

    channel: str
    id: str
    username: str


def message(
    me: Me, post: Json, *, is_direct: bool, name: str = "", room_name: str = "", quoted: Json | None = None
) -> Inbound | None:
    """A post somebody wrote; None for what is not for us. `quoted` is the root of its thread, if it is in one.

    In a channel every question opens a thread, which is a conversation; in private the room is one.
    """
    props = post.get("props") or {}
    author = str(post["user_id"])
    if author == me.id or post.get("type") or "true" in (props.get("from_bot"), props.get("from_webhook")):
        return None
    thread = str(post.get("root_id") or ("" if is_direct else post["id"]))
    address = Address(channel=me.channel, room=str(post["channel_id"]), thread=thread)
    parts = list(_words(me, str(post.get("message") or "")))
    is_called = any(isinstance(part, Mention) and part.is_me for part in parts)
    if quoted is not None:
        root = str(quoted["id"])
        parts.insert(0, Quote(text=str(quoted.get("message") or ""), ref=Ref(address=address, id=root)))
    parts += [_file(each) for each in (post.get("metadata") or {}).get("files") or ()]
    answers_me = quoted is not None and str(quoted.get("user_id")) == me.id
    return Inbound(
        event_id=str(post["id"]),
        at=datetime.fromtimestamp(post["create_at"] / 1000, UTC),
        address=address,
        sender=Account(channel=me.channel, id=author, name=name.removeprefix("@")),
        parts=tuple(parts),
        is_direct=is_direct,
        to_me=is_direct or is_called or answers_me,
        message=Ref(address=address, id=str(post["id"])),
        room_name="" if is_direct else room_name,
    )


def correction(said: Inbound, post: Json) -> Inbound | None:
    """The same post as what somebody edited; None where only a pin, a preview or a reaction changed it.

    `edit_at` is the time of the newest edit of the words, 0 without any (developers.mattermost.com/api, "Post").
    """
    edited = int(post.get("edit_at") or 0)
    if not edited:
        return None
    return replace(
        said,
        event_id=f"{said.event_id}:edit:{edited}",
        at=datetime.fromtimestamp(edited / 1000, UTC),
        corrects=Earlier(event_id=said.event_id, at=said.at),
    )


def _words(me: Me, text: str) -> list[Part]:
    """The text around the bot's own name, which is left out."""
    pieces = re.split(rf"(?<![\w.@-])@{re.escape(me.username)}(?![\w-])(?!\.\w)", text)
    parts: list[Part] = []
    for number, piece in enumerate(pieces):
        if number:
            parts.append(Mention(account=Account(channel=me.channel, id=me.id, name=me.username), is_me=True))
        if piece:
            parts.append(Text(text=piece))
    return parts


def _file(info: Json) -> File:
    media_type = str(info.get("mime_type") or "application/octet-stream")
    kinds = {"image": FileKind.IMAGE, "audio": FileKind.VOICE}
    return File(
        name=str(info.get("name") or "file"),
        media_type=media_type,
        size=int(info.get("size") or 0),
        locator=str(info["id"]),
        presented_as=kinds.get(media_type.partition("/")[0], FileKind.DOCUMENT),
    )
