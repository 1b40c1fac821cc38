"""Words and cards as card JSON 2.0, so that nothing a person or a model wrote can call anybody or hide a link.

Everything we say is a card: only cards can be rewritten for 14 days, grow while they are shown, and show tables and
code. The dialect is standard Markdown with tags (`<at id=all>`, `<font>`); signs are shown as themselves when they are
written as entities (open.feishu.cn/document, "富文本（Markdown）组件"). A tag inside code is broken by a joiner that
nobody sees, because nothing promises that tags do nothing there.
"""

import json
import re
from typing import Any

from channels.messages import BodyKind, Button, Card, Fact, Mention, Part, Quote, Text, Tone
from channels.shared.markdown.dialect import ACTS, Dialect, unbegun
from channels.shared.markdown.reader import read
from channels.shared.markdown.tree import Cell, Code, Link, Table
from channels.shared.markdown.words import JOINER

Json = dict[str, Any]
WORDS = "words"
"""The element that grows while an answer is streamed."""
MAX_TEXT = 4000
"""A card may have 30 KB; the worst of 4,000 characters, every one of them an entity or an emoji, has 24."""
MAX_TABLES = 5
MAX_LABEL = 60
MAX_SUMMARY = 80
_OPEN_ID = re.compile(r"ou_[A-Za-z0-9]{4,64}")
_TAG = re.compile(
    r"<(?=/?\s*(?:a|at|audio|button|card|font|img|link|local_datetime|number_tag|person|record|text_tag)\b)"
    r"|&(?=#|(?:lt|gt|amp)\b)",
    re.IGNORECASE,
)
_ACTS = re.compile(rf"{ACTS.pattern}|[<>\[\]]|&(?=#?\w+;)|:(?=[a-z]\w*:)", re.IGNORECASE)
_SIGNS = re.compile(r"[&<>*_~`\[\]()#!\\|:$+]|(?<![^\n])[-=]")
_MARKS = re.compile(r"[*_~`#>|]+")
_TYPES = {Tone.PRIMARY: "primary", Tone.DANGER: "danger", Tone.NEUTRAL: "default"}


def entity(sign: str) -> str:
    """The sign, shown as itself."""
    return f"&#{ord(sign)};"


def escaped(text: str) -> str:
    """Plain words, every sign of the dialect shown as itself."""
    return _SIGNS.sub(lambda found: entity(found[0]), text)


def markdown(text: str) -> str:
    """Markdown as the platform shows it: links to the web stay links, everything else that acts is shown as written."""
    return _Feishu().write(read(text))


class _Feishu(Dialect):
    """Standard Markdown with tags; signs are shown as themselves when they are written as entities.

    A card with more than five tables is refused: the others are shown as code, where their columns still stand.
    """

    encodes_brackets = True

    def __init__(self) -> None:
        self._tables = 0

    def code(self, code: Code) -> list[str]:
        text = "\n".join([code.about, code.text] if code.about else [code.text])
        return self.at_margin(_fenced(text, code.language).split("\n"))

    def table(self, table: Table) -> list[str]:
        self._tables += 1
        if self._tables > MAX_TABLES:
            return self.at_margin(_fenced("\n".join(table.written)).split("\n"))
        return self.at_margin(super().table(table))

    def cell(self, spans: Cell) -> str:
        return " ".join(self.spans(spans).split()).replace("|", entity("|"))

    def words(self, text: str, *, begins: bool) -> str:
        shown = _ACTS.sub(lambda found: "".join(map(entity, found[0])), text)
        return unbegun(shown) if begins else shown

    def code_text(self, text: str) -> str:
        return _broken(text)

    def address(self, url: str) -> str:
        return _TAG.sub(lambda found: entity(found[0]), url)

    def dead_link(self, link: Link, label: str) -> str:
        shown = self.words(link.url, begins=False)
        return shown if link.is_bare else f"{entity('[')}{label}{entity(']')}({shown})"


def _fenced(code: str, language: str = "") -> str:
    """A block of code that its own text cannot end."""
    inner = _broken(code).replace("```", f"``{JOINER}`")
    name = language if re.fullmatch(r"[\w+#.-]{1,20}", language) else ""
    return f"```{name}\n{inner}\n```"


