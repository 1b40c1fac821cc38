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
    heard,
    words_of,
)

Json = dict[str, Any]
GROUP = "group:"
PRESS = re.compile(r"ap\|([a-z0-9]{16})\|([a-z])")
_NAME = r"@\S+(?:[ \u2005](?=[A-Z0-9])(?!(?:Do|Dont|Never|No|Not)\b)[\w.-]+){0,3}"
"""A name as somebody is called by it; what begins with a capital letter may still belong to it."""
_CALLED = re.compile(r"^\s*@\S+\s*")
_COMMANDED = re.compile(rf"^\s*(?:{_NAME}\s+)+(?=[/／][^\W\d_])")
_CALLED_AFTER = re.compile(rf"^(\s*[/／][^\W\d_].*?)\s+{_NAME}\s*$", re.DOTALL)
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
        parts = [me, *_uncalled(parts)]
    if quote := body.get("quote"):
        answered = _parts(quote)
        files = [part for part in answered if isinstance(part, File)]
        parts = [Quote(text=words_of(answered)), *files, *parts]
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


def entered(frame: Json) -> str:
    """The request that a welcome answers, where somebody has opened the chat with the bot; else ""."""
    body = frame.get("body") or {}
    event = body.get("event") or {}
    return str(frame["headers"]["req_id"]) if event.get("eventtype") == "enter_chat" else ""


def _parts(body: Json) -> list[Part]:
    """A content in parts; never empty."""
    kind = str(body.get("msgtype") or "")
    content = body.get(kind)
    content = content if isinstance(content, dict) else {}
    if kind == "mixed":
        items = [item for item in content.get("msg_item") or () if isinstance(item, dict)]
        if items:
            return [part for item in items for part in _parts(item)]
    if words := content.get("content"):  # also of a voice message, which the platform may have turned into words
        return [heard(str(words)) if kind == "voice" else Text(text=str(words))]
    if kind in _MEDIA and content.get("url"):
        presented_as, media_type, file_name = _MEDIA[kind]
        locator = f"{content.get('aeskey', '')} {content['url']}"
        given = str(content.get("filename") or content.get("name") or file_name)
        return [File(name=given, media_type=media_type, size=0, locator=locator, presented_as=presented_as)]
    return [Text(text=name_of(kind))]


def name_of(kind: str) -> str:
    """A sentence in brackets that says what was there, also of a kind that nobody has heard of."""
    if kind in _MEDIA:
        return f"[A message of the kind {kind!r}, which WeCom does not hand out.]"
    if kind in {"", "mixed", "text"}:
        return "[A message without words.]"
    return f"[A message of the kind {kind!r}, which is not read here.]"


def _uncalled(parts: list[Part]) -> list[Part]:
    """The parts without the name by which the bot was called, which stands in the first words.

    The platform does not say what the bot is called, and a name may hold spaces. So before a command everything that
    may be a name goes, and behind one the last; before other words only what reaches to the first space.
    """
    at = next((number for number, part in enumerate(parts) if isinstance(part, Text)), -1)
    first = parts[at] if at >= 0 else None
    if not isinstance(first, Text):
        return parts
    text = _COMMANDED.sub("", first.text, count=1)
    if text == first.text:
        text = _CALLED.sub("", _CALLED_AFTER.sub(r"\1", text), count=1)
    return [*parts[:at], *([Text(text=text)] if text.strip() else []), *parts[at + 1 :]]


def _time(given: object, now: datetime) -> datetime:
    return datetime.fromtimestamp(given, UTC) if isinstance(given, int) and given > 0 else now
