"""The bot under its supervisor: what happens to messages while the platform, the database or the settings fail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web

from channels.base import ChannelDown, ChannelState
from channels.messages import Address, Outbound, plain
from channels.running.pace import Pace
from channels.running.supervisor import Supervisor
from channels.telegram.adapter import Telegram, _patience
from tests.platforms.telegram import ALICE, TOKEN
from tests.unit.telegram.conftest import Bench

HASTE = Pace(first_pause=0.01, longest_pause=0.02, refused=30, probe_every=30, starting=0.01, last_words=0.2)
HELLO = Outbound(key="k", address=Address(channel="tg", room="777"), parts=plain("hello"))


@asynccontextmanager
async def running(
    bench: Bench, build: Callable[[], Telegram] | None = None, supervisor: Supervisor | None = None
) -> AsyncIterator[Supervisor]:
    supervisor = supervisor or Supervisor("tg", now=lambda: datetime.now(UTC), pace=HASTE)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervisor.run(build or bench.build, bench.receive), name="supervisor tg")
        yield supervisor
        task.cancel()


async def state(supervisor: Supervisor, wanted: ChannelState) -> None:
    async with asyncio.timeout(5):
        while supervisor.health.state is not wanted:  # noqa: ASYNC110 -- health is looked at, it does not call
            await asyncio.sleep(0.002)


async def test_messages_that_come_while_the_connection_breaks_are_heard_once_it_stands_again(bench: Bench) -> None:
    async with running(bench) as supervisor:
        await state(supervisor, ChannelState.UP)
        bench.fake.fail(500, 2, methods=frozenset({"getUpdates"}))
        bench.fake.fail(0, 1, methods=frozenset({"getMe"}))
        bench.fake.chats.say(ALICE["id"], ALICE, text="before")
        await bench.until(lambda: bench.fake.chats.acknowledged == 1)
        bench.fake.chats.say(ALICE["id"], ALICE, text="during")
        await bench.until(lambda: bench.fake.chats.acknowledged == 2)
        await state(supervisor, ChannelState.UP)
        await supervisor.send(HELLO)

    assert list(dict.fromkeys(bench.texts())) == ["before", "during"]
    assert supervisor.record.reconnects == 3
    assert supervisor.record.last_error
    assert [message.text for message in bench.fake.chats.sent[777]] == ["hello"]


async def test_a_wrong_token_is_down_in_telegrams_words_and_up_at_once_when_mended(bench: Bench) -> None:
    tokens = ["123456789:" + "Z" * 35, TOKEN]
    async with running(bench, lambda: bench.build(token=tokens.pop(0))) as supervisor:
        await state(supervisor, ChannelState.DOWN)
        reason = supervisor.health.reason
        with pytest.raises(ChannelDown, match="Unauthorized"):
            await supervisor.send(HELLO)
        supervisor.retry()
        await state(supervisor, ChannelState.UP)

    assert reason == "Unauthorized"


async def test_a_webhook_keeps_its_address_while_the_channel_behind_it_is_built_anew(bench: Bench) -> None:
    runner = web.AppRunner(app := web.Application(), access_log=None, shutdown_timeout=0.1)
    supervisor = Supervisor("tg", now=lambda: datetime.now(UTC), pace=HASTE)
    app.router.add_routes(supervisor.routes())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    def build() -> Telegram:
        return bench.build(mode="webhook", public_url=f"http://127.0.0.1:{runner.addresses[0][1]}")

    async with running(bench, build, supervisor):
        await state(supervisor, ChannelState.UP)
        bench.fake.chats.say(ALICE["id"], ALICE, text="first")
        await bench.until(lambda: bench.fake.chats.acknowledged == 1)
        bench.fake.webhook["url"] = "https://elsewhere.example"
        health = await supervisor.channel.probe()
        _break(supervisor)
        await bench.until(lambda: bench.fake.calls["setWebhook"] == 2)
        bench.fake.chats.say(ALICE["id"], ALICE, text="second")
        await bench.until(lambda: bench.fake.chats.acknowledged == 2)
    await runner.cleanup()

    assert health.state is ChannelState.DOWN
    assert bench.texts() == ["first", "second"]


def _break(supervisor: Supervisor) -> None:
    """End the connection from within, as a fault of an SDK would."""
    [task] = [task for task in asyncio.all_tasks() if task.get_name() == f"listen {supervisor.name}"]
    task.cancel()


@pytest.mark.parametrize("poll_seconds", [1, 30, 50])
def test_a_line_that_is_never_answered_is_given_up_within_two_minutes(poll_seconds: int) -> None:
    assert poll_seconds + 3 <= _patience(poll_seconds) <= 60
