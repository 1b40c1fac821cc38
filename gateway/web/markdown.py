"""Markdown as agents write it, to HTML that can do nothing. Raw HTML is shown as words, images become links.

Everything is escaped first and tags are added only by the rules below, so no input can bring one of its own. Links lead
to http and https alone. Time grows with the length of the text, whatever the text is.
"""

import re
from collections.abc import Callable, Iterator
from html import escape

from markupsafe import Markup

_FENCE = re.compile(r" {0,3}(```+|~~~+)[ \t]*([\w+#.-]{0,40})[^`\n]*$")
_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*$")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_ITEM = re.compile(r"([ \t]*)([-*+]|\d{1,9}[.)])[ \t]+(.*)$")
_QUOTE = re.compile(r" {0,3}> ?(.*)$")
_DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_INLINE = re.compile(
    r"(?P<escaped>\\[!-/:-@\[-`{-~])"
    r"|(?P<ticks>(?<!`)`{1,3}(?!`))"
    r"|!?\[(?P<words>[^\[\]\n]{1,300})\]"
    r"\((?P<target><?[^\s()<>]{1,2000}(?:\([^\s()<>]{0,200}\))?>?)(?:[ \t]+\"[^\"\n]{0,200}\")?\)"
    r"|(?P<url>\bhttps?://[^\s<>\"'`\]|\\^{}]{1,2000})"
    r"|(?P<strong>\*\*(?=\S)|__(?=\w)|(?<=\S)\*\*|(?<=\w)__)"
    r"|(?P<strike>~~)"
    r"|(?P<em>\*(?=\S)|(?<=\S)\*|(?<!\w)_(?=\S)|(?<=\S)_(?!\w))"
)
_TRAILING = ".,;:!?)，。；：！？）"
_TAGS = {"em": "em", "strike": "del", "strong": "strong"}
DEEPEST = 6


def render(text: str) -> Markup:
    """The HTML of a whole message."""
    return Markup("".join(_blocks(text.replace("\r\n", "\n").split("\n"), 0)))  # noqa: S704 -- built of escaped text


def settled(text: str) -> int:
    """How much of a growing text cannot be drawn differently by what follows: up to its last finished block."""
    position = end = 0
    fence = ""
    for line in text.splitlines(keepends=True):
        position += len(line)
        found = _FENCE.match(line.rstrip("\n"))
        if found and not fence:
            fence = found[1]
        elif fence and _closes(line, fence):
            fence = ""
        elif not fence and not line.strip() and line.endswith("\n"):
            end = position
    return end


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and set(bare) == {fence[0]}


def _blocks(lines: list[str], depth: int) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place]
        if not line.strip():
            place += 1
            continue
        for rule in (_fence, _heading, _table, _quote, _list):
            made = rule(lines, place, depth)
            if made is not None:
                html, place = made
                yield html
                break
        else:
            end = _paragraph_end(lines, place)
            yield f"<p>{_lines(lines[place:end])}</p>"
            place = end


Made = tuple[str, int] | None


def _fence(lines: list[str], place: int, _: int) -> Made:
    found = _FENCE.match(lines[place])
    if not found:
        return None
    end = place + 1
    while end < len(lines) and not _closes(lines[end], found[1]):
        end += 1
    code = escape("\n".join(lines[place + 1 : end]))
    return f'<pre tabindex="0"><code>{code}</code></pre>', end + 1


def _heading(lines: list[str], place: int, _: int) -> Made:
    if _RULE.match(lines[place]):
        return "<hr>", place + 1
    found = _HEADING.match(lines[place])
    if not found:
        return None
    level = min(6, len(found[1]) + 2)
    return f"<h{level}>{_inline(found[2])}</h{level}>", place + 1


def _table(lines: list[str], place: int, _: int) -> Made:
    if "|" not in lines[place] or place + 1 >= len(lines):
        return None
    if "|" not in lines[place + 1] or not _DELIMITER.match(lines[place + 1]):
        return None
    end = place + 2
    while end < len(lines) and "|" in lines[end] and lines[end].strip():
        end += 1
    head = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in _cells(lines[place]))
    rows = "".join(
        "<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in _cells(line)) + "</tr>"
        for line in lines[place + 2 : end]
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>',
        end,
    )


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")][:40]


