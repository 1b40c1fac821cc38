"""Cards: as the variables of the admin's template, as plain words where there is none, and what a press brings back.

The template's contract stands in docs/channels/dingtalk.md. Every variable is a string and meant for a component that
shows it letter by letter. A card's name at DingTalk (outTrackId) is the same for every attempt to send it and signed
over the card and the room, so that a press can neither be moved to another card nor invented.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from channels.dingtalk.render import plain
from channels.messages import Card
from channels.text.plain import shortened

Json = dict[str, Any]

CARD = "nxc-"
STREAM = "nxs-"
MOST_BUTTONS = 4
MOST_LABEL = 40
OPEN, CLOSED = "open", "closed"
_SIGNED = 24


def track_id(key: bytes, outbound_key: str, room: str, card_id: str) -> str:
    """The name of a card: what tells one copy from another, then the signature."""
    copy = hashlib.sha256(f"{room}\n{outbound_key}".encode()).hexdigest()[:_SIGNED]
    return f"{CARD}{copy}{_signature(key, copy, room, card_id)}"


def is_ours(key: bytes, track: str, room: str, card_id: str) -> bool:
    """Whether we gave that name to that card in that room."""
    copy = track.removeprefix(CARD)[:_SIGNED]
    return hmac.compare_digest(track.encode(), f"{CARD}{copy}{_signature(key, copy, room, card_id)}".encode())


def update_id(track: str, text: str, *, is_final: bool) -> str:
    """The name of one update of a growing card, the same when it is tried again."""
    return hashlib.sha256(f"{track}\n{is_final}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _signature(key: bytes, copy: str, room: str, card_id: str) -> str:
    return hmac.new(key, f"{copy}\n{room}\n{card_id}".encode(), hashlib.sha256).hexdigest()[:_SIGNED]


def variables(card: Card, room: str) -> dict[str, str]:
    """The template's variables for a new card."""
    return {**shown(card), "card": json.dumps([card.id, room], separators=(",", ":"))}


def shown(card: Card) -> dict[str, str]:
    """The variables that an edit changes: all but the one that a press brings back."""
    told = {
        "title": plain(card.title),
        "facts": plain("\n".join(f"{fact.label}: {fact.value}" for fact in card.facts)),
        "body": plain(card.body),
        "note": plain(card.note),
        "status": OPEN if card.buttons else CLOSED,
    }
    for number in range(1, MOST_BUTTONS + 1):
        button = card.buttons[number - 1] if number <= len(card.buttons) else None
        told[f"label{number}"] = _clip(button.label) if button else ""
        told[f"choice{number}"] = button.choice if button else ""
        told[f"tone{number}"] = button.tone.value if button else ""
    return told


def words_of(card: Card) -> str:
    """A card as plain words, which DingTalk shows letter by letter; with the line that stands in for its buttons."""
    lines = [card.title, *(f"{fact.label}: {fact.value}" for fact in card.facts), card.body, card.note]
    if card.buttons:
        lines.append(card.fallback)
    return plain("\n".join(line for line in lines if line))


def pressed(content: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Card id, room and choice of a press, none of it proven yet; None for what our template does not send."""
    private = content.get("cardPrivateData")
    params = private.get("params") if isinstance(private, dict) else None
    if not isinstance(params, dict):
        return None
    try:
        card_id, room = json.loads(str(params.get("card") or ""))
    except (ValueError, TypeError):
        return None
    choice = str(params.get("choice") or "")
    if not isinstance(card_id, str) or not isinstance(room, str) or not re.fullmatch("[a-z]", choice):
        return None
    return card_id, room, choice


def _clip(label: str) -> str:
    return plain(shortened(label, MOST_LABEL))
