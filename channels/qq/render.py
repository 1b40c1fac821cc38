"""Words and cards as QQ shows them: Markdown with buttons where that was granted, else plain words.

Nothing a person or a model wrote can call a member: QQ reads `<@openid>`, `<qqbot-at-user …>` and `<#…>` in both forms
of text (bot.q.qq.com/wiki, "消息类型"). Links are shown as they are; the platform refuses those it does not know.
"""

import re
from collections import deque
from typing import Any

from channels.markdown.words import JOINER, card_words, cells_of, flush, unmarked
from channels.messages import Button, Card, Tone

Json = dict[str, Any]
MAX_ROWS, MAX_IN_ROW, MAX_LABEL = 5, 5, 30
_CALL = re.compile(r"<(?=[@#!/]|qqbot|emoji|face)", re.IGNORECASE)
_EVERYBODY = re.compile(r"@(?=everyone|all\b|全体)", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(([^()\s]*)\)")
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,}).*$\n?", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6} +(.+?) *#*$", re.MULTILINE)
_BULLET = re.compile(r"^( *)[-*+] +", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_DIVIDER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*")
_MARK = re.compile(r"[ \t]*(`{3,}|~{3,})")
_WEB = ("http://", "https://")
_NO_LINK = re.compile(r"\](?=\((?!https?://))", re.IGNORECASE)


def defused(text: str) -> str:
    """The same words, in which nothing calls anybody."""
    return _EVERYBODY.sub(f"@{JOINER}", _CALL.sub(f"<{JOINER}", text))


def markdown(text: str) -> str:
    """Markdown that QQ may render: links to the web stay links, all others are shown as words, tables become lists."""
    listed = _listed(flush(text))
    text = _LINK.sub(lambda found: found[0] if found[2].startswith(_WEB) else f"{found[1]} ({found[2]})", listed)
    return defused(_NO_LINK.sub(f"]{JOINER}", text))


def plain(text: str) -> str:
    """The same without marks, for bots that may not send Markdown."""
    text = _listed(text)
    text = _LINK.sub(lambda found: f"{found[1]} ({found[2]})" if found[2] != found[1] else found[1], text)
    text = _HEADING.sub(r"\1", _FENCE.sub("", text))
    text = _CODE.sub(r"\1", _STRONG.sub(r"\2", _BULLET.sub(r"\1• ", text)))
    return defused(text)


def _listed(text: str) -> str:
    """The same with a line for each row of a table, because QQ has none; code is left alone."""
    lines, fence = deque(text.split("\n")), ""
    done: list[str] = []
    while lines:
        line = lines.popleft()
        mark = _MARK.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        if not fence and lines and "|" in line and _DIVIDER.fullmatch(lines[0]):
            lines.popleft()
            done.append(f"**{_row(line).replace('**', '')}**")
            while lines and "|" in lines[0]:
                done.append(f"- {_row(lines.popleft())}")
        else:
            done.append(line)
    return "\n".join(done)


def _row(line: str) -> str:
    return " · ".join(cells_of(line))


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
