"""What was pressed where, as it travels through Slack: in a button, in the form for a reason, and back. Pure.

A press comes from a message, from a private message or from the home, whose metadata name the room of its owner
(docs.slack.dev/reference/interaction-payloads). Where a button asks why, a form is opened and its submission is the
press; the form keeps in its metadata, which only Slack and we see, what was pressed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from channels.text.plain import shortened

Payload = Mapping[str, Any]

FORM = "nexora_why"
ASKS_WHY = "why_"
ASKS_WHAT = "say_"
PRESSES = "ap_"
WORDS = "words"
MAX_WORDS = 1_000
MOST_BLOCKS = 100
"""Of one view (docs.slack.dev/reference/views)."""
MAX_SHORT_LABEL = 24
"""Slack's limit for the title and the buttons of a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackPress:
    """One button. `ts` is the message, empty where there is none that stays; `url` answers the presser alone."""

    card: str
    choice: str
    room: str
    ts: str = ""
    thread: str = ""
    url: str = ""


def pressed_in(payload: Payload) -> SlackPress | None:
    """What a block action pressed; None where the button is not on a card of ours. Raises KeyError or ValueError."""
    mark, _, rest = str(payload["actions"][0].get("value") or "").partition("|")
    card, _, choice = rest.partition("|")
    if mark != "ap" or not card or not choice:
        return None
    container = payload["container"]
    if container.get("type") == "view":
        return SlackPress(card=card, choice=choice, room=json.loads(payload["view"]["private_metadata"])["room"])
    ts = container["message_ts"]
    thread = container.get("thread_ts") or payload.get("message", {}).get("thread_ts") or ""
    return SlackPress(
        card=card,
        choice=choice,
        room=container["channel_id"],
        ts="" if container.get("is_ephemeral") else ts,
        thread="" if thread == ts else thread,
        url=payload.get("response_url") or "",
    )


def submitted_in(payload: Payload) -> tuple[SlackPress, str] | None:
    """What a submitted form pressed, and the words; None for a form of somebody else's."""
    view = payload["view"]
    if view.get("callback_id") != FORM:
        return None
    said = view["state"]["values"].get(WORDS, {}).get(WORDS, {}).get("value")
    return SlackPress(**json.loads(view["private_metadata"])), str(said or "").strip()


def form(pressed: SlackPress, label: str, *, is_answer: bool = False) -> dict[str, Any]:
    """The form for the words beside a press, or for an answer; its button says what the pressed one says."""
    said = shortened(label, MAX_SHORT_LABEL)
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": json.dumps(asdict(pressed)),
        "title": _plain(said),
        "submit": _plain(said),
        "close": _plain("Cancel · 取消"),
        "blocks": [
            {
                "type": "input",
                "block_id": WORDS,
                "optional": not is_answer,
                "label": _plain("Answer · 回答" if is_answer else "Reason · 原因"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": WORDS,
                    "multiline": True,
                    "max_length": MAX_WORDS,
                },
            }
        ],
    }


def home(cards: list[list[dict[str, Any]]], room: str) -> dict[str, Any]:
    """The home of the person whose private room that is, with the blocks of each card that waits for them."""
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain("Waiting for you · 等待你审批")}]
    if not cards:
        blocks.append({"type": "section", "text": _plain("Nothing waits for your approval. · 没有等待你审批的请求。")})
    for card in cards:
        if len(blocks) + len(card) + 2 > MOST_BLOCKS:
            blocks.append({"type": "section", "text": _plain("More stand in /pending. · 其余见 /pending。")})
            break
        blocks += [*card, {"type": "divider"}]
    return {"type": "home", "private_metadata": json.dumps({"room": room}), "blocks": blocks}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}
