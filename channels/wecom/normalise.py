"""Callbacks of the bot in our words. Nothing here talks to anybody. In groups the platform tells only what calls it."""

import re
from datetime import UTC, datetime
from typing import Any

from channels.messages import (
    Account,
    Address,
    File,
    FileKind,
    Inbound,
    Mention,
    Part,
    Press,
    Quote,
    Ref,
    Text,
    words_of,
)

Json = dict[str, Any]
GROUP = "group:"
PRESS = re.compile(r"ap\|([a-z0-9]{16})\|([a-z])")
_NAME = r"@\S+(?:[ \u2005](?=[A-Z0-9])(?!(?:Do|Dont|Never|No|Not)\b)[\w.-]+){0,3}"
"""A name as somebody is called by it; what begins with a capital letter may still belong to it."""
_CALLED = re.compile(r"^\s*@\S+\s*")
_COMMANDED = re.compile(rf"^\s*(?:{_NAME}\s+)+(?=/[a-z])")
_CALLED_AFTER = re.compile(rf"^(\s*/[a-z].*?)\s+{_NAME}\s*$", re.DOTALL)
_MEDIA = {
    "image": (FileKind.IMAGE, "image/jpeg", "image.jpg"),
    "file": (FileKind.DOCUMENT, "application/octet-stream", "file"),
    "video": (FileKind.DOCUMENT, "video/mp4", "video.mp4"),
    "voice": (FileKind.VOICE, "audio/amr", "voice.amr"),
}


def normalise(name: str, frame: Json, now: datetime) -> Inbound | None:
    """The event, or None for what is not for us. Raises KeyError, TypeError or ValueError for what makes no sense."""
    body = frame["body"]
    address = _where(name, body)
    sender = Account(channel=name, id=str(body["from"]["userid"]))
    is_direct = not address.room.startswith(GROUP)
    at = _time(body.get("create_time"), now)
    if body.get("msgtype") == "event":
        return _press(frame, address, sender, at, is_direct=is_direct)
    parts = _parts(body)
    if not is_direct:
        me = Mention(account=Account(channel=name, id=str(body.get("aibotid", "bot"))), is_me=True)
        parts = [me, *(_uncalled(part) for part in parts)]
    if quote := body.get("quote"):
        answered = _parts(quote)
        pictures = [part for part in answered if isinstance(part, File) and part.presented_as is FileKind.IMAGE]
        parts = [Quote(text=words_of(answered)), *pictures, *parts]
    msgid = str(body["msgid"])
    return Inbound(
        event_id=msgid,
        at=at,
        address=address,
        sender=sender,
        parts=tuple(parts),
        is_direct=is_direct,
        message=Ref(address=address, id=msgid),
    )


def _press(frame: Json, address: Address, sender: Account, at: datetime, *, is_direct: bool) -> Inbound | None:
    event = frame["body"]["event"]
    if event.get("eventtype") != "template_card_event":
        return None
    card = event["template_card_event"]
    found = PRESS.fullmatch(str(card.get("event_key", "")))
    if found is None:
        return None
    return Inbound(
        event_id=f"press:{frame['body']['msgid']}",
        at=at,
        address=address,
        sender=sender,
        press=Press(
            id=found[1],
            choice=found[2],
            message=Ref(address=address, id=str(card["task_id"])),
            receipt=str(frame["headers"]["req_id"]),
        ),
        is_direct=is_direct,
    )


def _where(name: str, body: Json) -> Address:
    if body.get("chattype") == "group":
        return Address(channel=name, room=GROUP + str(body["chatid"]))
    return Address(channel=name, room=str(body["from"]["userid"]))


def _parts(body: Json) -> list[Part]:
    kind = str(body.get("msgtype", ""))
    if kind == "mixed":
        return [part for item in body["mixed"]["msg_item"] for part in _parts(item)]
    content = body.get(kind) or {}
    if words := content.get("content"):  # also of a voice message, which the platform may have turned into words
        return [Text(text=str(words))]
    if kind not in _MEDIA:
        return [Text(text=f"[{kind}]")] if kind else []
    presented_as, media_type, file_name = _MEDIA[kind]
    locator = f"{content.get('aeskey', '')} {content['url']}"
    given = str(content.get("filename") or file_name)
    return [File(name=given, media_type=media_type, size=0, locator=locator, presented_as=presented_as)]


def _uncalled(part: Part) -> Part:
    """The words without the name by which the bot was called, before or behind them.

    The platform does not say what the bot is called, and a name may hold spaces. So before a command everything that
    may be a name goes, and behind one the last; before other words only what reaches to the first space.
    """
    if not isinstance(part, Text):
        return part
    text = _COMMANDED.sub("", part.text, count=1)
    if text != part.text:
        return Text(text=text)
    return Text(text=_CALLED.sub("", _CALLED_AFTER.sub(r"\1", text), count=1))


def _time(given: object, now: datetime) -> datetime:
    return datetime.fromtimestamp(given, UTC) if isinstance(given, int) and given > 0 else now
