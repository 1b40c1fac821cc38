"""The form in which somebody says why they press a button, or what they answer. Closing it presses nothing.

Whether a button asks stands in its own name, so that one sent before a restart still does.
Facts: discord.com/developers/docs/components/reference#label, .../interactions/receiving-and-responding.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from channels.locales import closest, say
from channels.messages import Card, Language

Json = Mapping[str, Any]

MODAL = 9
LABEL, TEXT_INPUT, PARAGRAPH = 18, 4, 2
WHY, ANSWER = "|why", "|say"
REASON = "reason"
MOST_TITLE, MOST_REASON = 45, 1000


def with_forms(rows: list[dict[str, Any]], card: Card) -> list[dict[str, Any]]:
    """The rows of a card's buttons, in which those that take a reason or an answer open a form."""
    shown = (button for row in rows for button in row["components"])
    for drawn, button in zip(shown, card.buttons, strict=True):
        if button.takes_reason or button.takes_answer:
            drawn["custom_id"] += WHY if button.takes_reason else ANSWER
    return rows


def asks(interaction: Json) -> bool:
    """Whether the button that was pressed opens a form."""
    return str(interaction["data"].get("custom_id", "")).endswith((WHY, ANSWER))


def modal(interaction: Json) -> dict[str, Any]:
    """The answer to a press that opens the form, in the presser's language, under the words on the button."""
    name = str(interaction["data"]["custom_id"])
    language = language_of(interaction)
    is_answer = name.endswith(ANSWER)
    field = {
        "type": TEXT_INPUT,
        "custom_id": REASON,
        "style": PARAGRAPH,
        "required": is_answer,
        "max_length": MOST_REASON,
    }
    words = ("answer", "answer_hint") if is_answer else ("label", "hint")
    label, hint = (say(f"discord.form.{word}", language) for word in words)
    shown = {"type": LABEL, "label": label, "description": hint, "component": field}
    title = _on_the_button(interaction["message"].get("components") or (), name) or say("discord.form.title", language)
    return {"type": MODAL, "data": {"custom_id": name, "title": title[:MOST_TITLE], "components": [shown]}}


def reason_in(submission: Json) -> str:
    """The words in a form that was sent; Discord wraps a field in a label, and in older forms in a row."""
    for outer in submission["data"].get("components") or ():
        for field in (outer.get("component"), *(outer.get("components") or ())):
            if field and field.get("custom_id") == REASON:
                return str(field.get("value") or "").strip()
    return ""


def language_of(interaction: Json) -> Language:
    """The language of whoever presses or types, as their Discord is set."""
    return closest(str(interaction.get("locale", "")))


def _on_the_button(rows: Iterable[Json], name: str) -> str:
    buttons = (button for row in rows for button in row.get("components") or ())
    return next((str(button.get("label") or "") for button in buttons if button.get("custom_id") == name), "")
