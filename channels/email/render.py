"""Markdown and cards as a safe page and as readable words. Nothing in them loads, runs, or leads where it does not say.

The page holds no script, no picture, no form and no style sheet. Markdown is CommonMark with tables; HTML in it is
shown as it was written. Links lead to http, https and mailto only.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from channels.messages import BodyKind, Card, Mention, Part, Quote, Text, Tone
from channels.page import readable
from channels.shared.markdown.page import HtmlWriter
from channels.shared.markdown.reader import read
from channels.shared.markdown.tree import Code

_SAFE = re.compile(r"(?:https?://[^\s\"'<>]+|mailto:[^\s\"'<>?]+)", re.IGNORECASE)
_MARKS = re.compile(r"[\\`*_\[\]<>~|#!]")
_PAGE = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n'
    '<div style="font-family:sans-serif;font-size:15px;line-height:1.45;max-width:46em">\n{}\n</div>\n</body></html>\n'
)
_MONO = "font-family:monospace;white-space:pre-wrap;background:#f3f4f6;padding:8px;border-radius:4px"
_COLOURS = {Tone.PRIMARY: "#166534", Tone.DANGER: "#991b1b", Tone.NEUTRAL: "#374151"}
_STYLES = {
    "blockquote": "margin:0 0 0 4px;padding-left:10px;border-left:3px solid #d1d5db;color:#4b5563",
    "table": "border-collapse:collapse",
    "td": "border:1px solid #d1d5db;padding:3px 8px",
    "th": "border:1px solid #d1d5db;padding:3px 8px;text-align:left",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChoice:
    """One way to choose on a card: the button's label, its address, and the line of a reply that does the same."""

    label: str
    tone: Tone
    url: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a mail says: as words, and as a page."""

    words: str
    page: str


def say(parts: Sequence[Part]) -> Content:
    """The words of a message; files are attached, not written."""
    inside = "".join(_blocks(parts))
    return Content(words=readable(inside), page=_PAGE.format(inside))


def _blocks(parts: Sequence[Part]) -> Iterator[str]:
    """Words and names that follow each other are one text."""
    text = ""
    for part in parts:
        if isinstance(part, Text):
            text += part.text
        elif isinstance(part, Mention):
            text += _MARKS.sub(r"\\\g<0>", f"@{part.account.name or part.account.id}")
        elif isinstance(part, Quote):
            yield markdown(text)
            text = ""
            yield f'<blockquote style="{_STYLES["blockquote"]}">{_lines(part.text)}</blockquote>\n'
    yield markdown(text)


def text_page(text: str) -> str:
    """A page that shows the text as it is."""
    return _PAGE.format(f"<p>{_lines(text)}</p>")


class _Mail(HtmlWriter):
    """HTML with its style in each tag, because most mail programs know no other; links may write a mail as well."""

    line_end, block_end = "<br>\n", "\n"
    attributes = {  # noqa: RUF012 -- read only
        "a": ' rel="noreferrer"',
        **{tag: f' style="{style}"' for tag, style in _STYLES.items()},
    }

    def code_end(self, code: Code) -> str:
        return "\n" if code.text else ""

    def leads(self, url: str) -> bool:
        return _SAFE.fullmatch(url) is not None


_MAIL = _Mail()


def markdown(text: str) -> str:
    """Markdown as HTML that does nothing."""
    return _MAIL.write(read(text))


def card(shown: Card, ways: Sequence[CardChoice], hint: str) -> Content:
    """A card: facts as a table, the body letter by letter, and below it the ways to choose with `hint` above them."""
    facts = "".join(
        f'<tr><th style="{_STYLES["th"]}">{_lines(fact.label)}</th>'
        f'<td style="{_STYLES["td"]}">{_lines(fact.value) or "—"}</td></tr>\n'
        for fact in shown.facts
    )
    blocks = [
        f'<h2 style="font-size:18px;margin:0 0 8px">{_lines(shown.title)}</h2>',
        f'<table style="border-collapse:collapse;margin:8px 0">{facts}</table>' if facts else "",
        _body(shown),
        f'<p style="color:#4b5563">{_lines(shown.note)}</p>' if shown.note else "",
    ]
    told = "\n".join(block for block in blocks if block)
    buttons = "\n".join(_button(way) for way in ways if way.url)
    lines = "\n".join(f'<p style="{_MONO}">{escape(way.line)}</p>' for way in ways)
    below = f"<p>{buttons}</p>\n" if buttons else ""
    below += f"<p>{escape(hint)}</p>\n{lines}" if lines else ""
    return Content(words=_card_words(told, ways, hint), page=_PAGE.format(f"{told}\n{below}"))


def _card_words(told: str, ways: Sequence[CardChoice], hint: str) -> str:
    links = [f"{way.label}: {way.url}" for way in ways if way.url.startswith("http")]
    codes = [hint, *(f"{way.line}" for way in ways)] if ways else []
    return "\n\n".join(block for block in (readable(told), "\n".join(links), "\n".join(codes)) if block)


def _body(shown: Card) -> str:
    if not shown.body:
        return ""
    style = "white-space:pre-wrap" if shown.body_kind is BodyKind.TEXT else _MONO
    return f'<pre style="{style}">{escape(shown.body)}</pre>'


def _button(way: CardChoice) -> str:
    style = (
        f"display:inline-block;padding:8px 16px;margin:4px 8px 4px 0;border-radius:4px;color:#ffffff;"
        f"text-decoration:none;background:{_COLOURS[way.tone]}"
    )
    return f'<a href="{escape(way.url)}" rel="noreferrer" style="{style}">{escape(way.label)}</a>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")
