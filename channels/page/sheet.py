"""Writes a part of a page: as Markdown for a model that reads pages, or as the words of a mail."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from channels.page.pen import MARK, Pen
from channels.page.tables import is_table_of_data, rows_of

_SILENT = frozenset(
    {
        *("canvas", "datalist", "embed", "head", "iframe", "input", "noscript", "object", "script", "style"),
        *("svg", "template", "textarea", "title", "video", "audio"),
    }
)
_CONTROLS = frozenset({"button", "option", "select"})
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend", "main", "nav"),
        *("search", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
    }
)
_APART = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "ul"})
_CODE = frozenset({"code", "kbd", "samp", "tt"})
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_ALL_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source|highlight)-([\w+#-]{1,20})")
_TICKS = re.compile(r"`+")
_PERMALINK = frozenset({"#", "¶", "§", "🔗"})
_NO_ADDRESS = ("#", "javascript:", "data:", "mailto:", "tel:", "blob:")
_WEB = re.compile(r"https?://", re.IGNORECASE)


class Sheet:
    """Writes parts of one page; what a heading, a link, a table or code looks like is for those who inherit."""

    silent: frozenset[str] = _SILENT
    blanks = _BLANKS
    rule = "---"
    code_mark = ""
    heading_mark = ""
    fragment = ""

    def written(self, part: Any, skipped: Collection[int] = ()) -> tuple[str, int]:
        """The part as text without the nodes `skipped`, and where in it the fragment begins."""
        pen = Pen(f"{self.code_mark}{self.heading_mark} ".strip())
        for node, leaves in self._walk(part, skipped):
            if leaves:
                self._leave(pen, node)
            else:
                self._enter(pen, node)
        text = self._whole_text(pen.lines())
        start = max(text.find(MARK), 0)
        return text.replace(MARK, ""), start

    def _whole_text(self, lines: list[str]) -> str:
        return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()

    def is_leaf(self, node: Any) -> bool:
        """Whether a node is written as a whole."""
        return node.tag in ("-text", "pre", "math", "br", "hr", "img")

    def _walk(self, part: Any, skipped: Collection[int]) -> Iterator[tuple[Any, bool]]:
        """Each node as it is entered and, if it can hold others, left. It keeps its own stack, however deep a page."""
        stack: list[tuple[Any, bool]] = [(part, False)]
        while stack:
            node, leaves = stack.pop()
            if leaves:
                yield node, True
                continue
            if node.tag in self.silent or node.mem_id in skipped or node.is_comment_node:
                continue
            yield node, False
            if self.is_leaf(node):
                continue
            stack.append((node, True))
            children = list(node.iter(include_text=True))
            stack.extend((child, False) for child in reversed(children))

    def _enter(self, pen: Pen, node: Any) -> None:
        tag = node.tag
        if tag == "-text":
            pen.words(self.blanks.sub(" ", node.text_content.replace(MARK, "")))
            return
        if self.fragment and self.fragment in (node.attributes.get("id"), node.attributes.get("name")):
            pen.mark()
        if tag == "a":
            pen.begin_link(self.target(node.attributes.get("href") or ""))
        elif tag == "pre":
            pen.block(*self.code(node))
        elif tag in _CODE:
            pen.piece(self.code_mark)
        elif tag in _INLINE:
            _INLINE[tag](self, pen, node)
        else:
            self.begin_block(pen, tag, node)

    def _leave(self, pen: Pen, node: Any) -> None:
        tag = node.tag
        if tag == "a":
            pen.end_link(self.link)
        elif tag in _CODE:
            pen.piece(self.code_mark)
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
        else:
            self.end_block(pen, tag)

    def begin_block(self, pen: Pen, tag: str, node: Any) -> None:
        """A block begins, or something that means nothing here."""
        if tag == "li":
            pen.end_line()
            pen.begin_item()
        elif tag in ("ul", "ol"):
            if not pen.lists:
                pen.apart()
            first = node.attributes.get("start") or "1"
            pen.lists.append(None if tag == "ul" else int(first) if re.fullmatch(r"-?[0-9]{1,9}", first) else 1)
        elif tag == "blockquote":
            pen.apart()
            pen.indents.append("> ")
        elif tag == "dd":
            pen.end_line()
            pen.indents.append("  ")
        elif tag in _APART:
            pen.apart()
            if tag.startswith("h") and self.heading_mark:
                pen.piece(f"{self.heading_mark * int(tag[1])} ")
        elif tag in _BLOCKS:
            pen.end_line()

    def end_block(self, pen: Pen, tag: str) -> None:
        """A block ends that begins and ends lines and does nothing else."""
        if tag in _BLOCKS:
            pen.end_line()

    def target(self, address: str) -> str:
        """The address of a link as it is written; empty for one that leads nowhere else."""
        raise NotImplementedError

    def link(self, text: str, target: str) -> str | None:
        """What stands there for a link with this text."""
        raise NotImplementedError

    def code(self, node: Any) -> list[str]:
        """The lines of a piece of code, or of words whose blanks count."""
        return _as_it_stands(node).strip("\n").split("\n")


class Markdown(Sheet):
    """`base` makes links whole; `fragment` is the id of the place that is looked for."""

    silent = _SILENT | _CONTROLS
    blanks = _ALL_BLANKS
    code_mark = "`"
    heading_mark = "#"

    def __init__(self, base: str, fragment: str = "") -> None:
        self._base = base
        self.fragment = fragment

    def is_leaf(self, node: Any) -> bool:
        """Tables of data are written as a whole, too."""
        return super().is_leaf(node) or (node.tag == "table" and is_table_of_data(node))

    def begin_block(self, pen: Pen, tag: str, node: Any) -> None:
        """Tables of data are written as a whole."""
        if tag == "table" and is_table_of_data(node):
            pen.block(*rows_of(node, self.target))
        else:
            super().begin_block(pen, tag, node)

    def target(self, address: str) -> str:
        """The whole address."""
        if not address or address.lower().startswith(_NO_ADDRESS):
            return ""
        try:
            return urljoin(self._base, address.strip()).replace(" ", "%20").replace(")", "%29")
        except ValueError:
            return ""

    def link(self, text: str, target: str) -> str | None:
        """As Markdown writes links; nothing for a sign that leads to its own heading."""
        if text in _PERMALINK:
            return ""
        return f"[{text}]({target})" if target and text and text != target else None

    def code(self, node: Any) -> list[str]:
        """Code as it stands, in a fence longer than any within."""
        inner = node.css_first("code")
        about = " ".join(each.attributes.get("class") or "" for each in (node, inner) if each is not None)
        language = found[1] if (found := _LANGUAGE.search(about)) else ""
        lines = super().code(node)
        fence = "`" * max([3, *(len(ticks) + 1 for ticks in _TICKS.findall("\n".join(lines)))])
        return [f"{fence}{language}", *lines, fence]


class PlainWords(Sheet):
    """As people write in plain mail; blanks that may not be broken stay until the end, for some indent by them."""

    rule = "----"

    def begin_block(self, pen: Pen, tag: str, node: Any) -> None:
        """Cells of a row stand behind each other."""
        if tag not in ("td", "th"):
            super().begin_block(pen, tag, node)
        elif pen.has_words:
            pen.words(" | ")

    def end_block(self, pen: Pen, tag: str) -> None:
        """A row ends its line, a cell does not."""
        if tag not in ("td", "th"):
            super().end_block(pen, tag)

    def target(self, address: str) -> str:
        """Addresses of the web; others say nothing to whoever cannot open them."""
        return address.strip() if _WEB.match(address.strip()) else ""

    def link(self, text: str, target: str) -> str | None:
        """The text with the address behind it, unless it says that itself."""
        if not target or text.rstrip("/") == target.rstrip("/"):
            return None
        return f"{text} ({target})" if text else target

    def _whole_text(self, lines: list[str]) -> str:
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n").replace("\xa0", " ")


def _as_it_stands(node: Any) -> str:
    """The text of a node whose blanks and line ends count."""
    pieces: list[str] = []
    for each in node.traverse(include_text=True):
        if each.tag == "-text":
            pieces.append(each.text_content)
        elif each.tag == "br" or (each.tag in ("div", "p") and pieces and not pieces[-1].endswith("\n")):
            pieces.append("\n")
    return "".join(pieces)


def _image(sheet: Sheet, pen: Pen, node: Any) -> None:
    if alt := sheet.blanks.sub(" ", node.attributes.get("alt") or "").strip():
        pen.words(f"[image: {alt}]")


_INLINE: Mapping[str, Callable[[Sheet, Pen, Any], None]] = {
    "br": lambda _, pen, __: pen.free_line(),
    "hr": lambda sheet, pen, _: pen.block(sheet.rule),
    "img": _image,
    "math": lambda sheet, pen, node: pen.words(sheet.blanks.sub(" ", node.attributes.get("alttext") or node.text())),
}
