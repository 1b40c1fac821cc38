"""Writes a part of a page as Markdown: headings, lists with their numbers, tables, code in fences, links made whole."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from agents.toolbox.page.tables import is_table_of_data, rows_of

SILENT = frozenset(
    {
        *("button", "canvas", "datalist", "embed", "head", "iframe", "input", "noscript", "object", "option"),
        *("script", "select", "style", "svg", "template", "textarea", "title", "video", "audio"),
    }
)
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend", "main", "nav"),
        *("search", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
    }
)
_APART = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "ul"})
_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source|highlight)-([\w+#-]{1,20})")
_TICKS = re.compile(r"`+")
_PERMALINK = frozenset({"#", "¶", "§", "🔗"})
_MARK = "\ue000"
_DEEPEST = 20
"""Lists and quotes in each other that are told apart; a page may hold any number, and each line begins with all."""
_NO_ADDRESS = ("#", "javascript:", "data:", "mailto:", "tel:", "blob:")


class Sheet:
    """Writes parts of one page. `base` makes links whole; `fragment` is the id of the place that is looked for."""

    def __init__(self, base: str, fragment: str = "") -> None:
        self._base = base
        self._fragment = fragment

    def written(self, part: Any, skipped: Collection[int]) -> tuple[str, int]:
        """The part as text without the nodes `skipped`, and where in it the fragment begins."""
        pen = _Pen()
        for node, leaves in _walk(part, skipped):
            if leaves:
                self._leave(pen, node)
            else:
                self._enter(pen, node)
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in pen.lines())).strip()
        start = max(text.find(_MARK), 0)
        return text.replace(_MARK, ""), start

    def _enter(self, pen: "_Pen", node: Any) -> None:
        tag = node.tag
        if tag == "-text":
            pen.words(node.text_content)
            return
        if self._fragment and self._fragment in (node.attributes.get("id"), node.attributes.get("name")):
            pen.mark()
        if tag == "a":
            pen.begin_link(self._whole(node.attributes.get("href") or ""))
        elif tag == "pre":
            pen.block(*_fenced(node))
        elif tag == "table" and is_table_of_data(node):
            pen.block(*rows_of(node, self._whole))
        elif tag in _INLINE:
            _INLINE[tag](pen, node)
        else:
            _begin_block(pen, tag, node)

    @staticmethod
    def _leave(pen: "_Pen", node: Any) -> None:
        tag = node.tag
        if tag == "a":
            pen.end_link()
        elif tag in _CODE:
            pen.piece("`")
        elif tag in ("ul", "ol"):
            pen.lists.pop()
            (pen.end_line if pen.lists else pen.apart)()
        elif tag in ("blockquote", "li", "dd"):
            pen.end_line()
            pen.indents.pop()
            if tag == "blockquote":
                pen.end_quote()
        elif tag in _APART:
            pen.apart()
        elif tag in _BLOCKS:
            pen.end_line()

    def _whole(self, target: str) -> str:
        """The link's whole address; empty for one that leads nowhere else."""
        if not target or target.lower().startswith(_NO_ADDRESS):
            return ""
        try:
            return urljoin(self._base, target.strip()).replace(" ", "%20").replace(")", "%29")
        except ValueError:
            return ""


def _walk(part: Any, skipped: Collection[int]) -> Iterator[tuple[Any, bool]]:
    """Each node as it is entered and, if it can hold others, left. It keeps its own stack, however deep a page is."""
    stack: list[tuple[Any, bool]] = [(part, False)]
    while stack:
        node, leaves = stack.pop()
        if leaves:
            yield node, True
            continue
        if node.tag in SILENT or node.mem_id in skipped or node.is_comment_node:
            continue
        yield node, False
        if node.tag in ("-text", "pre", "math", "br", "hr", "img") or (node.tag == "table" and is_table_of_data(node)):
            continue
        stack.append((node, True))
        children = list(node.iter(include_text=True))
        stack.extend((child, False) for child in reversed(children))


def _begin_block(pen: "_Pen", tag: str, node: Any) -> None:
    if tag == "li":
        pen.end_line()
        pen.begin_item()
    elif tag in ("ul", "ol"):
        if not pen.lists:
            pen.apart()
        first = node.attributes.get("start") or "1"
        pen.lists.append(None if tag == "ul" else int(first) if first.lstrip("-").isdecimal() else 1)
    elif tag == "blockquote":
        pen.apart()
        pen.indents.append("> ")
    elif tag == "dd":
        pen.end_line()
        pen.indents.append("  ")
    elif tag in _APART:
        pen.apart()
        if tag.startswith("h"):
            pen.piece(f"{'#' * int(tag[1])} ")
    elif tag in _BLOCKS:
        pen.end_line()


