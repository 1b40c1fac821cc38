"""Events of the bot platform in our words. Nothing here talks to anybody.

A person has one id in private and another in each group (user_openid, member_openid), and the platform names no link
between them; ids of groups carry a prefix, so that nobody takes one for the other.
"""

import re
from datetime import datetime
from typing import Any

from channels.messages import Account, Address, Inbound, Mention, Press, Ref
from channels.qq.contents import calls_me, parts_of

Json = dict[str, Any]
GROUP = "group:"
MEMBER = "member:"
PRESS = re.compile(r"ap\|([a-z0-9]{16})\|([a-z])")


def normalise(name: str, event: Json, now: datetime) -> Inbound | None:
    """The event, or None for what is not for us. Raises KeyError, TypeError or ValueError for what makes no sense."""
    data = event["d"]
    match event.get("t"):
        case "C2C_MESSAGE_CREATE":
            return _message(name, data, now)
        case "GROUP_AT_MESSAGE_CREATE":
            return _message(name, data, now)
        case "GROUP_MESSAGE_CREATE":  # of a bot that may hear all that is said in a group
            return _message(name, data, now, to_me=calls_me(data))
        case "INTERACTION_CREATE":
            return _press(name, event, now)
    return None


def _message(name: str, data: Json, now: datetime, *, to_me: bool = True) -> Inbound | None:
    author = data["author"]
    if author.get("bot"):
        return None
    address, sender = _where(name, data.get("group_openid"), author.get("member_openid"), author.get("user_openid"))
    is_direct = not address.room.startswith(GROUP)
    me = Mention(account=Account(channel=name, id="bot"), is_me=True)
    parts = parts_of(name, data) if is_direct or not to_me else [me, *parts_of(name, data)]
    return Inbound(
        event_id=str(data["id"]),
        at=_time(data.get("timestamp"), now),
        address=address,
        sender=sender,
        parts=tuple(parts),
        is_direct=is_direct,
        to_me=is_direct or to_me,
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


def _time(given: object, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        return now
    return at if at.tzinfo else now
