"""Presses: the server posts the context that we gave it with the button, which no client ever sees.

Mattermost signs nothing, so each context carries a proof of ours, bound to the card, the choice and the room. Whoever
does not know it cannot press; who pressed is what the server says, for only the server has the proof.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from channels.messages import Account, Address, Inbound, Press, Ref

Json = dict[str, Any]
MOST_BYTES = 2**18


def context(key: bytes, card_id: str, choice: str, address: Address) -> Json:
    """What a press of that button brings back."""
    proof = _proof(key, card_id, choice, address)
    return {"card": card_id, "choice": choice, "thread": address.thread, "proof": proof}


def press(channel: str, key: bytes, given: object, now: datetime, *, is_direct: bool) -> Inbound | None:
    """The press that the server posted; None when it is not ours. Raises KeyError or TypeError for nonsense."""
    body = given if isinstance(given, dict) else {}
    told = body.get("context")
    told = told if isinstance(told, dict) else {}
    card_id, choice = str(told.get("card", "")), str(told.get("choice", ""))
    address = Address(channel=channel, room=str(body.get("channel_id", "")), thread=str(told.get("thread", "")))
    if not hmac.compare_digest(str(told.get("proof", "")).encode(), _proof(key, card_id, choice, address).encode()):
        return None
    sender = Account(channel=channel, id=str(body["user_id"]), name=str(body.get("user_name", "")))
    once = hashlib.sha256(f"{body.get('trigger_id', '')}|{body['post_id']}|{sender.id}|{choice}".encode()).hexdigest()
    return Inbound(
        event_id=f"press:{once[:32]}",
        at=now,
        address=address,
        sender=sender,
        press=Press(id=card_id, choice=choice, message=Ref(address=address, id=str(body["post_id"])), receipt="press"),
        is_direct=is_direct,
    )


def _proof(key: bytes, card_id: str, choice: str, address: Address) -> str:
    told = f"{card_id}|{choice}|{address.room}|{address.thread}"
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
