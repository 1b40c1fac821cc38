"""The body of an answer comes whole, however it arrives, and never more of it than is wanted."""

import json
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.shared.downloads import beginning

LONG = json.dumps({"posts": ["x" * 1000] * 2000}).encode()
FLOORS = ("agents", "channels", "gateway", "governance")


@pytest.fixture
async def address():
    async def long(_: web.Request) -> web.Response:
        return web.Response(body=LONG)

    app = web.Application()
    app.router.add_get("/", long)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_an_answer_of_many_pieces_is_read_to_its_end(address: str):
    async with aiohttp.ClientSession() as http, http.get(address) as answer:
        assert await beginning(answer, len(LONG) + 1) == LONG


async def test_no_more_is_read_than_is_wanted(address: str):
    async with aiohttp.ClientSession() as http, http.get(address) as answer:
        assert await beginning(answer, 100_000) == LONG[:100_000]


def test_nobody_takes_what_has_arrived_so_far_for_the_whole():
    root = Path(__file__).parents[2]
    reading = [
        path for floor in FLOORS for path in (root / floor).rglob("*.py") if ".content.read(" in path.read_text("utf-8")
    ]

    assert reading == [root / "channels/shared/downloads.py"]
