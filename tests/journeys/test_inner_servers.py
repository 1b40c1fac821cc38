"""Inner servers that an admin lists can be fetched from, their neighbours cannot, and the record says which."""

from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.journeys.town import Town, town


async def page(_: web.Request) -> web.Response:
    return web.Response(text="the page of the inner wiki")


def last_result(here: Town) -> str:
    """What the model was told of its last call."""
    return str(next(m["content"] for m in reversed(here.model.requests[-1]["messages"]) if m["role"] == "tool"))


async def test_a_listed_server_is_fetched_from_and_the_record_says_so(dsn: str, tmp_path: Path) -> None:
    app = web.Application()
    app.router.add_get("/", page)
    async with TestServer(app) as wiki, TestServer(app) as other:
        listed = f"127.0.0.1:{wiki.port}"
        async with town(dsn, tmp_path / "home", egress={"allow": [listed]}) as here:
            await here.person("alice")
            for server, answer in ((wiki, "Read."), (other, "I may not.")):
                here.model.call("fetch_url", url=f"http://127.0.0.1:{server.port}/")
                here.model.say(answer)
                here.say("alice", "read the wiki")
                await here.hears("alice", answer)
                if server is wiki:
                    assert "the page of the inner wiki" in last_result(here)
            line = await here.store.fetchrow("select * from nexora_audit_events where tag = 'gateway:egress:allowed'")

            assert last_result(here).startswith("Refused: 127.0.0.1 is an address of this machine")
            assert (line["actor"], line["resource"]) == ("system", listed)


async def test_without_a_list_the_record_has_no_such_line(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        assert "gateway:egress:allowed" not in await here.tags()
