"""What the platform refuses in a message or a card, with its numbers (open.feishu.cn/document, "错误码")."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
MAX_CARD_BYTES = 30 * 1024
MAX_TABLES = 5
ELEMENT_ID = re.compile(r"[A-Za-z]\w{0,19}", re.ASCII)
TABLE = re.compile(r"^.*\|.*\n[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$", re.MULTILINE)
FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1`*$", re.MULTILINE | re.DOTALL)
IMAGE = re.compile(r"!\[[^\]]*\]\((?!img_)")
TAGS = {"button", "column", "column_set", "div", "markdown"}
TAGS_OF_OLD = TAGS | {"action"}
"""Of cards whose schema is 1.0 or not named; the newer ones have no rows of actions."""
BUTTONS = {"default", "primary", "danger"}


@dataclass
class Refused(Exception):
    """An answer whose code is not 0."""

    code: int
    words: str
    status: int = 400
    headers: dict[str, str] = field(default_factory=dict)


def check_content(kind: str, content: Any) -> Json:
    """The content of a message, parsed; raises what the platform answers to one that breaks its rules."""
    if not isinstance(content, str):
        raise Refused(230001, "Your request contains an invalid request parameter, ext=content is not a string.")
    try:
        parsed = json.loads(content)
    except ValueError:
        raise Refused(230001, "Your request contains an invalid request parameter, ext=content is not JSON.") from None
    if kind == "interactive" and parsed.get("type") != "card":
        check_card(parsed, len(content.encode()))
    elif kind == "text" and not str(parsed.get("text") or "").strip():
        raise Refused(230001, "Your request contains an invalid request parameter, ext=text is empty.")
    elif kind not in {"interactive", "image", "file", "audio", "text", "post"}:
        raise Refused(230001, f"invalid msg_type {kind}")
    return dict(parsed)


def check_card(card: Json, size: int) -> None:
    """Raise what the platform answers to a card that it cannot show."""
    if size > MAX_CARD_BYTES:
        raise Refused(230025, "The length of the message content reaches its limit.")
    if problem := next(_problems(card), ""):
        raise Refused(230099, f"Failed to create card content, ext=ErrCode: 200621; ErrMsg: {problem}")
    prose = "\n".join(FENCE.sub("", each["content"]) for each in elements(card) if each["tag"] == "markdown")
    if len(TABLE.findall(prose)) > MAX_TABLES:
        raise Refused(230099, "Failed to create card content, ext=ErrCode: 11310; ErrMsg: card table number over limit")


def elements(card: Json) -> Iterator[Json]:
    """All elements of a card of either version, those inside others too."""
    waiting = list(card.get("body", card).get("elements", []))
    while waiting:
        element = waiting.pop(0)
        yield element
        waiting = [*element.get("columns", []), *element.get("actions", []), *element.get("elements", []), *waiting]


def value_of(button: Json) -> Any:
    """What a press brings back: in a callback, or in the button itself where the card is of the older version."""
    return button["behaviors"][0]["value"] if button.get("behaviors") else button.get("value")


def _problems(card: Json) -> Iterator[str]:
    if card.get("schema", "1.0") not in {"1.0", "2.0"}:
        yield "schema is not known"
    if not card.get("body", card).get("elements") or ("body" in card) != (card.get("schema") == "2.0"):
        yield "body has no elements"
    header = card.get("header")
    if header is not None and not header.get("title", {}).get("content"):
        yield "header has no title"
    names = [each["element_id"] for each in elements(card) if "element_id" in each]
    if len(names) != len(set(names)) or not all(map(ELEMENT_ID.fullmatch, names)):
        yield "element_id is invalid or repeated"
    is_older = card.get("schema") != "2.0"
    for element in elements(card):
        yield from _element_problems(element, TAGS_OF_OLD if is_older else TAGS)


def _element_problems(element: Json, tags: set[str]) -> Iterator[str]:
    match element.get("tag"):
        case "markdown":
            content = element.get("content", "")
            if not content.strip():
                yield "markdown has no content"
            if IMAGE.search(FENCE.sub("", content)):
                yield "image key is invalid"
        case "div":
            if element.get("text", {}).get("tag") not in {"plain_text", "lark_md"} or not element["text"].get(
                "content"
            ):
                yield "div has no text"
        case "button":
            if not element.get("text", {}).get("content") or element.get("type") not in BUTTONS:
                yield "button is invalid"
            told = element.get("behaviors", [{}] if "action" not in tags else [])
            if not all(each.get("type") == "callback" and each.get("value") for each in told):
                yield "behaviors are invalid"
        case tag if tag not in tags:
            yield f"unsupported tag {tag}"
