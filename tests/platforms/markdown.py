"""What a person sees of Markdown, for the fakes of platforms that render it: marks applied and removed."""

import re
from dataclasses import dataclass, field

_FENCE = re.compile(r"^(`{3,})[^\n`]*\n(.*?)\n\1$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_~\[\]#>|!])|`(?P<code>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|\[(?P<label>[^\]\n]*)\]\((?P<url>[a-z]+:[^\s]*?)\)(?!\))"
)
JOINER = "\u2060"
"""A sign that nobody sees, with which adapters break what would call somebody."""


@dataclass(slots=True)
class Shown:
    """The words without marks, and what was marked."""

    text: str = ""
    bold: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def shown(text: str) -> Shown:
    """Markdown as it is looked at; links of every scheme count, for a platform may follow any."""
    seen = Shown()
    pieces, at = [], 0
    for fence in _FENCE.finditer(text):
        pieces += [_spans(text[at : fence.start()], seen), fence[2]]
        seen.code.append(fence[2])
        at = fence.end()
    seen.text = "".join([*pieces, _spans(text[at:], seen)]).replace(JOINER, "")
    return seen


def _spans(text: str, seen: Shown) -> str:
    def show(found: re.Match[str]) -> str:
        if found["code"] is not None:
            seen.code.append(found["code"])
            return found["code"]
        if found["bold"] is not None:
            seen.bold.append(found["bold"])
            return _spans(found["bold"], seen)
        if found["url"] is not None:
            seen.links.append(found["url"])
            return str(found["label"])
        return str(found["escaped"])

    return _INLINE.sub(show, text)
