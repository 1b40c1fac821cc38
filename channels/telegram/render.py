"""Markdown, mentions and cards in the platform's HTML. Everything that is not our own markup is escaped.

Facts: core.telegram.org/bots/api#html-style. Links are http and https only; nothing nests inside code.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from channels.markdown import aligned, dedented, end_of_fence, rows_of, widths_of
from channels.messages import BodyKind, Card, Mention, Part, Quote, Text

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})[ \t]*([\w+#.-]*)([^`]*)$")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.+?)\s*#*$")
_BULLET = re.compile(r"^(\s*)[-*+]\s+(?:\[([ xX])\]\s+)?")
_RULE = re.compile(r"^\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_DIVIDER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_QUOTED = re.compile(r"^\s{0,3}>\s?")
_INLINE = re.compile(
    r"""\\(?P<escaped>[!-/:-@\[-`{-~])
    |(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)
    |!?\[(?P<label>[^\[\]]*)\]\((?P<url>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)?)(?:\s+"[^"]*")?\)
    |<(?P<address>https?://[^\s<>]+)>
    |\*\*\*(?=\S)(?P<both>.+?)(?<=\S)\*\*\*
    |\*\*(?=\S)(?P<bold>.+?)(?<=\S)\*\*
    |(?<!\w)__(?=\S)(?P<heavy>.+?)(?<=\S)__(?!\w)
    |~~(?=\S)(?P<struck>.+?)(?<=\S)~~
    |\*(?=\S)(?P<star>[^*]+?)(?<=\S)\*
    |(?<!\w)_(?=\S)(?P<under>[^_]+?)(?<=\S)_(?!\w)""",
    re.VERBOSE,
)
_STYLES = {
    "both": ("<b><i>", "</i></b>"),
    "bold": ("<b>", "</b>"),
    "heavy": ("<b>", "</b>"),
    "struck": ("<s>", "</s>"),
    "star": ("<i>", "</i>"),
    "under": ("<i>", "</i>"),
}
_MARKS = frozenset("\\`*_~[<#>-+|=")


def render_parts(parts: Iterable[Part]) -> str:
    """The words of a message; files are left out, they travel by themselves."""
    return "".join(_part(part) for part in parts)


def _part(part: Part) -> str:
    if isinstance(part, Text):
        return render_markdown(part.text)
    if isinstance(part, Mention):
        name = escape(part.account.name or part.account.id, quote=False)
        return f'<a href="tg://user?id={int(part.account.id)}">{name}</a>' if part.account.id.isdigit() else f"@{name}"
    if isinstance(part, Quote):
        return f"<blockquote>{escape(part.text, quote=False)}</blockquote>\n"
    return ""


def render_markdown(text: str) -> str:
    """Markdown as models write it, a fence or a star left open included."""
    if _MARKS.isdisjoint(text):
        return escape(text, quote=False)
    return "\n".join(_blocks(text.split("\n")))


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    index = 0
    while index < len(lines):
        line = lines[index]
        if fence := _FENCE.match(line):
            end = end_of_fence(lines, index + 1, fence[1])
            rest = fence[3].strip()
            yield _code([*([rest] if rest else []), *dedented(lines[index + 1 : end], line)], fence[2])
            index = end + 1
        elif "|" in line and index + 1 < len(lines) and "-" in lines[index + 1] and _DIVIDER.match(lines[index + 1]):
            end = _end_of(lines, index + 2, "|")
            yield _table([line, *lines[index + 2 : end]])
            index = end
        elif _QUOTED.match(line):
            end = _end_of(lines, index, ">")
            quoted = (_line(_QUOTED.sub("", each)) for each in lines[index:end])
            yield f"<blockquote>{chr(10).join(quoted)}</blockquote>"
            index = end
        else:
            yield _line(line)
            index += 1


def _end_of(lines: Sequence[str], start: int, sign: str) -> int:
    """The first line from `start` on that is not of the same block."""
    for index in range(start, len(lines)):
        belongs = _QUOTED.match(lines[index]) if sign == ">" else sign in lines[index]
        if not belongs:
            return index
    return len(lines)


def _code(lines: Sequence[str], language: str) -> str:
    body = escape("\n".join(lines), quote=False)
    if not body.strip():
        return body
    return f'<pre><code class="language-{escape(language)}">{body}</code></pre>' if language else f"<pre>{body}</pre>"


def _table(lines: Sequence[str]) -> str:
    """Columns padded with spaces, because the platform has no tables."""
    rows = rows_of(lines)
    widths = widths_of(rows)
    padded = [aligned(row, widths) for row in rows]
    return f"<pre>{escape(chr(10).join(padded), quote=False)}</pre>"


def _line(line: str) -> str:
    if heading := _HEADING.match(line):
        return f"<b>{_inline(heading[1].replace('**', ''))}</b>"
    if _RULE.match(line):
        return "———"
    if bullet := _BULLET.match(line):
        sign = {None: "•", " ": "☐"}.get(bullet[2], "☑")
        return f"{bullet[1]}{sign} {_inline(line[bullet.end() :])}"
    return _inline(line)


def _inline(text: str) -> str:
    pieces, position = [], 0
    for match in _INLINE.finditer(text):
        pieces.append(escape(text[position : match.start()], quote=False))
        pieces.append(_span(match))
        position = match.end()
    pieces.append(escape(text[position:], quote=False))
    return "".join(pieces)


def _span(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if match["escaped"]:
        return escape(match["escaped"], quote=False)
    if match["code"]:
        return f"<code>{escape(match['code'].strip() or match['code'], quote=False)}</code>"
    if match["address"]:
        return _link(match["address"], escape(match["address"], quote=False))
    if match["label"] is not None:
        return _link(match["url"], escape(match["label"].strip(), quote=False))
    opening, closing = _STYLES[kind]
    return f"{opening}{_inline(match[kind])}{closing}"


def _link(url: str, label: str) -> str:
    """A link; anything but http and https is shown as what it is instead of being followed."""
    if not url.startswith(("http://", "https://")):
        return f"{label} ({escape(url, quote=False)})" if url else label
    return f'<a href="{escape(url)}">{label or escape(url, quote=False)}</a>'


def render_card(card: Card) -> str:
    """Title, facts, body and note; the buttons are the keyboard's."""
    lines = [f"<b>{escape(card.title, quote=False)}</b>"]
    lines += [f"<b>{escape(fact.label, quote=False)}:</b> {escape(fact.value, quote=False)}" for fact in card.facts]
    if card.body.strip():
        lines.append(_body(card))
    if card.note:
        lines.append(f"<i>{escape(card.note, quote=False)}</i>")
    return "\n".join(lines)


def _body(card: Card) -> str:
    if card.body_kind is BodyKind.TEXT:
        return escape(card.body, quote=False)
    return _code(card.body.split("\n"), "diff" if card.body_kind is BodyKind.DIFF else "")


def plain_card(card: Card) -> str:
    """The same without markup, for when the platform does not take ours."""
    facts = [f"{fact.label}: {fact.value}" for fact in card.facts]
    return "\n".join(filter(None, [card.title, *facts, card.body, card.note]))
