"""Search engines: how each kind is asked, and where in its answer the pages lie. It asks none; the tool does.

Forms of requests and answers: docs.searxng.org (dev/search_api), api-dashboard.search.brave.com, docs.tavily.com and
open.bochaai.com.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_FOUND = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A search engine: `url` is where it is asked, `key` what it knows its customer by, empty where it needs none."""

    kind: str
    url: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineForm:
    """How an engine of one kind is asked, and where in its answer the pages lie, each with these fields.

    fields: title, address, texts of which the first that is there counts, date.
    """

    method: str
    headers: Callable[[str], dict[str, str]]
    parameters: Callable[[str], dict[str, Any]]
    path: tuple[str, ...]
    fields: tuple[str, str, tuple[str, ...], str]
    needs_key: bool = True
    default_url: str = ""


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


WAYS: Mapping[str, EngineForm] = {
    "searxng": EngineForm(
        method="GET",
        headers=lambda key: _bearer(key) if key else {},
        parameters=lambda query: {"q": query, "format": "json"},
        path=("results",),
        fields=("title", "url", ("content",), "publishedDate"),
        needs_key=False,
    ),
    "brave": EngineForm(
        method="GET",
        headers=lambda key: {"X-Subscription-Token": key, "Accept": "application/json"},
        parameters=lambda query: {"q": query, "count": MOST_FOUND},
        path=("web", "results"),
        fields=("title", "url", ("description",), "page_age"),
        default_url="https://api.search.brave.com/res/v1/web/search",
    ),
    "tavily": EngineForm(
        method="POST",
        headers=_bearer,
        parameters=lambda query: {"query": query, "max_results": MOST_FOUND},
        path=("results",),
        fields=("title", "url", ("content",), "published_date"),
        default_url="https://api.tavily.com/search",
    ),
    "bocha": EngineForm(
        method="POST",
        headers=_bearer,
        parameters=lambda query: {"query": query, "count": MOST_FOUND, "summary": True},
        path=("data", "webPages", "value"),
        fields=("name", "url", ("summary", "snippet"), "datePublished"),
        default_url="https://api.bochaai.com/v1/web-search",
    ),
}


def lack_of(engine: Engine) -> str:
    """What the engine still needs, in the words of the settings; empty when it has all."""
    way = WAYS[engine.kind]
    if not (engine.url or way.default_url):
        return "url"
    return "key" if way.needs_key and not engine.key else ""
