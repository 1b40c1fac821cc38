"""Fetches a web page for the model as readable text, or a file into the workspace."""

import asyncio
import re
from urllib.parse import unquote, urlsplit

from agents.tool_schema import ToolFailed
from agents.toolbox.readable import text_of
from agents.tools import ToolContext, ToolResult
from governance.egress import Egress, Fetched
from governance.paths import judge_path, replace_beneath
from governance.verdicts import Allowed

MAX_PAGE_BYTES = 4 << 20
FETCH_SECONDS = 30.0
SHOWN_CHARACTERS = 20_000
_TEXTS = frozenset({"application/json", "application/xml", "application/javascript", "application/x-yaml"})
_FIRST_ERROR = 400


async def fetch_with(egress: Egress, context: ToolContext, url: str) -> ToolResult:
    """The page as text; what is no text is saved to `fetched/` in the workspace."""
    page = await egress.fetch(url.strip(), limit_bytes=MAX_PAGE_BYTES, timeout_seconds=FETCH_SECONDS)
    moved = f"{page.url}\n" if page.url.rstrip("/") != url.strip().rstrip("/") else ""
    if not is_text(page.media_type):
        return ToolResult(text=f"{moved}{await _saved(context, page)}", ok=page.status < _FIRST_ERROR)
    text = await asyncio.to_thread(_readable, page)
    if len(text) > SHOWN_CHARACTERS:
        text = f"{text[:SHOWN_CHARACTERS]}\n[{len(text) - SHOWN_CHARACTERS} more characters left out]"
    elif page.truncated:
        text = f"{text}\n[the page is longer than {MAX_PAGE_BYTES >> 20} MB; the rest was not read]"
    if page.status >= _FIRST_ERROR:
        return ToolResult(text=f"{moved}The server answered {page.status}.\n{text[:2_000]}", ok=False)
    return ToolResult(text=f"{moved}{text}" if text.strip() else f"{moved}The page holds no text.")


def is_text(media_type: str) -> bool:
    """Whether a model can read that as it is, or once its markup is taken away."""
    return media_type.startswith("text/") or media_type in _TEXTS or media_type.endswith(("+json", "+xml"))


def _readable(page: Fetched) -> str:
    text = page.body.decode(_charset(page), "replace")
    if page.media_type in {"text/html", "application/xhtml+xml"}:
        title, body = text_of(text, page.url)
        return f"# {title}\n\n{body}" if title and not body.startswith(f"# {title}") else body
    return text


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


async def _saved(context: ToolContext, page: Fetched) -> str:
    if page.status >= _FIRST_ERROR:
        return f"The server answered {page.status}."
    if page.truncated:
        raise ToolFailed(
            f"that is a file ({page.media_type}) of more than {MAX_PAGE_BYTES >> 20} MB, which is too large"
        )
    last = unquote(urlsplit(page.url).path).rpartition("/")[2]
    name = re.sub(r"[^\w.()-]+", "_", last).strip("._-")[:100] or "file"
    path = f"fetched/{name}"
    if not isinstance(judge_path(path, context.workspace, writes=True), Allowed):
        path = "fetched/file"
    await asyncio.to_thread(replace_beneath, context.workspace, path, page.body)
    return f"It is {page.media_type}, {len(page.body)} bytes; saved as {path}."
