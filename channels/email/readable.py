"""HTML to words that a person or a model reads, in one pass whose cost grows with the length alone. It runs nothing.

What a reader would not see (display:none and its kin, scripts, styles) is left out, so that a mail cannot say one thing
to people and another to a model.
"""

import html
import re
from collections.abc import Iterator

MOST_CHARACTERS = 500_000
_DEEPEST = 8
_NAME = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|max-height\s*:\s*0(?![.\d]*[1-9])|mso-hide\s*:\s*all",
    re.IGNORECASE,
)
_SILENT = {"head", "script", "style", "template", "title", "svg", "math", "object", "iframe", "noscript", "textarea"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCKS = {"address", "article", "aside", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "header"} | {
    "main",
    "nav",
    "section",
    "table",
    "tbody",
    "thead",
    "tr",
}
_APART = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "ul"}
_VALUES = re.compile(r"\"[^\"]*\"|'[^']*'")
_HIDDEN = re.compile(r"(?:^|\s)hidden(?=[\s=/]|$)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")


def readable(page: str) -> str:
    """The words of a page: links with their addresses, quotes behind `> `, cells of a row behind ` | `."""
    sheet = _Sheet()
    for name, is_end, inside in _tokens(page[:MOST_CHARACTERS]):
        if name:
            sheet.tag(name, inside, is_end=is_end)
        else:
            sheet.words(html.unescape(inside))
    return sheet.text()


def _tokens(page: str) -> Iterator[tuple[str, bool, str]]:
    """Tags as (name, is_end, attributes) and words as ("", False, words)."""
    at = 0
    while at < len(page):
        start = page.find("<", at)
        if start != at:
            yield "", False, page[at : start if start >= 0 else len(page)]
        if start < 0:
            return
        found = _NAME.match(page, start + 1)
        if found is None and page[start + 1 : start + 2] not in {"!", "?"}:
            yield "", False, "<"
            at = start + 1
            continue
        ending = "-->" if page.startswith("<!--", start) else ">"
        end = page.find(ending, start + 1)
        if end < 0:
            return
        at = end + len(ending)
        if found is None:
            continue
        name = found[2].lower()
        yield name, bool(found[1]), page[found.end() : end]
        if name in _SILENT and not found[1] and page[end - 1] != "/":
            closing = re.compile(rf"</{name}", re.IGNORECASE).search(page, at)
            if closing is None:
                return
            at = closing.start()


class _Sheet:
    """The lines written so far, and what is open.

    The line being written is kept in pieces: joining it again for each word would cost the square of its length.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._has_words = False
        self._depth = 0
        self._fixed = 0
        self._lists: list[int | None] = []
        self._links: list[tuple[str, int]] = []
        self._hidden: tuple[str, int] | None = None

    def words(self, text: str) -> None:
        if self._hidden is not None:
            return
        if self._fixed:
            first, *others = text.split("\n")
            self._write(first)
            for line in others:
                self._end_line()
                self._write(line)
            return
        text = _SPACE.sub(" ", text)
        self._write(text.lstrip(" ") if not self._line or self._line[-1].endswith(" ") else text)

    def _write(self, text: str) -> None:
        if text:
            self._line.append(text)
            self._has_words = self._has_words or not text.isspace()

    def tag(self, name: str, inside: str, *, is_end: bool) -> None:
        if self._hidden is not None:
            self._watch_hidden(name, is_end=is_end)
        elif not is_end and name not in _VOID and _is_hidden(inside):
            self._hidden = (name, 1)
        elif name in {"td", "th"} and not is_end:
            if self._has_words:
                self._write(" | " if not self._line[-1].endswith(" ") else "| ")
        elif name == "a":
            self._link(inside, is_end=is_end)
        elif name == "br":
            self._end_line()
        elif name == "hr":
            self._apart()
            self._write("----")
            self._apart()
        elif name in _BLOCKS:
            self._break()
        else:
            self._block(name, is_end=is_end)

    def _watch_hidden(self, name: str, *, is_end: bool) -> None:
        hidden, depth = self._hidden or ("", 0)
        if name == hidden:
            depth += -1 if is_end else 1
        self._hidden = (hidden, depth) if depth else None

    def _block(self, name: str, *, is_end: bool) -> None:
        if name == "li":
            self._break()
            if not is_end:
                self._write(self._bullet())
            return
        if name not in _APART:
            return
        step = -1 if is_end else 1
        if name == "blockquote" and is_end:
            self._break()
            self._depth = max(0, self._depth - 1)
            if self._lines and not self._lines[-1].strip("> "):
                self._lines[-1] = ("> " * min(self._depth, _DEEPEST)).rstrip()
        nested = name in {"ol", "ul"} and len(self._lists) > (1 if is_end else 0)
        self._break() if nested else self._apart()
        if name == "blockquote" and not is_end:
            self._depth += 1
        elif name == "pre":
            self._fixed = max(0, self._fixed + step)
        elif name in {"ol", "ul"} and is_end:
            del self._lists[-1:]
        elif name in {"ol", "ul"}:
            self._lists.append(1 if name == "ol" else None)

    def _bullet(self) -> str:
        indent = "  " * min(max(0, len(self._lists) - 1), _DEEPEST)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number}. "

    def _link(self, inside: str, *, is_end: bool) -> None:
        if not is_end:
            self._links = [(_attribute(inside, "href"), len(self._line))]
        elif self._links:
            url, start = self._links.pop()
            shown = "".join(self._line[start:]).strip()
            if re.match(r"https?://", url, re.IGNORECASE) and url.rstrip("/") != shown.rstrip("/"):
                self._write(f" ({url})" if shown else url)

    def _end_line(self) -> None:
        prefix, line = "> " * min(self._depth, _DEEPEST), "".join(self._line)
        self._lines.append(prefix + line if self._fixed else (prefix + line).rstrip())
        self._line, self._has_words = [], False

    def _break(self) -> None:
        if self._has_words:
            self._end_line()
        self._line = []

    def _apart(self) -> None:
        """A blank line, unless there is one."""
        self._break()
        if self._lines and self._lines[-1].strip("> "):
            self._end_line()

    def text(self) -> str:
        self._break()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n").replace("\xa0", " ")


def _attribute(inside: str, name: str) -> str:
    for found in _ATTRIBUTE.finditer(inside[:4000]):
        if found[1].lower() == name:
            return html.unescape(found[2] or found[3] or found[4] or "").strip()
    return ""


def _is_hidden(inside: str) -> bool:
    if not inside.strip():
        return False
    return bool(_UNSEEN.search(_attribute(inside, "style")) or _HIDDEN.search(_VALUES.sub('""', inside[:4000])))
