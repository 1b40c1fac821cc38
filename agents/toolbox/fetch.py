"""Fetches a web page for the model as readable text, or a file into the workspace."""

import asyncio
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import Field

from agents.call_forms.values import as_url
from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed, tool
from agents.tools.tool import Tool, ToolContext, ToolResult
from channels.page import Page, read_page
from governance.egress.egress import Egress, Fetched
from governance.guard.paths import judge_path, safe_replace
from governance.values.verdicts import Allowed, Effect

MAX_PAGE_BYTES = 4 << 20
MAX_FILE_BYTES = 20 << 20
FETCH_SECONDS = 30.0
_GRACE_SECONDS = 5.0
SHOWN_CHARACTERS = 20_000
_SHOWN_OF_AN_ERROR = 2_000
_TEXTS = frozenset({"application/json", "application/xml", "application/javascript", "application/x-yaml"})
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_FIRST_ERROR = 400
_PAGE = re.compile(r"https?://", re.IGNORECASE)
_CALLED = "fetch web_fetch webfetch browse open_url get_url fetch_page read_url http_get"
_URL = ArgumentHabit("uri link address href website page", as_url)


def fetch_tool(egress: Egress) -> Tool:
    """`fetch_url`, which reads through that."""

    async def fetch_url(
        context: ToolContext,
        url: Annotated[str, _URL],
        start: Annotated[int, Field(ge=0, description="first character")] = 0,
        *,
        raw: bool = False,
    ) -> ToolResult:
        """Read a web page."""
        return await fetch_with(egress, context, url, start, raw=raw)

    return tool(
        fetch_url,
        effect=Effect.FETCHES,
        subject="url",
        timeout_seconds=FETCH_SECONDS + _GRACE_SECONDS,
        also_called=_CALLED,
        meant=_page_meant,
    )


def _page_meant(name: str, given: Mapping[str, Any], _: Collection[str]) -> Mapping[str, Any] | None:
    """Reading a file whose path is an address is reading a page."""
    path = given.get("path")
    is_page = name == "read_file" and isinstance(path, str) and _PAGE.match(path.strip())
    return {"url": path.strip()} if is_page and isinstance(path, str) else None


async def fetch_with(
    egress: Egress, context: ToolContext, url: str, start: int = 0, *, raw: bool = False
) -> ToolResult:
    """The page from the character `start` on; what is no text, and the whole of a long page, lies in `fetched/`.

    With `raw` a text is put there as well, as it came: feeds and pages for programs to read.
    """
    page = await egress.fetch(url.strip(), limit_bytes=MAX_FILE_BYTES, timeout_seconds=FETCH_SECONDS)
    if raw or not is_text(page.media_type):
        return ToolResult(
            text=f"{_moved(page, url)}{await _saved(context, page, with_host=raw)}", ok=page.status < _FIRST_ERROR
        )
    read = await asyncio.to_thread(_read, page, urlsplit(url.strip()).fragment)
    if page.status >= _FIRST_ERROR:
        shown = read.text[:_SHOWN_OF_AN_ERROR]
        return ToolResult(text=f"{_moved(page, url)}The server answered {page.status}.\n{shown}", ok=False)
    if not read.text.strip():
        said = "The page holds no text; it may be made by a script, which does not run here."
        return ToolResult(text=f"{_moved(page, url)}{said}")
    if start >= len(read.text):
        raise ToolFailed(f"the page has only {len(read.text):,} characters")
    return ToolResult(text=f"{_moved(page, url)}{await _shown(context, page, read, start or read.start)}")


def is_text(media_type: str) -> bool:
    """Whether a model can read that as it is, or once its markup is taken away."""
    return media_type.startswith("text/") or media_type in _TEXTS or media_type.endswith(("+json", "+xml"))


async def _shown(context: ToolContext, page: Fetched, read: Page, start: int) -> str:
    """A piece of the page, and what there is besides: how it is read on, what was hidden, what was not fetched."""
    end = start + SHOWN_CHARACTERS
    piece, notes = read.text[start:end], []
    if start or end < len(read.text):
        path = await _kept(context, f"{_name_of(page)}.md", read.text.encode("utf-8", "replace"))
        on = f"; start={end} reads on" if end < len(read.text) else ""
        notes.append(
            f"characters {start:,} to {min(end, len(read.text)):,} of {len(read.text):,}{on}; all of it: {path}"
        )
    if read.hidden:
        notes.append(f"{read.hidden:,} characters that the page hides from its readers are left out")
    if len(page.body) > MAX_PAGE_BYTES:
        notes.append(f"the page is longer than {MAX_PAGE_BYTES >> 20} MB; the rest was not read")
    title = f"# {read.title}\n\n" if read.title and not start and not piece.startswith("# ") else ""
    return f"{title}{piece}" + "".join(f"\n({note})" for note in notes)


def _read(page: Fetched, fragment: str) -> Page:
    text = page.body[:MAX_PAGE_BYTES].decode(_charset(page), "replace")
    return read_page(text, page.url, unquote(fragment)) if page.media_type in _PAGES else Page(title="", text=text)


def _moved(page: Fetched, url: str) -> str:
    """Where the page was found, if that is another place."""
    asked = url.strip().partition("#")[0].rstrip("/")
    return f"{page.url}\n" if page.url.rstrip("/") != asked else ""


def _charset(page: Fetched) -> str:
    """What the server says, else what the page says of itself, else UTF-8."""
    named = re.search(
        rb"""<(?:meta[^>]+charset|\?xml[^>]+encoding)=["']?([\w-]{2,40})""", page.body[:2048], re.IGNORECASE
    )
    for charset in (page.charset, named[1].decode() if named else ""):
        try:
            if charset and isinstance(b"".decode(charset), str):
                return charset
        except (LookupError, ValueError):
            continue
    return "utf-8"


async def _saved(context: ToolContext, page: Fetched, *, with_host: bool) -> str:
    if page.status >= _FIRST_ERROR:
        return f"The server answered {page.status}."
    if page.truncated:
        raise ToolFailed(
            f"that is a file ({page.media_type}) of more than {MAX_FILE_BYTES >> 20} MB, which is too large"
        )
    host = f"{urlsplit(page.url).hostname}_" if with_host else ""  # feeds of many sites have one name
    path = await _kept(context, f"{host}{_name_of(page)}", page.body)
    return f"It is {page.media_type}, {len(page.body):,} bytes; saved as {path}, which read_file reads."


def _name_of(page: Fetched) -> str:
    """A name for the file: the last part of the address, or its host."""
    parts = urlsplit(page.url)
    last = unquote(parts.path).rstrip("/").rpartition("/")[2] or parts.hostname or "file"
    return re.sub(r"[^\w.()-]+", "_", last).strip("._-")[:100] or "file"


async def _kept(context: ToolContext, name: str, content: bytes) -> str:
    """Where in the workspace it lies now."""
    path = f"fetched/{name}"
    if not isinstance(judge_path(path, context.workspace, writes=True), Allowed):
        path = "fetched/file"
    await asyncio.to_thread(safe_replace, context.workspace, path, content)
    return path
