"""What a person sees in DingTalk: Markdown applied as its clients do, plain words and card variables as they are.

It believes the worst where the manual is silent: tags and entities are alive outside of code, pictures are fetched.
"""

import html
import re
from dataclasses import dataclass, field

from tests.platforms.dingtalk.office import ANSWER, BUTTONS, CardCopy, Json
from tests.platforms.markdown import JOINER, shown

_FENCED = re.compile(r"(^`{3,}[^\n]*\n.*?\n`{3,}$)", re.DOTALL | re.MULTILINE)
_TICKS = re.compile(r"(`[^`\n]+`)")
_TAG = re.compile(r"</?[a-z!?][^>]*>", re.IGNORECASE)
_PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
_SOFT = re.compile(r"(?<=[^\n])(?<! {2})\n(?!\n|\s*[-*+>#]|\s*\d+\.)")


@dataclass
class Sight:
    """What is seen of one message."""

    text: str = ""
    bold: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)


def markdown(text: str) -> Sight:
    """Words in DingTalk's Markdown."""
    fetched: list[str] = []

    def calm(words: str) -> str:
        fetched.extend(_PICTURE.findall(words))
        return html.unescape(_TAG.sub("", words)).replace("  \n", "\n")

    pieces = []
    for piece in _FENCED.split(text):
        if _FENCED.fullmatch(piece):
            pieces.append(piece)
        else:
            pieces += [part if _TICKS.fullmatch(part) else calm(part) for part in _TICKS.split(_SOFT.sub(" ", piece))]
    seen = shown("".join(pieces))
    return Sight(text=seen.text, bold=seen.bold, code=seen.code, links=seen.links, fetched=fetched)


def plain(text: str) -> Sight:
    """Words of a text message."""
    return Sight(text=text.replace(JOINER, ""))


def card(copy: CardCopy) -> Sight:
    """A card of one of the two templates, whose components show variables letter by letter, the growing one apart."""
    told = copy.variables
    if copy.template == ANSWER:
        return markdown(told.get("content", ""))
    is_open = told.get("status") == "open"
    lines = [told.get(name, "") for name in ("title", "facts", "body", "note")]
    labels = [told[f"label{number}"] for number in BUTTONS if is_open and told.get(f"label{number}")]
    return Sight(text="\n".join(line for line in lines if line), buttons=labels)


def message(kind: str, body: Json) -> Sight:
    """A message by the API or a reply address."""
    if kind == "sampleMarkdown":
        return markdown(body["text"])
    return plain(str(body.get("content") or ""))
