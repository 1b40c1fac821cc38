"""Words and cards as card JSON 2.0, so that nothing a person or a model wrote can call anybody or hide a link.

Everything we say is a card: only cards can be rewritten for 14 days, grow while they are shown, and show tables and
code. The dialect is standard Markdown with tags (`<at id=all>`, `<font>`); signs are shown as themselves when they are
written as entities (open.feishu.cn/document, "富文本（Markdown）组件"). A tag inside code is broken by a joiner that
nobody sees, because nothing promises that tags do nothing there.
"""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from channels.markdown.words import dedented
from channels.messages import BodyKind, Button, Card, Fact, Mention, Part, Quote, Text, Tone

Json = dict[str, Any]
JOINER = "\u2060"
WORDS = "words"
"""The element that grows while an answer is streamed."""
MAX_TEXT = 4000
"""A card may have 30 KB; the worst of 4,000 characters, every one of them an entity or an emoji, has 24."""
MAX_TABLES = 5
MAX_LABEL = 60
MAX_SUMMARY = 80
_OPEN_ID = re.compile(r"ou_[A-Za-z0-9]{4,64}")
_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})(?P<language>[^\n`]*)$(?P<code>.*?)(?:^[ \t]*(?P=mark)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_TAG = re.compile(
    r"<(?=/?\s*(?:a|at|audio|button|card|font|img|link|local_datetime|number_tag|person|record|text_tag)\b)"
    r"|&(?=#|(?:lt|gt|amp)\b)",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"(?<!`)(?P<ticks>`{1,4})(?!`)(?P<code>[^\n]{1,1000}?)(?<!`)(?P=ticks)(?!`)"
    r"|!?\[(?P<label>[^\[\]\n]*)\]\((?P<url>https?://[^\s()<>\"']+(?:\([^\s()<>\"']*\)[^\s()<>\"']*)*)\)"
    r"|<(?P<auto>https?://[^\s<>]+)>"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<quote>^ {0,3}(?:> ?)+)"
    r"|:(?=[a-z]\w*:)|[<>\[\]]|&(?=#?\w+;)",
    re.MULTILINE | re.IGNORECASE,
)
_SIGNS = re.compile(r"[&<>*_~`\[\]()#!\\|:$+]|(?<![^\n])[-=]")
_DELIMITER = re.compile(r"^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_HOST = re.compile(r"^\s*(?:https?://)?([\w-]+(?:\.[\w-]+)+)(?:[/:?#].*|\s*)$", re.IGNORECASE)
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
    tables, pieces, at = Tables(), [], 0
    for fence in _FENCE.finditer(text):
        lines = dedented(fence["code"].strip("\n").split("\n"), fence["indent"] + fence["mark"])
        code = _fenced("\n".join(lines), fence["language"].strip())
        pieces += [tables.limited(text[at : fence.start()]), code]
        at = fence.end()
    return "".join([*pieces, tables.limited(text[at:])])


def _fenced(code: str, language: str = "") -> str:
    """A block of code that its own text cannot end."""
    inner = _broken(code).replace("```", f"``{JOINER}`")
    name = language if re.fullmatch(r"[\w+#.-]{1,20}", language) else ""
    return f"```{name}\n{inner}\n```"


def _broken(code: str) -> str:
    """Code in which no tag is one."""
    return _TAG.sub(rf"\g<0>{JOINER}", code)


class Tables:
    """A card with more than five tables is refused; the others are shown as code, where their columns still stand."""

    def __init__(self) -> None:
        self._count = 0

    def limited(self, prose: str) -> str:
        """Prose with its tables, defused."""
        lines, out, at = prose.split("\n"), [], 0
        while at < len(lines):
            end = _table_end(lines, at)
            self._count += end > at
            if end > at and self._count > MAX_TABLES:
                out.append(_fenced("\n".join(lines[at:end])))
            elif end > at:
                out += [_prose(line) for line in lines[at:end]]
            else:
                end = at + 1
                while end < len(lines) and _table_end(lines, end) == end:
                    end += 1
                out.append(_prose("\n".join(lines[at:end])))
            at = end
        return "\n".join(out)


def _table_end(lines: list[str], at: int) -> int:
    """The line after the table that begins at `at`; `at` itself where none does."""
    if at + 1 >= len(lines) or "|" not in lines[at] or "|" not in lines[at + 1] or not _DELIMITER.match(lines[at + 1]):
        return at
    end = at + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    return end


def _prose(text: str) -> str:
    return _TOKEN.sub(_token, text)


def _token(found: re.Match[str]) -> str:
    if found["ticks"]:
        return f"{found['ticks']}{_broken(found['code'])}{found['ticks']}"
    if found["url"]:
        return _link(found["label"], found["url"])
    if found["auto"]:
        return found["auto"]
    if found["quote"]:
        return found["quote"]
    return entity(found["escaped"] or found[0])


def _link(label: str, url: str) -> str:
    """A link; where its label names another address than it leads to, both are shown."""
    target = url.replace("(", "%28").replace(")", "%29")
    promised, host = _HOST.match(label), _host(url)
    shown = _prose(label).strip() or url
    if promised is None or f".{host}".endswith(f".{promised[1].lower()}"):
        return f"[{shown}]({target})"
    return f"{escaped(label)} &#40;{url}&#41;"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def parts(given: tuple[Part, ...]) -> str:
    """The words of a message; only a `Mention` calls somebody, and only one person."""
    return "".join(_part(part) for part in given)


def _part(part: Part) -> str:
    if isinstance(part, Text):
        return markdown(part.text)
    if isinstance(part, Quote):
        return "".join(f"> {_prose(line)}\n" for line in part.text.splitlines())
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
