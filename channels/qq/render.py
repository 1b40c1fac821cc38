"""Words and cards as QQ shows them: Markdown with buttons where that was granted, else plain words.

Nothing a person or a model wrote can call a member: QQ reads `<@openid>`, `<qqbot-at-user …>` and `<#…>` in both forms
of text (bot.q.qq.com/wiki, "消息类型"). Links are shown as they are; the platform refuses those it does not know.
"""

import re
from collections.abc import Iterable
from typing import Any

from channels.messages import Button, Card, Tone
from channels.shared.markdown.dialect import Dialect
from channels.shared.markdown.reader import read
from channels.shared.markdown.tree import Cell, Table, without_bold
from channels.shared.markdown.walk import BULLET, Walk
from channels.shared.markdown.words import JOINER, card_words, unmarked

Json = dict[str, Any]
MAX_ROWS, MAX_LABEL = 5, 30
_CALL = re.compile(r"<(?=[@#!/]|qqbot|emoji|face)", re.IGNORECASE)
_EVERYBODY = re.compile(r"@(?=everyone|all\b|全体)", re.IGNORECASE)


def defused(text: str) -> str:
    """The same words, in which nothing calls anybody."""
    return _EVERYBODY.sub(f"@{JOINER}", _CALL.sub(f"<{JOINER}", text))


def markdown(text: str) -> str:
    """Markdown that QQ may render: links to the web stay links, all others are shown as words, tables become lists."""
    return _MARKED.write(read(text))


def plain(text: str) -> str:
    """The same without marks, for bots that may not send Markdown."""
    return defused(_PLAIN.write(read(text)))


class _QQ(Dialect):
    """Markdown without tables."""

    has_tables = False

    def table(self, table: Table) -> list[str]:
        """A bold line and a point for each row below it."""
        head, *rows = table.rows
        return [f"**{self._row(without_bold(cell) for cell in head)}**", *(f"- {self._row(row)}" for row in rows)]

    def _row(self, cells: Iterable[Cell]) -> str:
        return " · ".join(" ".join(self.spans(cell).split()) for cell in cells)

    def inert(self, text: str) -> str:
        return defused(text)

    def code_text(self, text: str) -> str:
        return defused(text)


class _Plain(Walk):
    """Words, with a point for each row of a table."""

    def table(self, table: Table) -> list[str]:
        head, *rows = super().table(table)
        return [head, *(f"{BULLET} {row}" for row in rows)]


_MARKED, _PLAIN = _QQ(), _Plain()


def card_markdown(card: Card) -> str:
    """Title, facts, body and note, everything in them shown letter by letter."""
    return card_words(card, _escaped)


def card_plain(card: Card) -> str:
    """The same without marks."""
    facts = [f"{fact.label}: {fact.value}" for fact in card.facts]
    return defused("\n".join(filter(None, (card.title, *facts, card.body, card.note))))


def keyboard(card: Card) -> Json:
    """The buttons, two in a row at most, which anybody may press: who may decide is looked up at home."""
    rows = [card.buttons[at : at + 2] for at in range(0, len(card.buttons), 2)][:MAX_ROWS]
    return {"content": {"rows": [{"buttons": [_button(card.id, button) for button in row]} for row in rows]}}


def _button(card_id: str, button: Button) -> Json:
    label = button.label[:MAX_LABEL]
    return {
        "id": button.choice,
        "render_data": {"label": label, "visited_label": label, "style": int(button.tone is Tone.PRIMARY)},
        "action": {
            "type": 1,
            "permission": {"type": 2},
            "data": f"ap|{card_id}|{button.choice}",
            "unsupport_tips": "Please update QQ. 请升级 QQ。",
        },
    }


def _escaped(text: str) -> str:
    return defused(unmarked(text))
