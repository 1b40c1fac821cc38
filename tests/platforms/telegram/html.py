"""The platform's HTML: what it takes as markup, and what it refuses with the words people search for."""

import html
import re
from dataclasses import dataclass, field

TAGS = {
    "a": "link", "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strike", "strike": "strike", "del": "strike", "code": "code", "pre": "pre", "blockquote": "quote",
    "tg-spoiler": "spoiler",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([^\s>/]*)([^>]*)>?")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""")


class CannotParse(Exception):
    """The text is not what the platform calls HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A stretch of the text that is set differently. `url` only for links."""

    kind: str
    text: str
    url: str = ""


@dataclass(slots=True)
class _Open:
    tag: str
    start: int
    url: str


@dataclass(slots=True)
class Parsed:
    """The words a person sees, and how they are set."""

    text: str = ""
    entities: list[Entity] = field(default_factory=list)


def parse(source: str) -> Parsed:
    """Words and entities; raises CannotParse for an unknown, unclosed or wrongly nested tag."""
    parsed, position = Parsed(), 0
    opened: list[_Open] = []
    for match in _TAG.finditer(source):
        parsed.text += html.unescape(source[position : match.start()])
        _tag(match, parsed, opened)
        position = match.end()
    parsed.text += html.unescape(source[position:])
    if opened:
        raise CannotParse(f'Can\'t find end tag corresponding to start tag "{opened[-1].tag}"')
    return parsed


def _tag(match: re.Match[str], parsed: Parsed, opened: list[_Open]) -> None:
    closes, tag, rest = match.group(1), match.group(2).lower(), match.group(3)
    if closes:
        if not opened or opened[-1].tag != tag:
            raise CannotParse(f'Unmatched end tag at byte offset {match.start()}, found "</{tag}>"')
        begun = opened.pop()
        words = parsed.text[begun.start :]
        if words and (begun.tag != "a" or begun.url.startswith(("http://", "https://", "tg://"))):
            parsed.entities.append(Entity(kind=TAGS[tag], text=words, url=begun.url))
        return
    if tag not in TAGS or not match.group(0).endswith(">"):
        raise CannotParse(f'Unsupported start tag "{tag}" at byte offset {match.start()}')
    href = _HREF.search(rest) if tag == "a" else None
    url = html.unescape(next((group for group in href.groups() if group is not None), "")) if href else ""
    opened.append(_Open(tag, len(parsed.text), url))
