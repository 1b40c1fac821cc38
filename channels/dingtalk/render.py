"""Words as DingTalk's Markdown, so that nothing a person or a model wrote can fetch, run or disguise anything.

The dialect knows headings, bold, italics, links, pictures, lists, quotes and code, but no tables, and it joins lines
that do not end in two spaces (help.dingtalk.io/open/development/robot-message-type). Pictures become links, because a
client fetches them at once, and with them whatever a model was made to put into the address.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from channels.markdown.words import JOINER, aligned, end_of_fence, flush, rows_of, widths_of
from channels.messages import Mention, Part, Quote, Text

MAX_TEXT = 4_000
"""UTF-16 units: a message takes 5,000 characters of Markdown and 15,000 bytes, and a Chinese one three in UTF-8."""
MAX_TITLE = 40
WIDEST_TABLE = 72

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_DIVIDER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$")
_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
# A tag, a processing instruction or an entity begins here, or the target of a link by reference.
_LIVE = re.compile(r"<(?=[a-z/!?@#])|&(?=#?\w+;)|^\s{0,3}\[[^\]\n]+\](?=:)", re.IGNORECASE)
_LINK = re.compile(
    r"!?\[([^\[\]\n]*)\]\(\s*<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+[\"'][^\n]*?[\"'])?\s*\)"
)
_LEFT_OVER = re.compile(r"\](?=\s*\()")
_WEB = re.compile(r"https?://\S", re.IGNORECASE)
_HOST = re.compile(r"^\s*(?:https?://)?([\w-]+(?:\.[\w-]+)+)(?:[/:?#].*|\s*)$", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MARKS = re.compile(r"[*_`~#>\[\]|\\]+")


def words_of(parts: Sequence[Part]) -> str:
    """The Markdown of a message; files travel by themselves."""
    return "".join(_part(part) for part in parts)


def _part(part: Part) -> str:
    if isinstance(part, Text):
        return part.text
    if isinstance(part, Mention):
        return f"@{part.account.name or part.account.id}"
    if isinstance(part, Quote):
        return "".join(f"> {line}\n" for line in part.text.splitlines())
    return ""


def markdown(text: str) -> str:
    """Markdown as models write it, an open fence included, in DingTalk's dialect."""
    return "\n".join(_blocks(flush(plain(text)).split("\n")))


def plain(text: str) -> str:
    """Words without signs that no client shows and JSON writes in six bytes."""
    return _CONTROL.sub("\ufffd", text)


def title_of(text: str) -> str:
    """What the list of conversations and the notification show: the first words, without marks."""
    for line in text.splitlines():
        if words := " ".join(_MARKS.sub(" ", line).split()):
            return words if len(words) <= MAX_TITLE else f"{words[: MAX_TITLE - 1]}…"
    return "…"


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    index = 0
    while index < len(lines):
        if fence := _FENCE.match(lines[index]):
            end = end_of_fence(lines, index + 1, fence[1])
            yield from (*lines[index:end], fence[1])
            index = end + 1
        elif "|" in lines[index] and index + 1 < len(lines) and _DIVIDER.match(lines[index + 1]):
            end = next((at for at in range(index + 2, len(lines)) if "|" not in lines[at]), len(lines))
            yield from _table([lines[index], *lines[index + 2 : end]])
            index = end
        else:
            yield _broken(_line(lines[index]), lines, index)
            index += 1


def _broken(line: str, lines: Sequence[str], index: int) -> str:
    """A line that is not joined with the next one."""
    is_last = index + 1 == len(lines) or not lines[index + 1].strip() or not line.strip()
    return line.rstrip() if is_last else f"{line.rstrip()}  "


def _table(lines: Sequence[str]) -> Iterator[str]:
    """A table in a block of code, its columns aligned where that is neither wide nor long."""
    rows = rows_of(lines)
    widths = widths_of(rows)
    is_narrow = sum(widths) + 2 * len(widths) <= WIDEST_TABLE
    shown = [aligned(row, widths) if is_narrow else " | ".join(row).rstrip() for row in rows]
    if sum(map(len, shown)) > 2 * sum(map(len, lines)):
        shown = [" | ".join(row).rstrip() for row in rows]
    mark = "`" * max(3, 1 + max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0))
    yield from (mark, *shown, mark)


def _line(line: str) -> str:
    """One line; what stands in ticks is left alone, so that code can be copied."""
    pieces, at = [], 0
    for code in _CODE.finditer(line):
        pieces += [_defused(line[at : code.start()], begins=at == 0), code[0]]
        at = code.end()
    return "".join([*pieces, _defused(line[at:], begins=at == 0)])


def _defused(text: str, *, begins: bool) -> str:
    pieces, at = [], 0
    for link in _LINK.finditer(text):
        pieces += [_inert(text[at : link.start()], begins=begins and at == 0), _link(link)]
        at = link.end()
    return "".join([*pieces, _inert(text[at:], begins=begins and at == 0)])


def _inert(text: str, *, begins: bool) -> str:
    """Words between links, in which nothing is alive; `begins` when a line does."""
    calm = _LIVE.sub(lambda found: found[0] + JOINER if begins or found[0][0] in "<&" else found[0], text)
    return _LEFT_OVER.sub(f"]{JOINER}", calm)


def _link(found: re.Match[str]) -> str:
    """A link to the web whose label names no other address than its own; everything else is words."""
    label, url = _LIVE.sub(rf"\g<0>{JOINER}", found[1]), found[2]
    promised, host = _HOST.match(label), _host_of(url)
    if not host or (promised and not f".{host}".endswith(f".{promised[1].lower()}")):
        shown = _LIVE.sub(rf"\g<0>{JOINER}", url)
        return f"{label} ({shown})" if url else f"[{label}]{JOINER}()"
    return f"[{label or host}]({url})"


def _host_of(url: str) -> str:
    """The host of a web address; empty for every other."""
    try:
        return (urlsplit(url).hostname or "") if _WEB.match(url) else ""
    except ValueError:
        return ""


def json_of(value: Any) -> str:
    """JSON inside a string, as msgParam wants it, every sign in as few bytes as it has."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
