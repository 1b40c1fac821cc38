"""Words as WeCom's Markdown and cards as its template cards. What was written can call nobody and hide no link.

Facts: developer.work.weixin.qq.com/document/path/101138 (Markdown), 101032 (cards).
"""

import hashlib
import re
from typing import Any

from channels.markdown.dialect import Dialect
from channels.markdown.reader import read
from channels.markdown.words import JOINER, card_words, unmarked
from channels.messages import Button, Card, Tone

Json = dict[str, Any]
MAX_TITLE, MAX_DESC, MAX_LABEL, MAX_BUTTONS, MAX_FACTS = 36, 44, 20, 6, 6
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
        "main_title": {"title": _clip(card.title, MAX_TITLE)},
        "horizontal_content_list": [
            {"keyname": _clip(fact.label, 5), "value": _clip(fact.value, 26)} for fact in card.facts[:MAX_FACTS]
        ],
        "task_id": task_id,
        "button_list": [_button(card.id, button) for button in card.buttons[:MAX_BUTTONS]],
    }


def outcome_card(card: Card, task_id: str) -> Json:
    """The card in the place of the one with buttons; a notice must lead somewhere, so it leads to our manual's home."""
    return {
        "card_type": "text_notice",
        "main_title": {"title": _clip(card.title, MAX_TITLE)},
        "horizontal_content_list": [
            {"keyname": _clip(fact.label, 5), "value": _clip(fact.value, 26)} for fact in card.facts[:MAX_FACTS]
        ],
        "task_id": task_id,
        "card_action": {"type": 1, "url": "https://work.weixin.qq.com"},
    }


def task_id(card_id: str, key: str) -> str:
    """The name of one copy of a card, which is the same for every attempt to send it."""
    return f"{card_id}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _button(card_id: str, button: Button) -> Json:
    return {
        "text": _clip(button.label, MAX_LABEL + 4),
        "style": _STYLES[button.tone],
        "key": f"ap|{card_id}|{button.choice}",
    }


def _escaped(text: str) -> str:
    return defused(unmarked(text))


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
