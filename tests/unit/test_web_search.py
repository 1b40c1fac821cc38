"""The tool that searches the web, with an engine of each kind that refuses what the real ones refuse."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from agents.toolbox.search_engines import WAYS, Engine
from agents.toolbox.web_search import search_tool
from agents.tools.tool import ToolContext
from gateway.settings.model import SearchSettings
from governance.people.people import Person, Role

KEY = "a-key-of-a-customer"
PAGE = {"url": "https://example.org/bridge", "title": "The heron bridge", "name": "The heron bridge"}
CONTEXT = ToolContext(
    person=Person(id=UUID(int=1), name="alice", role=Role.OPERATOR),
    agent="helper",
    conversation="c",
    workspace=Path("/nowhere"),
)


class Engines:
    """One server with the doors of all engines."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.found = 1

    def pages(self, **more: str) -> list[dict[str, str]]:
        return [{**PAGE, **more, "url": f"{PAGE['url']}/{number}"} for number in range(self.found)]

    async def searxng(self, request: web.Request) -> web.Response:
        if request.query.get("format") != "json":
            raise web.HTTPForbidden
        self.asked.append(request.query["q"])
        return web.json_response(
            {"results": self.pages(content="Built of\n larch.", publishedDate="2026-05-06T00:00:00")}
        )

    async def brave(self, request: web.Request) -> web.Response:
        if request.headers.get("X-Subscription-Token") != KEY:
            raise web.HTTPUnauthorized
        self.asked.append(request.query["q"])
        return web.json_response({"web": {"results": self.pages(description="Built of larch.")}})

    async def _posted(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            raise web.HTTPUnauthorized
        self.asked.append((await request.json())["query"])

    async def tavily(self, request: web.Request) -> web.Response:
        await self._posted(request)
        return web.json_response({"results": self.pages(content="Built of larch.")})

    async def bocha(self, request: web.Request) -> web.Response:
        await self._posted(request)
        return web.json_response({"code": 200, "data": {"webPages": {"value": self.pages(snippet="Built of larch.")}}})

    async def odd(self, request: web.Request) -> web.Response:
        return {
            "429": web.Response(status=429),
            "500": web.Response(status=500),
            "moved": web.Response(status=302, headers={"Location": "/searxng"}),
            "html": web.Response(text="<p>hello</p>"),
            "list": web.json_response([1]),
            "deep": web.json_response({"results": [1, {"url": 3}, {"url": "https://example.org/"}]}),
        }[request.query["q"]]


@pytest.fixture
async def engines() -> AsyncIterator[tuple[Engines, str, aiohttp.ClientSession]]:
    here = Engines()
    app = web.Application()
    for kind in ("searxng", "brave"):
        app.router.add_get(f"/{kind}", getattr(here, kind))
    for kind in ("tavily", "bocha"):
        app.router.add_post(f"/{kind}", getattr(here, kind))
    app.router.add_get("/odd", here.odd)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    async with aiohttp.ClientSession() as http:
        yield here, f"http://127.0.0.1:{server.port}", http
    await server.close()


async def search(http: aiohttp.ClientSession, kind: str, url: str, query: str, key: str = KEY):
    return await search_tool(Engine(kind=kind, url=url, key=key), http).run(CONTEXT, {"query": query})


@pytest.mark.parametrize("kind", WAYS)
async def test_each_engine_is_asked_in_its_own_way_and_answers_in_one_form(engines, kind: str) -> None:
    here, base, http = engines
    result = await search(http, kind, f"{base}/{kind}", " heron \n bridge ")

    day = " (2026-05-06)" if kind == "searxng" else ""
    assert result.text == f"The heron bridge{day}\nhttps://example.org/bridge/0\nBuilt of larch."
    assert here.asked == ["heron bridge"]


async def test_no_more_is_shown_than_is_of_use_and_nothing_found_is_said(engines) -> None:
    here, base, http = engines
    here.found = 30
    assert (await search(http, "searxng", f"{base}/searxng", "x")).text.count("https://") == 8
    here.found = 0
    assert "nothing found" in (await search(http, "searxng", f"{base}/searxng", "x")).text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("429", "takes no more questions for now"),
        ("500", "answered 500"),
        ("moved", "answered 302"),
        ("html", "cannot be read"),
        ("list", "nothing found"),
        ("deep", "https://example.org/\nhttps://example.org/"),
    ],
)
async def test_an_engine_in_trouble_ends_in_a_sentence(engines, query: str, said: str) -> None:
    _, base, http = engines
    assert said in (await search(http, "searxng", f"{base}/odd", query)).text


async def test_a_refused_key_and_an_engine_that_is_away_name_who_can_mend_it(engines) -> None:
    _, base, http = engines
    assert "an admin can mend search.key" in (await search(http, "brave", f"{base}/brave", "x", key="wrong")).text
    assert "an admin can look" in (await search(http, "brave", "http://127.0.0.1:1/", "x")).text


@pytest.mark.parametrize(
    ("given", "lack"),
    [
        ({"engine": "searxng"}, "searxng needs search.url"),
        ({"engine": "brave"}, "brave needs search.key"),
        ({"engine": "google"}, "Input should be"),
    ],
)
def test_settings_that_lack_something_say_what(given: dict[str, str], lack: str) -> None:
    with pytest.raises(ValidationError, match=lack):
        SearchSettings(**given)


def test_settings_name_an_engine_or_none() -> None:
    assert SearchSettings().asked is None
    engine = SearchSettings(engine="brave", key=KEY).asked
    assert engine == Engine(kind="brave", url="", key=KEY)
    assert KEY not in repr(SearchSettings(engine="brave", key=KEY))
