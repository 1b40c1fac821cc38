"""What every adapter owes when its platform refuses one kind of call, on its fake platform, behind a real outbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from channels.base import ChannelRefused, ChannelState, Deed, MessageRefused
from channels.locales import languages
from channels.messages import Address, File, FileKind, Outbound, plain
from channels.running.supervisor import Supervisor
from gateway.queue.jobs import Patience
from gateway.queue.lanes import Lanes
from gateway.queue.outbox import Outbox
from governance.record.transaction import Store
from tests.contract.asked import needs
from tests.contract.drivers import Power
from tests.contract.stage import Supervised
from tests.contract.test_channels_lines import running

QUICK = Patience(tries=3, first_pause=0.01, longest_pause=0.05, lease=timedelta(seconds=5), at_once=4, last_words=1)


@asynccontextmanager
async def sending(stage: Supervised, store: Store, supervisor: Supervisor) -> AsyncIterator[None]:
    """What is committed goes out through that supervisor."""
    outbox = Outbox(Lanes(store, "nexora_outbox", "key", "one", QUICK), {stage.kind: supervisor})
    store.commits.heard_by(outbox.hear)
    task = asyncio.create_task(outbox.run(), name="outbox")
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def put(store: Store, *messages: Outbound) -> None:
    async with store.transaction() as work:
        for message in messages:
            work.send(message)


def report(stage: Supervised, folder: Path, home: Address) -> Outbound:
    """The file, as an answer to what was said last."""
    path = folder / "report.txt"
    path.write_bytes(b"all is well")
    file = File(name="report.txt", media_type="text/plain", size=11, locator=str(path))
    return stage.message(home, parts=(file,), answers=stage.heard[-1].message)


def words(stage: Supervised, home: Address, text: str) -> Outbound:
    return stage.message(home, parts=plain(text), answers=stage.heard[-1].message)


@needs(Deed.FILES)
async def test_a_file_that_is_refused_is_told_in_its_place_and_the_next_message_arrives(
    stage: Supervised, store: Store, tmp_path: Path
) -> None:
    home = await stage.home()
    async with running(stage) as supervisor, sending(stage, store, supervisor):
        stage.driver.refuse(Deed.FILES)
        await put(store, report(stage, tmp_path, home), words(stage, home, "the next one"))
        seen = await stage.driver.hear(2)
        state = supervisor.health.state

    assert state is ChannelState.UP
    assert any("the next one" in each.text for each in seen)
    assert any("report.txt" in each.text for each in seen)
    assert not any(each.files for each in seen)
    assert await store.fetchval("select count(*) from nexora_audit_events") == 1


@needs(Deed.FILES, Power.RIGHTS)
async def test_a_right_that_is_missing_is_shown_while_the_channel_is_up_until_such_a_call_is_taken_again(
    stage: Supervised, store: Store, tmp_path: Path
) -> None:
    home = await stage.home()
    async with running(stage) as supervisor, sending(stage, store, supervisor):
        word = stage.driver.refuse(Deed.FILES)
        await put(store, report(stage, tmp_path, home))
        await stage.driver.hear(1)
        shown = supervisor.health
        stage.driver.allow()
        await put(store, report(stage, tmp_path, home), words(stage, home, "the next one"))
        seen = await stage.driver.hear(3)
        after = supervisor.health

    assert shown.state is ChannelState.UP
    assert [each.deed for each in shown.lacking] == [Deed.FILES]
    assert word in shown.lacking[0].lack.word
    assert set(shown.lacking[0].lack.repair) == set(languages())
    assert [file.content for each in seen for file in each.files] == [b"all is well"]
    assert "the next one" in seen[-1].text
    assert after.lacking == ()


@needs(Power.VOICE, Deed.FETCH)
async def test_a_file_that_may_not_be_read_is_a_lack_and_the_next_one_is_read(stage: Supervised) -> None:
    await stage.driver.send_media(FileKind.IMAGE, b"a picture")
    [event] = await stage.hears()
    [file] = event.files
    async with running(stage) as supervisor:
        word = stage.driver.refuse(Deed.FETCH)
        with pytest.raises(MessageRefused) as refused:
            await anext(supervisor.pieces(file, 100))
        shown = supervisor.health
        stage.driver.allow()
        content = b"".join([piece async for piece in supervisor.pieces(file, 100)])
        after = supervisor.health

    assert refused.value.lack is not None
    assert word in refused.value.lack.word
    assert [each.deed for each in shown.lacking] == [Deed.FETCH]
    assert content == b"a picture"
    assert after.lacking == ()


@needs(Power.CREDENTIALS, Power.REVOKING)
async def test_credentials_that_are_refused_while_sending_are_a_refused_channel_and_no_refused_message(
    stage: Supervised,
) -> None:
    home = await stage.home()
    async with running(stage) as supervisor:
        await stage.driver.revoke()
        with pytest.raises(ChannelRefused):
            await supervisor.send(words(stage, home, "is anybody there?"))
        async with asyncio.timeout(8):
            while stage.driver.refusal not in supervisor.health.reason:  # noqa: ASYNC110 -- asked for, not announced
                await asyncio.sleep(0.01)

        assert supervisor.health.state is ChannelState.DOWN