def _quote(lines: list[str], place: int, depth: int) -> Made:
    end, inside = place, []
    while end < len(lines) and (found := _QUOTE.match(lines[end])):
        inside.append(found[1])
        end += 1
    if not inside:
        return None
    body = "".join(_blocks(inside, depth + 1)) if depth < DEEPEST else f"<p>{_lines(inside)}</p>"
    return f"<blockquote>{body}</blockquote>", end


def _list(lines: list[str], place: int, depth: int) -> Made:
    first = _ITEM.match(lines[place])
    if not first:
        return None
    is_ordered = first[2][0].isdigit()
    end, items = place, list[list[str]]()
    while end < len(lines):
        line = lines[end]
        found = _ITEM.match(line)
        if found and _indent(found[1]) < _indent(first[1]) + 2 and found[2][0].isdigit() == is_ordered:
            items.append([found[3]])
        elif line.strip() and items and (_indent(line) > _indent(first[1]) or not _starts_block(line)):
            items[-1].append(line[min(len(line) - len(line.lstrip()), _indent(first[1]) + 2) :])
        else:
            break
        end += 1
    start = f' start="{int(first[2][:-1])}"' if is_ordered and first[2][:-1] != "1" else ""
    body = "".join(f"<li>{_item(item, depth)}</li>" for item in items)
    tag = "ol" if is_ordered else "ul"
    return f"<{tag}{start}>{body}</{tag}>", end


def _item(lines: list[str], depth: int) -> str:
    nested = next((n for n, line in enumerate(lines) if n and _starts_block(line)), len(lines))
    if depth >= DEEPEST:
        nested = len(lines)
    return _lines(lines[:nested]) + "".join(_blocks(lines[nested:], depth + 1))


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


def _starts_block(line: str) -> bool:
    return any(rule.match(line) for rule in (_FENCE, _HEADING, _RULE, _ITEM, _QUOTE))


def _paragraph_end(lines: list[str], place: int) -> int:
    end = place + 1
    while end < len(lines) and lines[end].strip() and not _starts_block(lines[end]):
        end += 1
    return end


def _lines(lines: list[str]) -> str:
    return "<br>".join(_inline(line.strip()) for line in lines)


def _inline(text: str) -> str:
    """One line with its marks. A mark without its partner is shown as it was written."""
    pieces: list[str] = []
    open_marks: dict[str, tuple[str, int]] = {}
    place = 0
    while found := _INLINE.search(text, place):
        pieces.append(escape(text[place : found.start()]))
        place = found.end()
        kind = str(found.lastgroup) if found["words"] is None else "link"
        if kind == "ticks":
            place = _code(text, found, pieces)
        elif kind in _TAGS:
            _mark(kind, found[0], pieces, open_marks)
        else:
            pieces.append(_SPANS[kind](found))
    pieces.append(escape(text[place:]))
    return "".join(pieces)


def _code(text: str, found: re.Match[str], pieces: list[str]) -> int:
    end = text.find(found[0], found.end())
    if end < 0:
        pieces.append(escape(found[0]))
        return found.end()
    pieces.append(f"<code>{escape(text[found.end() : end].strip() or ' ')}</code>")
    return end + len(found[0])


def _mark(kind: str, written: str, pieces: list[str], open_marks: dict[str, tuple[str, int]]) -> None:
    """Close the mark that this one ends, dropping unclosed ones inside it; else remember it as possibly opening."""
    before = open_marks.get(kind)
    if before is None or before[0] != written:
        open_marks[kind] = (written, len(pieces))
        pieces.append(escape(written))
        return
    start = before[1]
    if len(pieces) > start + 1 and any(pieces[start + 1 :]):
        pieces[start] = f"<{_TAGS[kind]}>"
        pieces.append(f"</{_TAGS[kind]}>")
    else:
        pieces.append(escape(written))
    for other in [name for name, (_, at) in open_marks.items() if at >= start]:
        del open_marks[other]


def _link(found: re.Match[str]) -> str:
    target = found["target"].strip("<>")
    if not re.match(r"https?://[^/\s]", target, re.IGNORECASE):
        return escape(found[0])
    return _anchor(target, found["words"])


def _url(found: re.Match[str]) -> str:
    address = found[0].rstrip(_TRAILING)
    return _anchor(address, address) + escape(found[0][len(address) :])


def _anchor(address: str, words: str) -> str:
    return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow ugc" target="_blank">{escape(words)}</a>'


_SPANS: dict[str, Callable[[re.Match[str]], str]] = {
    "escaped": lambda found: escape(found[0][1:]),
    "link": _link,
    "url": _url,
}
