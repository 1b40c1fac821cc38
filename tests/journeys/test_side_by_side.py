"""Several calls of one answer: those that only read run at once, what writes keeps its place, and a stop ends all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.journeys.town import Town, town, until


@asynccontextmanager
async def gathering(count: int, paths: list[str]) -> AsyncIterator[TestServer]:
    """A page that is there once so many wait for it at the same time; 0: never."""
    waiting, is_there = set[str](), asyncio.Event()

    async def page(request: web.Request) -> web.Response:
        paths.append(request.path)
        waiting.add(request.path)
        if count and len(waiting) >= count:
            is_there.set()
        await is_there.wait()
        return web.Response(text=f"page {request.path}")

    app = web.Application()
    app.router.add_get("/{name}", page)
    async with TestServer(app) as server:
        try:
            yield server
        finally:
            is_there.set()


@asynccontextmanager
async def reading(dsn: str, home: Path, server: TestServer) -> AsyncIterator[Town]:
    async with town(dsn, home, egress={"allow": [f"127.0.0.1:{server.port}"]}) as here:
        await here.person("alice")
        yield here


def fetches(server: TestServer, count: int) -> list[tuple[str, dict[str, str]]]:
    return [("fetch_url", {"url": f"http://127.0.0.1:{server.port}/{number}"}) for number in range(count)]


async def test_pages_are_fetched_at_once_and_their_results_stand_in_order(dsn: str, tmp_path: Path) -> None:
    async with gathering(4, []) as server, reading(dsn, tmp_path / "home", server) as here:
        here.model.call_many(*fetches(server, 6))
        here.model.say("I have all six.")
        here.say("alice", "fetch them")
        await here.hears("alice", "I have all six.", seconds=60)

        assert [f"page /{number}" in text for number, text in enumerate(await here.results())] == [True] * 6
        assert here.model.refusals == []


async def test_what_writes_keeps_its_place_among_those_that_read(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        calls = []
        for number in range(3):
            calls.append(("write_file", {"path": "a.txt", "content": f"version {number}\n"}))
            calls += [("read_file", {"path": "a.txt"}), ("search_files", {"pattern": "version"})]
        here.model.call_many(*calls, ("shell", {"command": "cat a.txt"}))
        here.model.say("Done.")
        here.say("alice", "go")
        await here.hears("alice", "Done.", seconds=60)
        results = await here.results()

        assert [f"version {at // 3}" in text for at, text in enumerate(results) if at % 3] == [True] * 6
        assert "version 2" in results[9]


async def test_a_stop_ends_all_of_them_and_begins_no_other(dsn: str, tmp_path: Path) -> None:
    paths: list[str] = []
    async with gathering(0, paths) as server, reading(dsn, tmp_path / "home", server) as here:
        here.model.call_many(*fetches(server, 6))
        here.say("alice", "fetch them")
        await until(lambda: len(paths) == 4, 60)
        here.say("alice", "/stop")
        await here.hears("alice", "Stopped.", seconds=60)
        here.say("alice", "and now?")
        await here.hears("alice", "echo: and now?", seconds=60)

        assert sorted(paths) == ["/0", "/1", "/2", "/3"]
        assert [text.startswith("The person said stop while") for text in await here.results()] == [True] * 4 + [
            False
        ] * 2
        assert here.model.refusals == []
        ends = await here.store.fetch("select state from nexora_calls order by state")
        assert [row["state"] for row in ends] == ["failed"] * 4 + ["lapsed"] * 2


async def test_secrets_of_files_read_at_once_have_a_reference_each(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        keys = [f"sk-live-51H8xq0Jd7Kf2LmNp3Rs4Tu5Vw6Xy7Za{number}" for number in range(8)]
        here.model.call_many(
            *(("write_file", {"path": f"{n}.env", "content": f"TOKEN={key}\n"}) for n, key in enumerate(keys))
        )
        here.model.call_many(*(("read_file", {"path": f"{number}.env"}) for number in range(8)))
        here.model.say("Read.")
        here.say("alice", "go")
        await here.hears("alice", "Read.", seconds=60)
        results = (await here.results())[8:]

        assert len(set(results)) == 8
        assert all("‹secret:" in text and "sk-live" not in text for text in results)
        assert await here.store.fetchval("select count(*) from nexora_hidden") == 8
