"""Words as WeCom's Markdown and cards as its template cards. What was written can call nobody and hide no link.

Facts: developer.work.weixin.qq.com/document/path/101138 (Markdown), 101032 (cards).
"""

import hashlib
import re
from typing import Any

from channels.messages import Button, Card, Tone
from channels.shared.markdown.dialect import Dialect
from channels.shared.markdown.reader import read
from channels.shared.markdown.words import JOINER, card_words, unmarked
from channels.text.plain import shortened

Json = dict[str, Any]
MAX_TITLE, MAX_LABEL, MAX_BUTTONS, MAX_FACTS = 36, 20, 6, 6
MAX_KEY, MAX_VALUE, MAX_NOTE = 5, 26, 112
"""What a row of a card shows of a fact; a quotation (quote_area) has no such limit and folds."""
_CALL = re.compile(r"<(?=@|/?(?:font|at|a)\b)", re.IGNORECASE)
_EVERYBODY = re.compile(r"@(?=all\b|everyone\b|所有人)", re.IGNORECASE)
_STYLES = {Tone.PRIMARY: 1, Tone.DANGER: 3, Tone.NEUTRAL: 4}


def defused(text: str) -> str:
    """The same words, in which nothing calls anybody."""
    return _EVERYBODY.sub(f"@{JOINER}", _CALL.sub(f"<{JOINER}", text))


def markdown(text: str) -> str:
    """Markdown that WeCom shows; links to anything but the web are shown as words."""
    return _WECOM.write(read(text))


class _WeCom(Dialect):
    """Markdown with tables; calls and tags are alive in code as well."""

    def inert(self, text: str) -> str:
        return defused(text)

    def code_text(self, text: str) -> str:
        return defused(text)


_WECOM = _WeCom()


def words_of(card: Card) -> str:
    """A card as Markdown, everything in it shown letter by letter."""
    return card_words(card, _escaped)


def buttons_card(card: Card, task_id: str) -> Json:
    """The card with the buttons. Its texts are short and plain; the whole stands in the message before it."""
    return {
        "card_type": "button_interaction",
        **_shown(card),
        "task_id": task_id,
        "button_list": [_button(card.id, button) for button in card.buttons[:MAX_BUTTONS]],
    }


def outcome_card(card: Card, task_id: str) -> Json:
    """The card in the place of the one with buttons; a notice must lead somewhere, so it leads to our manual's home."""
    return {
        "card_type": "text_notice",
        **_shown(card),
        "task_id": task_id,
        "card_action": {"type": 1, "url": "https://work.weixin.qq.com"},
    }


def _shown(card: Card) -> Json:
    """Title and facts: a short fact in its row, and all that a row or the title would cut whole in the quotation."""
    rows = [fact for fact in card.facts if len(fact.label) <= MAX_KEY and len(fact.value) <= MAX_VALUE][:MAX_FACTS]
    rest = [f"{fact.label}: {fact.value}" for fact in card.facts if fact not in rows]
    whole = [card.title, *rest] if len(card.title) > MAX_TITLE else rest
    whole += [card.note] if len(card.note) > MAX_NOTE else []
    shown: Json = {
        "main_title": {"title": shortened(card.title, MAX_TITLE)},
        "horizontal_content_list": [{"keyname": fact.label, "value": fact.value} for fact in rows],
    }
    if card.note.strip():
        shown["sub_title_text"] = shortened(defused(card.note), MAX_NOTE)
    return {**shown, "quote_area": {"type": 0, "quote_text": defused("\n".join(whole))}} if whole else shown


def task_id(card_id: str, key: str) -> str:
    """The name of one copy of a card, which is the same for every attempt to send it."""
    return f"{card_id}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _button(card_id: str, button: Button) -> Json:
    return {
        "text": shortened(button.label, MAX_LABEL + 4),
        "style": _STYLES[button.tone],
        "key": f"ap|{card_id}|{button.choice}",
    }


def _escaped(text: str) -> str:
    return defused(unmarked(text))
