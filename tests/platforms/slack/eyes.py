"""A message as a person sees it in Slack: markup applied and removed, and who is called by it.

It believes the worst where Slack's manual is silent: a call works in code, and entities are decoded before calls are
looked for.
"""

import html
import re
from dataclasses import dataclass, field
from typing import Any

CALL = re.compile(r"<(@[UW]\w+|![a-z]+(?:\^\w+)?|#C\w+)(?:\|[^<>]*)?>", re.IGNORECASE)
LINK = re.compile(r"<((?:https?|mailto|tel):[^<>|]+)(?:\|([^<>]*))?>", re.IGNORECASE)
MARKDOWN_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^\s()]+)\)")
FENCE = re.compile(r"```[a-z]*\n?(.*?)```", re.DOTALL)
TICKS = re.compile(r"`([^`\n]+)`")
STARS = re.compile(r"\*\*([^*\n]+)\*\*")
STAR = re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)")
INVISIBLE = "\u2060"


@dataclass
class Sight:
    """What is seen of one message."""

    lines: list[str] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines).replace(INVISIBLE, "")


def look(text: str, blocks: list[dict[str, Any]]) -> Sight:
    """What a person sees: the blocks if there are any, else the text; who is called by either."""
    sight = Sight()
    for block in blocks:
        _look_at(block, sight)
    if blocks:
        sight.pings += CALL.findall(text)
    else:
        _dialect(text, STAR, sight)
    return sight


def _look_at(block: dict[str, Any], sight: Sight) -> None:
    kind = block["type"]
    if kind == "markdown":
        _dialect(block["text"], STARS, sight)
    elif kind == "header":
        sight.lines.append(block["text"]["text"])
    elif kind == "section":
        for text in [block["text"]] if "text" in block else block["fields"]:
            _text_object(text, sight)
    elif kind == "context":
        for text in block["elements"]:
            _text_object(text, sight)
    elif kind == "rich_text":
        for element in block["elements"]:
            _rich(element, sight)
    elif kind == "actions":
        sight.buttons += [element["text"]["text"] for element in block["elements"]]


def _text_object(text: dict[str, Any], sight: Sight) -> None:
    if text["type"] == "mrkdwn":
        _dialect(text["text"], STAR, sight)
    else:
        sight.lines.append(text["text"])


def _rich(element: dict[str, Any], sight: Sight) -> None:
    words = ""
    for leaf in element["elements"]:
        words += leaf.get("text") or leaf.get("url") or leaf.get("user_id") or ""
        if leaf.get("style", {}).get("bold"):
            sight.bold.append(leaf["text"])
        if leaf["type"] == "link":
            sight.links.append(leaf["url"])
        if leaf["type"] in {"user", "broadcast"}:
            sight.pings.append(leaf.get("user_id") or leaf.get("range"))
    if element["type"] == "rich_text_preformatted":
        sight.code.append(words)
    sight.lines.append(words.rstrip("\n"))


def _dialect(text: str, bold: re.Pattern[str], sight: Sight) -> None:
    sight.pings += CALL.findall(text) + CALL.findall(html.unescape(text) if "&" in text and bold is STARS else "")
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        sight.code.append(html.unescape(found[1]).strip("\n").replace(INVISIBLE, ""))
        kept.append(found[1])
        return f"\0{len(kept) - 1}\0"

    def link(found: re.Match[str]) -> str:
        sight.links.append(found[1])
        return found[2] or found[1]

    def markdown_link(found: re.Match[str]) -> str:
        sight.links.append(found[2])
        return found[1]

    def strong(found: re.Match[str]) -> str:
        sight.bold.append(found[1])
        return found[1]

    shown = TICKS.sub(keep, FENCE.sub(keep, text))
    shown = LINK.sub(link, shown)
    if bold is STARS:
        shown = MARKDOWN_LINK.sub(markdown_link, shown)
    shown = CALL.sub(lambda found: f"@{found[1][1:]}", bold.sub(strong, shown))
    shown = re.sub("\0(\\d+)\0", lambda found: kept[int(found[1])], shown)
    sight.lines.append(html.unescape(shown))
