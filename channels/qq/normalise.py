"""Events of the bot platform in our words. Nothing here talks to anybody.

A person has one id in private and another in each group (user_openid, member_openid), and the platform names no link
between them; ids of groups carry a prefix, so that nobody takes one for the other.
"""

import html
import re
from datetime import datetime
from typing import Any

from channels.messages import Account, Address, File, FileKind, Inbound, Mention, Part, Press, Ref, Text

Json = dict[str, Any]
GROUP = "group:"
MEMBER = "member:"
PRESS = re.compile(r"ap\|([a-z0-9]{16})\|([a-z])")
_FACE = re.compile(r"<faceType=\d+,faceId=\"[^\"]*\",ext=\"[^\"]*\">")
_KINDS = {"image": FileKind.IMAGE, "voice": FileKind.VOICE, "audio": FileKind.VOICE}


def normalise(name: str, event: Json, now: datetime) -> Inbound | None:
    """The event, or None for what is not for us. Raises KeyError, TypeError or ValueError for what makes no sense."""
    data = event["d"]
    match event.get("t"):
        case "C2C_MESSAGE_CREATE":
            return _message(name, data, now)
        case "GROUP_AT_MESSAGE_CREATE":
            return _message(name, data, now)
        case "INTERACTION_CREATE":
            return _press(name, event, now)
    return None


def _message(name: str, data: Json, now: datetime) -> Inbound | None:
    author = data["author"]
    if author.get("bot"):
        return None
    address, sender = _where(name, data.get("group_openid"), author.get("member_openid"), author.get("user_openid"))
    is_direct = not address.room.startswith(GROUP)
    parts: list[Part] = [] if is_direct else [Mention(account=Account(channel=name, id="bot"), is_me=True)]
    if words := _FACE.sub("", html.unescape(str(data.get("content") or ""))).strip():
        parts.append(Text(text=words))
    parts += [_file(number, each) for number, each in enumerate(data.get("attachments") or ()) if each.get("url")]
    return Inbound(
        event_id=str(data["id"]),
        at=_time(data.get("timestamp"), now),
        address=address,
        sender=sender,
        parts=tuple(parts),
        is_direct=is_direct,
        message=Ref(address=address, id=str(data["id"])),
    )


def _press(name: str, event: Json, now: datetime) -> Inbound | None:
    data = event["d"]
    found = PRESS.fullmatch(str(data["data"]["resolved"].get("button_data", "")))
    if found is None:
        return None
    address, sender = _where(name, data.get("group_openid"), data.get("group_member_openid"), data.get("user_openid"))
    return Inbound(
        event_id=f"press:{data['id']}",
        at=_time(data.get("timestamp"), now),
        address=address,
        sender=sender,
        press=Press(id=found[1], choice=found[2], receipt=f"{data['id']} {event.get('id') or ''}".strip()),
        is_direct=not address.room.startswith(GROUP),
    )


def _where(name: str, group: str | None, member: str | None, user: str | None) -> tuple[Address, Account]:
    if group:
        if not member:
            raise ValueError("a group event names no member")
        return Address(channel=name, room=GROUP + group), Account(channel=name, id=MEMBER + member)
    if not user:
        raise ValueError("a private event names no user")
    return Address(channel=name, room=user), Account(channel=name, id=user)


def _file(number: int, given: Json) -> File:
    media_type = str(given.get("content_type") or "")
    kind = _KINDS.get(media_type.partition("/")[0], FileKind.DOCUMENT)
    if kind is FileKind.VOICE and "/" not in media_type:
        media_type = "audio/silk"
    url = str(given["url"])
    return File(
        name=str(given.get("filename") or f"{kind.value}-{number + 1}"),
        media_type=media_type if "/" in media_type else "application/octet-stream",
        size=int(given.get("size") or 0),
        locator=url if "://" in url else f"https://{url}",
        presented_as=kind,
    )


def _time(given: object, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        return now
    return at if at.tzinfo else now