def _fenced(node: Any) -> list[str]:
    """Code as it stands, in a fence longer than any within."""
    text = node.text().strip("\n")
    inner = node.css_first("code")
    about = " ".join(each.attributes.get("class") or "" for each in (node, inner) if each is not None)
    language = found[1] if (found := _LANGUAGE.search(about)) else ""
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in _TICKS.findall(text))])
    return [f"{fence}{language}", *text.split("\n"), fence]


class _Pen:
    """The lines written so far and the one being written, in pieces.

    indents: what each line begins with. lists: the next number of each open list, None for one with dots.
    """

    def __init__(self) -> None:
        self.indents: list[str] = []
        self.lists: list[int | None] = []
        self._lines: list[str] = []
        self._line: list[str] = []
        self._bullet = ""
        self._links: list[tuple[str, int, int]] = []
        self._marks = ""

    def lines(self) -> list[str]:
        """All lines."""
        self.end_line()
        return self._lines

    def words(self, text: str) -> None:
        """Words of the page, whose blanks and line ends mean one blank."""
        text = _SPACE.sub(" ", text.replace(_MARK, ""))
        is_begin = not self._line or self._line[-1].endswith(" ")
        self.piece(text.lstrip(" ") if is_begin else text)

    def piece(self, text: str) -> None:
        """Write as it stands."""
        if text:
            self._line.append(text)

    def mark(self) -> None:
        """Here begins the place that is looked for."""
        self._marks = _MARK

    def end_line(self) -> None:
        """End the line, where it has words."""
        text = "".join(self._line).strip()
        self._line = []
        if text.replace("`", "").strip("# "):
            self._put(text)

    def _put(self, text: str) -> None:
        indent = "".join(self.indents[:_DEEPEST])
        if self._bullet:
            indent = f"{''.join(self.indents[:-1][:_DEEPEST])}{self._bullet}"
            self._bullet = ""
        self._lines.append(f"{indent}{self._marks}{text}")
        self._marks = ""

    def apart(self) -> None:
        """End the line and leave one free."""
        self.end_line()
        if self._lines and self._lines[-1].strip("> ") and not self._bullet:
            self._lines.append("".join(each for each in self.indents[:_DEEPEST] if each == "> ").rstrip())

    def end_quote(self) -> None:
        """Leave a line free behind what was quoted."""
        while self._lines and not self._lines[-1].strip("> "):
            self._lines.pop()
        self._lines.append("".join(each for each in self.indents[:_DEEPEST] if each == "> ").rstrip())

    def block(self, *lines: str) -> None:
        """Lines of their own, as they stand."""
        self.apart()
        for line in lines:
            self._put(line)
        self.apart()

    def begin_item(self) -> None:
        """The next line is that of an item of the innermost list."""
        number = self.lists[-1] if self.lists else None
        self._bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self.lists[-1] = number + 1
        self.indents.append(" " * len(self._bullet))

    def begin_link(self, target: str) -> None:
        """A link begins."""
        self._links.append((target, len(self._lines), len(self._line)))

    def end_link(self) -> None:
        """A link ends: it stands around its words, or behind the last of them where they are several lines."""
        target, line, at = self._links.pop() if self._links else ("", 0, 0)
        if line != len(self._lines):
            if target:
                self.end_line()
                self._put(f"({target})")
            return
        inner = "".join(self._line[at:])
        text = inner.strip()
        if text in _PERMALINK:
            del self._line[at:]
        elif target and text and text != target:
            before, after = (" " if inner[:1] == " " else ""), (" " if inner[-1:] == " " else "")
            self._line[at:] = [f"{before}[{text}]({target}){after}"]


def _image(pen: _Pen, node: Any) -> None:
    if alt := (node.attributes.get("alt") or "").strip():
        pen.words(f"[image: {alt}]")


_CODE = ("code", "kbd", "samp", "tt")
_INLINE: Mapping[str, Callable[[_Pen, Any], None]] = {
    "br": lambda pen, _: pen.end_line(),
    "hr": lambda pen, _: pen.block("---"),
    "img": _image,
    "math": lambda pen, node: pen.words(node.attributes.get("alttext") or node.text()),
    **dict.fromkeys(_CODE, lambda pen, _: pen.piece("`")),
}