def _broken(code: str) -> str:
    """Code in which no tag is one."""
    return _TAG.sub(rf"\g<0>{JOINER}", code)


def parts(given: tuple[Part, ...]) -> str:
    """The words of a message; only a `Mention` calls somebody, and only one person."""
    dialect = _Feishu()
    return "".join(_part(part, dialect, is_first=place == 0) for place, part in enumerate(given))


def _part(part: Part, dialect: "_Feishu", *, is_first: bool) -> str:
    if isinstance(part, Text):
        return dialect.within(part.text, is_first=is_first)
    if isinstance(part, Quote):
        return "".join(f"> {dialect.words(line, begins=True)}\n" for line in part.text.splitlines())
    if isinstance(part, Mention):
        if _OPEN_ID.fullmatch(part.account.id):
            return f"<at id={part.account.id}></at>"
        return escaped(f"@{part.account.name or part.account.id}")
    return ""


def words(content: str, plain: str, *, streaming: bool = False) -> str:
    """The card of a message that is only words; `content` is rendered, `plain` what lists and notices show of it."""
    config: Json = {"update_multi": True, "summary": {"content": summary(plain)}}
    if streaming:
        config["streaming_mode"] = True
        config["streaming_config"] = {
            "print_frequency_ms": {"default": 50},
            "print_step": {"default": 4},
            "print_strategy": "fast",
        }
    return _dumped({"schema": "2.0", "config": config, "body": {"elements": [_markdown(content, WORDS)]}})


def summary(text: str) -> str:
    """The first words, without marks."""
    flat = " ".join(_MARKS.sub("", text[: 4 * MAX_SUMMARY]).split())
    return flat[:MAX_SUMMARY] or "…"


def card(given: Card, *, is_direct: bool, thread: str) -> str:
    """A card of facts, body, note and buttons; `is_direct` and `thread` come back with a press, which lacks both."""
    elements: list[Json] = []
    if given.facts:
        elements.append(_markdown("\n".join(map(_fact, given.facts)), "facts"))
    if given.body.strip():
        elements.append(_body(given))
    if given.note:
        elements.append(_plain(given.note, "note", color="grey"))
    if given.buttons:
        place: Json = {"p": 1} if is_direct else {}
        place |= {"t": thread} if thread else {}
        elements.append(_row([_button(given.id, button, place) for button in given.buttons]))
    made: Json = {
        "schema": "2.0",
        "config": {"update_multi": True, "enable_forward": False, "summary": {"content": summary(given.title)}},
        "body": {"elements": elements or [_plain(given.title or "…", "note")]},
    }
    if given.title:
        template = "orange" if given.buttons else "blue"
        made["header"] = {"title": {"tag": "plain_text", "content": given.title}, "template": template}
    return _dumped(made)


def _fact(fact: Fact) -> str:
    return f"**{escaped(fact.label)}** {escaped(fact.value)}"


def _body(given: Card) -> Json:
    if given.body_kind is BodyKind.TEXT:
        return _plain(given.body, "body")
    return _markdown(_fenced(given.body, "diff" if given.body_kind is BodyKind.DIFF else ""), "body")


def _markdown(content: str, name: str) -> Json:
    return {"tag": "markdown", "element_id": name, "content": content}


def _plain(content: str, name: str, **style: str) -> Json:
    text: Json = {"tag": "plain_text", "content": content}
    if style:
        text |= {"text_size": "notation", "text_color": style["color"]}
    return {"tag": "div", "element_id": name, "text": text}


def _row(buttons: list[Json]) -> Json:
    """Side by side where there is room, below each other where there is not."""
    columns = [{"tag": "column", "width": "auto", "elements": [button]} for button in buttons]
    return {"tag": "column_set", "flex_mode": "flow", "columns": columns}


def _button(card_id: str, button: Button, place: Json) -> Json:
    return {
        "tag": "button",
        "element_id": f"b_{button.choice}",
        "type": _TYPES[button.tone],
        "text": {"tag": "plain_text", "content": button.label[:MAX_LABEL]},
        "behaviors": [{"type": "callback", "value": {"ap": f"ap|{card_id}|{button.choice}", **place}}],
    }


def _dumped(made: Json) -> str:
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))
