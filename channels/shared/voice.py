"""Who speaks: what the gateway says begins with a sign that no other text may hold, on every platform alike.

Cards, outcomes and notices carry the sign. In everything else, which models and what they have read can write, the sign
and all that looks like it become a bullet, and a link whose words name another address shows both. It is done once,
before any adapter renders, so that no dialect can be used to borrow the gateway's voice.
"""

import re
from urllib.parse import urlsplit

from channels.shared.markdown.words import JOINER
from channels.text.visible import visible

SIGN = "❖"
_BULLET = "•"
_LIKE_IT = re.compile(
    "[❖◈⟐💠⬖⬗⬘⬙⯁🞘🞙🞚🞛🞜🞜]|:diamond_shape_with_a_dot_inside:|&#(?:0*10070|x0*2756|0*9672|x0*25c8);?", re.IGNORECASE
)
_BEGINS_LIKE_IT = re.compile(
    r"^([\s>#*_~`|.\d)(+\-•\u200b-\u200f\u2060-\u2064\ufeff]{0,24})[◆◇⬥⬦♦♢✦✧✥🔷🔶🔹🔸]", re.MULTILINE
)
_BLOCK = re.compile(r"\s*(?:[-*+] |\d+[.)] |>|\||`{3}|~{3})")
_HEADING = re.compile(r"(\s*#{1,6} )")
_LINK = re.compile(
    r"!?\[((?:\\.|[^\[\]\\]|\[[^\[\]]{0,300}\]){0,300})\]\(\s*<?(https?://(?:[^\s()<>]|\([^\s()<>]*\))+)>?(?:\s+[\"'][^\"'\n]*[\"'])?\s*\)",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"^([ \t>]{0,12}\[[^\]\n]+\])(?=:)", re.MULTILINE)
_PLACE = re.compile(r"(?:(https?)://|www\.)?((?:[\w-]+\.)+[^\W\d_]{2,24})(?![\w-])", re.IGNORECASE)
_ONLY_ENDINGS = frozenset(
    {"c", "cfg", "css", "csv", "go", "html", "ini", "java", "jpg", "js", "json", "lock", "pdf", "png"}
)
_ONLY_ENDINGS |= {"toml", "ts", "txt", "xml", "yaml", "yml"}
"""Ends of files' names that end no host's."""


def as_notice(text: str) -> str:
    """Words of the gateway's own."""
    if not text.strip():
        return text
    if heading := _HEADING.match(text):
        return f"{heading[0]}{SIGN} {text[heading.end() :]}"
    before = text[: len(text) - len(text.lstrip())]
    return f"{before}{SIGN}{chr(10) * 2 if _BLOCK.match(text) else ' '}{text.lstrip()}"


def as_other(text: str) -> str:
    """Words of anybody else: without the sign, and with the address of each link whose words name another one."""
    bare = text
    if not text.isascii() or "&#" in text or ":diamond" in text:
        bare = _BEGINS_LIKE_IT.sub(rf"\1{_BULLET}", _LIKE_IT.sub(_BULLET, text))
    return _honest(bare) if "](" in bare or "]:" in bare else bare


def file_name(name: str) -> str:
    """The name of a file as it is sent: every sign of it to be seen, and in no voice but its own."""
    return as_other(visible(name).replace("\n", ""))


def _honest(text: str) -> str:
    return _DEFINITION.sub(rf"\1{JOINER}", _LINK.sub(_link, text))


def _link(found: re.Match[str]) -> str:
    label, url = found[1], found[2]
    return f"{label} ({url})" if _misleads(label, url) else found[0]


def _misleads(label: str, url: str) -> bool:
    """Whether the words of a link name a host that is not the one it leads to."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return True
    seen = visible(re.sub(r"[*_~`\\]", "", label)).replace("。", ".").replace("．", ".")
    if "⟦U+" in seen:
        return True
    for scheme, place in _PLACE.findall(seen):
        is_file = not scheme and (place.rpartition(".")[2].lower() in _ONLY_ENDINGS or parts.path.endswith(f"/{place}"))
        if not is_file and not f".{host}".endswith(f".{place.lower()}"):
            return True
    return False
