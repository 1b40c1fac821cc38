"""A message as a person sees it: marks applied and removed, and who is called by it.

It believes the worst where the manual is silent: a tag works in code too, and entities are decoded there before tags
are looked for.
"""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.feishu.rules import elements
from tests.platforms.markdown import JOINER, shown

CODE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"<(?:at|person)\b[^<>]*>", re.IGNORECASE)
ANCHOR = re.compile(r"<(?:a|link)\b[^<>]*>", re.IGNORECASE)
KEPT = "\ue000"


@dataclass
class Sight:
    """What is seen of one card."""

    lines: list[str] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def look(card: dict[str, Any]) -> Sight:
    """What a person sees of a card."""
    sight = Sight()
    if title := card.get("header", {}).get("title", {}).get("content"):
        sight.lines.append(title)
    for element in elements(card):
        if element["tag"] == "markdown":
            _dialect(element["content"], sight)
        elif element["tag"] == "div":
            sight.lines.append(element["text"]["content"])
        elif element["tag"] == "button":
            sight.buttons.append(element["text"]["content"])
    return sight


def _dialect(text: str, sight: Sight) -> None:
    in_code = html.unescape("".join(found[0] for found in CODE.finditer(text)))
    sight.pings += CALL.findall(text) + CALL.findall(in_code)
    sight.links += ANCHOR.findall(text) + ANCHOR.findall(in_code)
    seen = shown(CALL.sub("@", CODE.sub(lambda found: found[0].replace("&", KEPT), text)))
    sight.bold += map(_decoded, seen.bold)
    sight.code += map(_decoded, seen.code)
    sight.links += seen.links
    sight.lines.append(_decoded(seen.text))


def _decoded(text: str) -> str:
    return html.unescape(text).replace(KEPT, "&").replace(JOINER, "")
