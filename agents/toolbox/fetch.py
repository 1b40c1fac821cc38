"""Fetching a page of the open Internet as text. Where it may go is egress' business, hop by hop."""

import hashlib
import re
from html.parser import HTMLParser
from typing import Annotated

from pydantic import Field

from agents.tool_schema import tool
from agents.tools import Tool, ToolContext, ToolResult
from governance.beneath import replace_beneath
from governance.egress import Egress, Fetched
from governance.verdicts import Effect

FETCH_BYTES = 4 * 2**20
FETCH_SECONDS = 30
_HIDDEN = frozenset({"head", "iframe", "noscript", "script", "style", "svg", "template"})
_BLOCKS = frozenset(
    {"article", "blockquote", "br", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"}
    | {"pre", "section", "table", "td", "th", "tr", "ul"}
)
_TEXTUAL = re.compile(r"text/.*|application/(.*\+)?(json|xml|yaml|javascript)")


class _Words(HTMLParser):
    """The words of a page, one block a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)


def fetch_tool(egress: Egress) -> Tool:
    """The tool."""

    async def fetch_url(context: ToolContext, url: Annotated[str, Field(description="http or https")]) -> ToolResult:
        """Fetch a page and read it as text."""
        fetched = await egress.fetch(url, limit_bytes=FETCH_BYTES, timeout_seconds=FETCH_SECONDS)
        return _read(context, fetched)

    return tool(fetch_url, effect=Effect.FETCHES, subject="url", timeout_seconds=FETCH_SECONDS + 5)


def _read(context: ToolContext, fetched: Fetched) -> ToolResult:
    head = "" if fetched.status < 400 else f"(HTTP {fetched.status})\n"  # noqa: PLR2004  # where errors begin
    if not _TEXTUAL.fullmatch(fetched.media_type or "text/plain"):
        name = f"fetched/{hashlib.sha256(fetched.url.encode()).hexdigest()[:12]}"
        replace_beneath(context.workspace, name, fetched.body)
        said = f"{head}It is {fetched.media_type}, {len(fetched.body)} bytes; saved as {name}."
        return ToolResult(text=said, ok=not head)
    text = fetched.body.decode(_charset(fetched.charset), "replace")
    if "html" in fetched.media_type:
        text = words_of(text)
    more = "\n(there is more than was fetched)" if fetched.truncated else ""
    return ToolResult(text=f"{head}{text}{more}" or "(empty)", ok=not head)


def words_of(page: str) -> str:
    """What a person would read of a page, without blank runs."""
    parser = _Words()
    parser.feed(page)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.pieces).splitlines())
    return "\n".join(line for line in lines if line)


def _charset(named: str) -> str:
    try:
        "".encode(named or "utf-8")
    except LookupError:
        return "utf-8"
    return named or "utf-8"
