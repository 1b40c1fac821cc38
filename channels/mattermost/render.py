"""Words and cards as Mattermost shows them. What was written can call nobody, hide no link and load no picture."""

import re
from dataclasses import replace
from typing import Any

from channels.messages import Button, Card, Tone
from channels.shared.markdown.dialect import Dialect
from channels.shared.markdown.reader import read
from channels.shared.markdown.tree import Code
from channels.shared.markdown.words import JOINER, card_words, unmarked

Json = dict[str, Any]
_CALL = re.compile(r"(?<![\w.])@(?=\w)|(?<=[<~])(?=[@!#])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_STYLES = {Tone.PRIMARY: "primary", Tone.DANGER: "danger", Tone.NEUTRAL: "default"}
_COLOURS = {True: "#e8a33d", False: "#8a8f98"}


def markdown(text: str) -> str:
    """Markdown in which nothing calls anybody; a picture is a link, so that no text can make a client load it."""
    return _MATTERMOST.write(read(text))


class _Mattermost(Dialect):
    """Markdown as GitHub has it.

    Code in a fence that was closed stays as it is, to be copied: Mattermost looks for no calls in it
    (server/public/shared/markdown, `Inspect` of text nodes). All other code is treated as words.
    """

    def code(self, code: Code) -> list[str]:
        return super().code(replace(code, text=_defused(code.text)) if code.is_open else code)

    def code_span(self, text: str) -> str:
        return super().code_span(_defused(text))

    def inert(self, text: str) -> str:
        return _defused(text)


_MATTERMOST = _Mattermost()


def _defused(text: str) -> str:
    return _ENTITY.sub(f"&{JOINER}", _CALL.sub(lambda found: f"{found[0]}{JOINER}", text))


def card_props(card: Card, contexts: dict[str, Json], url: str) -> Json:
    """The attachment that a card is; `contexts` are what each button's press brings back to `url`."""
    attachment: Json = {
        "fallback": card.title,
        "color": _COLOURS[bool(card.buttons)],
        "text": _words_of(card),
        "actions": [_action(button, contexts[button.choice], url) for button in card.buttons],
    }
    return {"attachments": [attachment]}


def _words_of(card: Card) -> str:
    """Everything on the card, shown letter by letter."""
    return card_words(card, _escaped)


def _action(button: Button, context: Json, url: str) -> Json:
    return {
        "id": f"choice{button.choice}",
        "name": button.label,
        "type": "button",
        "style": _STYLES[button.tone],
        "integration": {"url": url, "context": context},
    }


def _escaped(text: str) -> str:
    return _defused(unmarked(text))
