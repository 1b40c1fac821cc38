"""Messages as the server keeps them, in our words. Nothing here talks to anybody.

Facts: MessageSerializer, ChatSerializer and AttachmentSerializer of BlueBubbles Server. A chat's guid is
`iMessage;-;+4915…` for one person and `iMessage;+;chat…` for a group; its `style` is 45 or 43.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from channels.imessage.contents import PLACEHOLDER, balloon, tapback, words
from channels.messages import Account, Address, Earlier, File, FileKind, Inbound, Mention, Part, Quote, Ref, Text

Json = dict[str, Any]
GROUP = 43
IMESSAGE = "iMessage"
_CONVERTED = {
    "image/heic": ("image/jpeg", ".jpeg"),
    "image/heif": ("image/jpeg", ".jpeg"),
    "image/tiff": ("image/jpeg", ".jpeg"),
    "audio/x-caf": ("audio/mp3", ".mp3"),
}
"""What the server hands out in another form than it has it, for only Apple reads that."""
_MENTION = "__kIMMentionConfirmedMention"
_AFTER = r"[,:，：]?\s*"
_PART = re.compile(r"^b?p:(?:\d+/)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot: the channel's name with us, its addresses on iMessage, what people call it, and whether it hears SMS."""

    channel: str
    addresses: frozenset[str] = frozenset()
    name: str = "nexora"
    hears_sms: bool = False


def message(me: Me, told: Json, quoted: Json | None = None) -> Inbound | None:
    """What somebody said; None for what is not for us. `quoted` is the message that it answers or reacts to.

    Raises KeyError, TypeError or ValueError for nonsense.
    """
    chat = next(iter(told.get("chats") or ()), None)
    handle = told.get("handle")
    if told.get("isFromMe") or told.get("itemType") or chat is None or handle is None:
        return None  # our own, "somebody named the group", or without a sender
    service = _service(chat, handle)
    if service != IMESSAGE and not me.hears_sms:
        return None
    address = Address(channel=me.channel, room=str(chat["guid"]))
    is_direct = not _is_group(chat)
    parts = _parts(me, told, is_direct=is_direct)
    if not parts:
        return None
    answers_me = quoted is not None and bool(quoted.get("isFromMe"))
    if quoted is not None:
        parts.insert(0, Quote(text=_said(quoted), ref=Ref(address=address, id=str(quoted["guid"]))))
    return Inbound(
        event_id=str(told["guid"]),
        at=_time(told["dateCreated"]),
        address=address,
        sender=_account(me, str(handle["address"]), service),
        parts=tuple(parts),
        is_direct=is_direct,
        to_me=is_direct or answers_me or any(isinstance(part, Mention) and part.is_me for part in parts),
        message=Ref(address=address, id=str(told["guid"])),
        room_name="" if is_direct else str(chat.get("displayName") or ""),
    )


def correction(said: Inbound, told: Json) -> Inbound:
    """The same message as what somebody edited it to."""
    return replace(
        said,
        event_id=edit_of(told),
        at=_time(told["dateEdited"]),
        corrects=Earlier(event_id=said.event_id, at=said.at),
    )


def edit_of(told: Json) -> str:
    """The id of the newest edit of a message; "" when it was never edited, or was unsent."""
    edited = told.get("dateEdited")
    return f"{told['guid']}:edit:{edited}" if edited and not told.get("dateRetracted") else ""


def refers_to(told: Json) -> str:
    """The guid of the message that this one answers or reacts to; "" for none."""
    return str(told.get("threadOriginatorGuid") or "") or _PART.sub("", str(told.get("associatedMessageGuid") or ""))


def _service(chat: Json, handle: Json) -> str:
    """Over what it came: newer macOS no longer says it in the guid of the chat (`any;-;…`)."""
    return str(handle.get("service") or chat["guid"].partition(";")[0])


def _is_group(chat: Json) -> bool:
    style = chat.get("style")
    return style == GROUP if style else ";+;" in str(chat["guid"])


def _account(me: Me, address: str, service: str) -> Account:
    """Apple vouches for who writes by iMessage, and nobody for who writes by SMS: that is another account."""
    if service == IMESSAGE:
        return Account(channel=me.channel, id=address)
    return Account(channel=me.channel, id=f"{service.lower()}:{address}", name=f"{address} ({service})")


def _parts(me: Me, told: Json, *, is_direct: bool) -> list[Part]:
    if told.get("associatedMessageGuid") and not balloon(told):
        reaction = tapback(told)
        return [Text(text=reaction)] if reaction else []
    text = words(told)
    parts: list[Part] = [] if is_direct else list(_called(me, told, text))
    if parts:
        text = ""
    for each in (text, balloon(told)):
        if each:
            parts.append(Text(text=f"\n{each}" if parts else each))
    return parts + [_file(each, told) for each in told.get("attachments") or () if not each.get("hideAttachment")]


def _called(me: Me, told: Json, text: str) -> Sequence[Part]:
    """The words of a group without the bot's name, and the mention that it is; nothing when nobody calls it."""
    name = re.escape(me.name)
    found = re.search(rf"(?:^\s*|(?<!\w)@){name}(?![a-z0-9_]){_AFTER}", text, re.IGNORECASE)
    label = "" if found else _mentioned(me, told)
    if not found and label:
        found = re.search(rf"@?{re.escape(label)}{_AFTER}", text)
    if not found:
        return []
    mention = Mention(account=Account(channel=me.channel, id=min(me.addresses, default=""), name=me.name), is_me=True)
    around = (text[: found.start()], text[found.end() :])
    before, after = (Text(text=each) if each else None for each in around)
    return [part for part in (before, mention, after) if part is not None]


def _mentioned(me: Me, told: Json) -> str:
    """The words under which Messages itself mentions the bot, as one of its members."""
    for body in told.get("attributedBody") or ():
        units = str(body.get("string") or "").encode("utf-16-le")
        for run in body.get("runs") or ():
            if str((run.get("attributes") or {}).get(_MENTION) or "") in me.addresses:
                start, length = run["range"]
                return units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace").lstrip("@")
    return ""


def _said(told: Json) -> str:
    """What a message said, for somebody who answers it."""
    files = [str(each.get("transferName") or "file") for each in told.get("attachments") or ()]
    return "\n".join(filter(None, (words(told), balloon(told), *(f"[{name}]" for name in files))))


def _file(each: Json, told: Json) -> File:
    name = str(each.get("transferName") or "file").replace(PLACEHOLDER, "")
    media_type = str(each.get("mimeType") or "application/octet-stream")
    size = int(each.get("totalBytes") or 0)
    if each.get("uti") == "com.apple.coreaudio-format":
        media_type = "audio/x-caf"
    if media_type in _CONVERTED:
        media_type, ending = _CONVERTED[media_type]
        name, size = f"{name.rpartition('.')[0] or name}{ending}", 0
    kinds = {"image": FileKind.IMAGE, "audio": FileKind.VOICE if told.get("isAudioMessage") else FileKind.DOCUMENT}
    return File(
        name=name,
        media_type=media_type,
        size=size,
        locator=str(each["guid"]),
        presented_as=kinds.get(media_type.partition("/")[0], FileKind.DOCUMENT),
    )


def _time(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
