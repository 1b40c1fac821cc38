"""Words and cards as Mattermost shows them. What was written can call nobody, hide no link and load no picture."""

import re
from typing import Any

from channels.markdown.words import JOINER, card_words, flush, unmarked
from channels.messages import Button, Card, Tone

Json = dict[str, Any]
_CALL = re.compile(r"(?<![\w.])@(?=\w)|(?<=[<~])(?=[@!#])")
_NO_LINK = re.compile(r"\](?=\((?!https?://))", re.IGNORECASE)
_PICTURE = re.compile(r"!(?=\[)")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_FENCED = re.compile(r"^(?:(`{3,})[^`\n]*\n(?:.*\n)*?\1`*|(~{3,}).*\n(?:.*\n)*?\2~*)[ \t]*$", re.MULTILINE)
_NESTED = re.compile(r"\r|[^`~\n](?:`{3}|~{3})")
"""A fence that is not at the beginning of its line: where code ends is then a question of lists and quotes."""
_STYLES = {Tone.PRIMARY: "primary", Tone.DANGER: "danger", Tone.NEUTRAL: "default"}
_COLOURS = {True: "#e8a33d", False: "#8a8f98"}


def markdown(text: str) -> str:
    """Markdown in which nothing calls anybody; a picture is a link, so that no text can make a client load it.

    Code in plain fences stays as it is, to be copied: Mattermost looks for no calls in it (server/public/shared/
    markdown, `Inspect` of text nodes). All other code is treated as words, because what is code depends on more than we
    can see here.
    """
    text = flush(text)
    if _NESTED.search(text):
        return _harmless(text)
    pieces, at = [], 0
    for code in _FENCED.finditer(text):
        pieces += [_harmless(text[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*pieces, _harmless(text[at:])])


def _harmless(text: str) -> str:
    return _defused(_NO_LINK.sub(f"]{JOINER}", _PICTURE.sub("", text)))


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
