"""Turns HTML into text that a model reads: headings, lists, links, tables and code, without scripts and styles."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

_SILENT = frozenset({"script", "style", "template", "noscript", "svg", "canvas", "iframe", "object", "head"})
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table"),
        *("tr", "ul"),
    }
)
_BEFORE = {
    **{f"h{level}": f"\n\n{'#' * level} " for level in range(1, 7)},
    "li": "\n- ",
    "td": " | ",
    "th": " | ",
    "tr": "\n",
}
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


def text_of(html: str, base: str) -> tuple[str, str]:
    """The title and the text of a page; links are made whole by `base`. Broken HTML is read as far as it goes."""
    reader = _Reader(base)
    reader.feed(html)
    reader.close()
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.pieces).split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    for number, block in enumerate(reader.code):
        text = text.replace(f"\ue000{number}\ue001", block.strip("\n"))
    return " ".join("".join(reader.title).split()), text


class _Reader(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.title: list[str] = []
        self.code: list[str] = []
        self._base = base
        self._silent: list[str] = []
        self._in_title = False
        self._pre: list[str] | None = None
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = not self._silent or self._silent == ["head"]
        if tag == "body":
            self._silent.clear()
        if tag in _SILENT:
            self._silent.append(tag)
        if self._silent:
            return
        self._open(tag, dict(attrs))

    def _open(self, tag: str, about: dict[str, str | None]) -> None:
        self.pieces.append(_BEFORE.get(tag, "\n\n" if tag in _BLOCKS else ""))
        if tag == "br":
            self._say("\n")
        elif tag == "pre" and self._pre is None:
            self._pre = []
        elif tag == "a":
            self._links.append(_link(self._base, about.get("href") or ""))
        elif tag == "img" and about.get("alt"):
            self.pieces.append(f"[image: {about['alt']}]")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
            return
        if self._silent:
            return
        if tag == "pre" and self._pre is not None:
            self.pieces.append(f"\n\ue000{len(self.code)}\ue001\n")
            self.code.append("".join(self._pre))
            self._pre = None
        elif tag == "a" and self._links:
            target = self._links.pop()
            if target:
                self.pieces.append(f" ({target})")
        elif tag in _BLOCKS and tag not in _VOID:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._silent:
            self._say(data if self._pre is not None else data.replace("\n", " "))

    def _say(self, text: str) -> None:
        (self.pieces if self._pre is None else self._pre).append(text.replace("\ue000", "").replace("\ue001", ""))


def _link(base: str, target: str) -> str:
    if not target or target.startswith(("#", "javascript:", "data:", "mailto:")):
        return ""
    try:
        return urljoin(base, target.strip())
    except ValueError:
        return ""
