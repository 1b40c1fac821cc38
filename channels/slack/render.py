"""`Outbound` to Block Kit, so that nothing a person or a model wrote can call the room, a person, or hide a link.

Words go into a `markdown` block, cards into `rich_text` and `plain_text`, which Slack shows letter by letter. Limits:
docs.slack.dev/reference/block-kit/blocks.
"""

import re
from collections.abc import Iterator
from typing import Any

from channels.messages import BodyKind, Button, Card, Fact, Outbound, Stop, Tone
from channels.shared.markdown.dialect import Dialect
from channels.shared.markdown.reader import read
from channels.shared.markdown.tree import Link
from channels.shared.markdown.words import JOINER
from channels.slack.presses import ASKS_WHAT, ASKS_WHY, PRESSES
from channels.text.plain import shortened

Block = dict[str, Any]

# A markdown block takes 12,000 characters, but messages of more than about 13,000 are refused as msg_blocks_too_long
# with their JSON escapes counted (slackapi/bolt-js#2509), and defusing adds a character per hit.
MAX_TEXT = 8_000
MAX_MARKDOWN = 12_000
MAX_HEADER = 150
MAX_LABEL = 75
MAX_BUTTONS = 25
MAX_FACT = 600
MAX_BODY = 2_900
MAX_NOTE = 900
MAX_NOTICE = 3_000

WORD_JOINER = JOINER
# `<@U…>`, `<#C…>`, `<!here>` and `<url|label>` are calls and masked links in Slack's own dialect, which its markdown
# honours inside standard Markdown. `<!DOCTYPE`, comments and plain `<url>` are left alone. The entities of that dialect
# are broken as well, because nothing promises when they are decoded.
_CALLS = re.compile(
    r"<(?=[@#]|!(?!doctype|--)|[a-z][a-z0-9+.-]*:[^>\s|]*\|)|&(?=(?:lt|gt|amp|#0*60|#x0*3c);)", re.IGNORECASE
)


def markdown(text: str) -> str:
    """Markdown that Slack shows as written: no call of people or rooms, no link whose label names another address.

    An invisible word joiner breaks the call, which holds in every dialect and in code, whatever is decoded when. Where
    escaping what was written has made it too long for Slack, it is sent without its marks being looked at.
    """
    shown = _SLACK.write(read(text))
    return shown if len(shown) <= MAX_MARKDOWN else _SLACK.calm(text)


def _inert(text: str) -> str:
    return _CALLS.sub(rf"\g<0>{WORD_JOINER}", text)


class _Slack(Dialect):
    """Standard Markdown, in which Slack's own dialect of calls and masked links is alive, in code too."""

    keeps_code_in_lists = True

    def inert(self, text: str) -> str:
        return _inert(text)

    def code_text(self, text: str) -> str:
        return _inert(text)

    def dead_link(self, link: Link, label: str) -> str:
        return _inert(link.url) if link.is_bare else f"[{label}]{WORD_JOINER}({_inert(link.url)})"


_SLACK = _Slack()


def escaped(text: str) -> str:
    """Plain words for Slack's own dialect (docs.slack.dev/messaging/formatting-message-text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message(outbound: Outbound) -> dict[str, Any]:
    """The `text` (the notification, and what a screen reader says) and the `blocks` of a message."""
    blocks: list[Block] = []
    if outbound.text.strip():
        blocks.append({"type": "markdown", "text": markdown(outbound.text)})
    if outbound.card:
        blocks += card_blocks(outbound.card)
    return {"text": notice(outbound), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def words(text: str, stop: Stop | None = None) -> dict[str, Any]:
    """As `message`, for words that are still growing, with the button that ends them."""
    blocks: list[Block] = [{"type": "markdown", "text": markdown(text)}, *(card_blocks(stop.card) if stop else ())]
    return {"text": shortened(escaped(text), MAX_NOTICE), "blocks": blocks}


def notice(outbound: Outbound) -> str:
    """The one-line form of a message."""
    lines = [outbound.text.strip()]
    if card := outbound.card:
        lines += [card.title, *(f"{fact.label}: {fact.value}" for fact in card.facts), card.note]
        lines += [card.fallback] if card.buttons else []
    return shortened(escaped("\n".join(line for line in lines if line)), MAX_NOTICE)


def card_blocks(card: Card) -> list[Block]:
    """A card: its title, its facts and body letter by letter, its note, and a row of buttons if it still has any."""
    blocks: list[Block] = []
    if 0 < len(card.title) <= MAX_HEADER:
        blocks.append({"type": "header", "text": _plain(card.title, MAX_HEADER)})
    if rich := list(_rich(card)):
        blocks.append({"type": "rich_text", "elements": rich})
    if card.note:
        blocks.append({"type": "context", "elements": [_plain(card.note, MAX_NOTE)]})
    if card.buttons:
        blocks.append({"type": "actions", "elements": list(_buttons(card))})
    return blocks


def _rich(card: Card) -> Iterator[Block]:
    if len(card.title) > MAX_HEADER:  # too long for a header, but a title is not cut
        yield {"type": "rich_text_section", "elements": [_bold(f"{shortened(card.title, MAX_FACT)}\n")]}
    if card.facts:
        elements = [element for fact in card.facts for element in _fact(fact)]
        yield {"type": "rich_text_section", "elements": elements}
    if card.body:
        kind = "rich_text_section" if card.body_kind is BodyKind.TEXT else "rich_text_preformatted"
        yield {"type": kind, "elements": [{"type": "text", "text": shortened(card.body, MAX_BODY)}]}


def _fact(fact: Fact) -> Iterator[Block]:
    yield _bold(f"{shortened(fact.label, MAX_LABEL)}: ")
    yield {"type": "text", "text": f"{shortened(fact.value, MAX_FACT) or '—'}\n"}


def _bold(text: str) -> Block:
    return {"type": "text", "text": text, "style": {"bold": True}}


def _buttons(card: Card) -> Iterator[Block]:
    for button in card.buttons[:MAX_BUTTONS]:
        element: Block = {
            "type": "button",
            "text": _plain(button.label, MAX_LABEL),
            "action_id": f"{_begins(button)}{button.choice}",
            "value": f"ap|{card.id}|{button.choice}",
        }
        if button.tone is not Tone.NEUTRAL:
            element["style"] = button.tone.value
        yield element


def _begins(button: Button) -> str:
    """How its action is called first, by which a press that opens a form is known."""
    return ASKS_WHY if button.takes_reason else ASKS_WHAT if button.takes_answer else PRESSES


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": shortened(text, limit), "emoji": False}
