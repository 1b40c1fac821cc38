"""Callbacks of the app in our words. Nothing here talks to anybody. An app hears single persons only, no groups."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from channels.messages import Account, Address, File, FileKind, Inbound, Part, Press, Quote, Ref, Text, heard
from channels.wecom.normalise import PRESS, name_of

_SECONDS = re.compile(r"[1-9][0-9]{0,10}")
_MEDIA = {
    "image": (FileKind.IMAGE, "image/jpeg", "image.jpg"),
    "file": (FileKind.DOCUMENT, "application/octet-stream", "file"),
    "video": (FileKind.DOCUMENT, "video/mp4", "video.mp4"),
    "voice": (FileKind.VOICE, "audio/amr", "voice.amr"),
}


def normalise(name: str, event: Mapping[str, str], now: datetime) -> Inbound | None:
    """The event, or None for what is not for us. Raises KeyError or ValueError for what makes no sense."""
    kind = event["MsgType"]
    if kind == "event":
        return _press(name, event, now) if event.get("Event") == "template_card_event" else None
    parts = _parts(kind, event)
    address, sender = _whose(name, event)
    return Inbound(
        event_id=_given(event, "MsgId"),
        at=_time(event, now),
        address=address,
        sender=sender,
        parts=parts,
        message=Ref(address=address, id=event["MsgId"]),
    )


def _press(name: str, event: Mapping[str, str], now: datetime) -> Inbound | None:
    """A press has no name of its own; who pressed what and when is the same on every repetition."""
    found = PRESS.fullmatch(event.get("EventKey", ""))
    if found is None:
        return None
    address, sender = _whose(name, event)
    task_id = _given(event, "TaskId")
    return Inbound(
        event_id=f"press:{sender.id}:{event['CreateTime']}:{task_id}:{event['EventKey']}",
        at=_time(event, now),
        address=address,
        sender=sender,
        press=Press(
            id=found[1],
            choice=found[2],
            message=Ref(address=address, id=task_id),
            receipt=event.get("ResponseCode", ""),
        ),
    )


def _whose(name: str, event: Mapping[str, str]) -> tuple[Address, Account]:
    person = _given(event, "FromUserName")
    return Address(channel=name, room=person), Account(channel=name, id=person)


def _parts(kind: str, event: Mapping[str, str]) -> tuple[Part, ...]:
    if kind == "text":
        return (Text(text=event["Content"] if event["Content"].strip() else name_of(kind)),)
    if kind == "location":
        place = f"{event.get('Label', '')} {event.get('Location_X', '')}, {event.get('Location_Y', '')}"
        return (Text(text=f"📍 {place.strip()}"),)
    if kind == "link":
        shown = "\n".join(filter(None, (event.get(name) for name in ("Title", "Description", "Url"))))
        return (*((Quote(text=shown),) if shown else ()), Text(text="[A link that was sent.]"))
    if kind == "voice" and (words := event.get("Recognition", "").strip()):
        return (heard(words),)
    locator = event.get("MediaId", "")
    if kind not in _MEDIA or not locator:
        return (Text(text=name_of(kind)),)
    presented_as, media_type, file_name = _MEDIA[kind]
    name = event.get("FileName") or file_name
    return (File(name=name, media_type=media_type, size=0, locator=locator, presented_as=presented_as),)


def _given(event: Mapping[str, str], name: str) -> str:
    if not event[name]:
        raise ValueError(f"{name} is empty")
    return event[name]


def _time(event: Mapping[str, str], now: datetime) -> datetime:
    given = event.get("CreateTime", "")
    return datetime.fromtimestamp(int(given), UTC) if _SECONDS.fullmatch(given) else now
