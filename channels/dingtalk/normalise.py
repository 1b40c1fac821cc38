"""DingTalk's messages and presses to `Inbound`, purely: no call, no memory. What nobody said becomes None.

The SDK's own message class drops voice, video, files and quotes, so the payload is read as it is. An account's id is
`CORP:STAFF`: the organisation that DingTalk names and the member's id in it. Facts: help.dingtalk.io/open/development/
receive-message.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from channels.dingtalk.cards import is_ours, pressed
from channels.dingtalk.contents import mapping, parts_of
from channels.messages import Account, Address, Inbound, Mention, Press, Ref

Payload = Mapping[str, Any]

GROUP = "2"
_DIRECT = "staff:"


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
    parts = tuple(parts_of(channel, address, data))
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


def press_of(channel: str, frame: str, data: Payload, key: bytes, heard_at: datetime) -> Inbound | None:
    """A press on a card that we made; None for every other. `frame` is the id of the delivery.

    The presser is who DingTalk says it is. What was pressed is only believed where the card's name is signed for it.
    """
    track, staff = str(data.get("outTrackId") or ""), str(data.get("userId") or "")
    found = pressed(mapping(json.loads(str(data.get("content") or "{}"))))
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
