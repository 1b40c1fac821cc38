"""Searches the web with the engine that the settings name. It reads no page; fetch_url does."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import aiohttp
from pydantic import Field

from agents.toolbox.search_engines import MOST_FOUND, WAYS, Engine, EngineForm
from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed, tool
from agents.tools.tool import Tool, ToolContext
from channels.shared.downloads import beginning
from governance.values.verdicts import Effect

SEARCH_SECONDS = 20.0
_MOST_BYTES = 2 << 20
_LONGEST_QUERY = 400
_SHOWN_OF_A_PAGE = 400
_REFUSED = frozenset({401, 403})
_TOO_MANY = 429
_QUERY = ArgumentHabit("q search_query pattern search_term question")


def search_tool(engine: Engine, http: aiohttp.ClientSession) -> Tool:
    """The tool that asks this engine. `http` reaches it the way that models are reached."""

    async def web_search(
        _: ToolContext, query: Annotated[str, _QUERY, Field(min_length=1, max_length=_LONGEST_QUERY)]
    ) -> str:
        """Search the web; fetch_url reads what is found."""
        answer = await _asked(engine, http, " ".join(query.split()))
        pages = list(_pages(WAYS[engine.kind], answer))
        return "\n\n".join(pages[:MOST_FOUND]) or "(nothing found; try other words)"

    return tool(
        web_search,
        effect=Effect.SEARCHES,
        subject="query",
        timeout_seconds=SEARCH_SECONDS + 5,
        also_called="websearch google search_web internet_search",
    )


async def _asked(engine: Engine, http: aiohttp.ClientSession, query: str) -> Any:
    way = WAYS[engine.kind]
    given = way.parameters(query)
    sent: dict[str, Any] = {"params": given} if way.method == "GET" else {"json": given}
    try:
        async with (
            asyncio.timeout(SEARCH_SECONDS),
            http.request(
                way.method,
                engine.url or way.default_url,
                headers=way.headers(engine.key),
                allow_redirects=False,
                **sent,
            ) as answer,
        ):
            if answer.status != 200:  # noqa: PLR2004  # HTTP's own word for fine
                raise ToolFailed(_refused(engine, answer.status))
            return json.loads(await beginning(answer, _MOST_BYTES))
    except TimeoutError as problem:
        raise ToolFailed(f"the search engine did not answer within {SEARCH_SECONDS:g} s; try once more") from problem
    except (aiohttp.ClientError, OSError) as problem:
        raise ToolFailed(
            f"the search engine cannot be reached ({type(problem).__name__}); an admin can look"
        ) from problem
    except (ValueError, RecursionError) as problem:
        raise ToolFailed("the search engine's answer cannot be read; an admin can look") from problem


def _refused(engine: Engine, status: int) -> str:
    if status == _TOO_MANY:
        return "the search engine takes no more questions for now; try later, or answer without it"
    if status in _REFUSED and engine.kind == "searxng":
        return f"the search engine refused ({status}); its settings must list json among search.formats"
    if status in _REFUSED:
        return f"the search engine refused its key ({status}); an admin can mend search.key"
    return f"the search engine answered {status}"


def _pages(way: EngineForm, answer: Any) -> Iterator[str]:
    """Each page that was found: its title, its address, some of its words."""
    for step in way.path:
        answer = answer.get(step) if isinstance(answer, Mapping) else None
    title, address, texts, date = way.fields
    for page in answer if isinstance(answer, list) else ():
        if not isinstance(page, Mapping) or not isinstance(page.get(address), str):
            continue
        words = next((str(page[each]) for each in texts if page.get(each)), "")
        day = f" ({str(page[date])[:10]})" if page.get(date) else ""
        lines = [f"{_flat(page.get(title)) or page[address]}{day}", page[address], _flat(words)[:_SHOWN_OF_A_PAGE]]
        yield "\n".join(line for line in lines if line)


def _flat(text: Any) -> str:
    return " ".join(str(text or "").split())
