"""A channel on a workspace, for each test anew."""

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio
from aiohttp import web

from tests.platforms.slack.server import SECRET, FakeSlack
from tests.unit.slack.bench import Bench


@pytest_asyncio.fixture(loop_scope="session")
async def bench() -> AsyncIterator[Bench]:
    slack = FakeSlack()
    await slack.start()
    async with aiohttp.ClientSession() as http:
        bench = Bench(slack, http)
        yield bench
        await bench.close()
    await slack.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def webhook(bench: Bench) -> AsyncIterator[Bench]:
    bench.channel = bench.build(mode="http", app_token=None, signing_secret=SECRET)
    app = web.Application()
    app.add_routes(bench.channel.routes(bench.inbox.receive))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bench.slack.over_http = True
    bench.slack.requests.url = f"http://127.0.0.1:{runner.addresses[0][1]}/channels/slack/events"
    yield bench
    await runner.cleanup()
