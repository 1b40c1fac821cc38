"""What a channel cannot do although it is up: noted once, shown, told from a channel that is down, and over in time."""

import asyncio
from dataclasses import replace

import pytest

from channels.base import (
    ChannelDown,
    ChannelRefused,
    ChannelState,
    Deed,
    Health,
    Lack,
    Lacking,
    MessageRefused,
)
from channels.messages import Address, File, Outbound
from channels.running.lacks import LackChange
from channels.running.pace import Pace
from gateway.upkeep.lacks import LackRecord
from governance.record.transaction import Store
from tests.unit.supervisor_stand import HOME, NOON, WORDS, Stand, running

REPORT = Outbound(
    key="f", address=HOME, parts=(File(name="a.txt", media_type="text/plain", size=1, locator="/nowhere"),)
)
NO_FILES = MessageRefused("missing_scope", lack=Lack(word="missing_scope files:write"))


async def test_a_lack_is_told_once_shown_while_the_channel_is_up_and_over_when_such_a_call_is_taken() -> None:
    async with running(Stand()) as stand:
        line = await stand.up()
        for _ in range(3):
            line.refusals = [NO_FILES]
            with pytest.raises(MessageRefused):
                await stand.supervisor.send(REPORT)
        await stand.supervisor.send(WORDS)
        lacking = stand.supervisor.health.lacking
        await stand.supervisor.send(REPORT)

        assert [(each.deed, each.lack.word, each.room) for each in lacking] == [
            (Deed.FILES, "missing_scope files:write", "")
        ]
        assert stand.supervisor.health == Health(state=ChannelState.UP, at=NOON)
        assert [change.is_over for change in stand.changes] == [False, True]


async def test_a_lack_of_one_room_ends_when_that_room_takes_such_a_call_and_not_another() -> None:
    async with running(Stand()) as stand:
        line = await stand.up()
        line.refusals = [MessageRefused("Missing Permissions", lack=Lack(word="50013", only_here=True))]
        with pytest.raises(MessageRefused):
            await stand.supervisor.send(REPORT)
        await stand.supervisor.send(replace(REPORT, address=Address(channel="chat", room="2")))
        elsewhere = stand.supervisor.health.lacking
        await stand.supervisor.send(REPORT)

        assert [each.room for each in elsewhere] == ["1"]
        assert stand.supervisor.health.lacking == ()


async def test_a_refusal_of_the_credentials_while_sending_is_a_refused_channel_at_once() -> None:
    async with running(Stand(pace=Pace(probe_every=5, doubted=0, last_words=0.05))) as stand:
        line = await stand.up()
        line.refusals = [ChannelRefused("token_revoked")]
        line.health = Health(state=ChannelState.DOWN, reason="token_revoked")
        with pytest.raises(ChannelRefused):
            await stand.supervisor.send(WORDS)
        await stand.down()

        assert stand.supervisor.health.reason == "token_revoked"
        assert stand.pauses == [300]


async def test_a_refusal_while_sending_that_the_platform_does_not_confirm_leaves_the_channel_up_and_shows() -> None:
    async with running(Stand(pace=Pace(probe_every=5, doubted=0, last_words=0.05))) as stand:
        line = await stand.up()
        line.refusals = [ChannelRefused("403 of a new kind")]
        with pytest.raises(ChannelRefused):
            await stand.supervisor.send(WORDS)
        await stand.until(lambda: bool(stand.supervisor.health.lacking))

        assert stand.supervisor.is_up
        assert stand.supervisor.health.lacking[0].lack.word == "403 of a new kind"


async def test_a_call_that_fails_has_the_platform_asked_at_once_but_not_for_each_call() -> None:
    async with running(Stand(pace=Pace(probe_every=5, doubted=0, last_words=0.05))) as stand:
        line = await stand.up()
        line.refusals = [ChannelDown("cannot be reached")]
        line.health = Health(state=ChannelState.DOWN, reason="nobody answers")
        with pytest.raises(ChannelDown):
            await stand.supervisor.send(WORDS)
        await stand.down()

        assert stand.supervisor.health.reason == "nobody answers"
    async with running(Stand(pace=Pace(probe_every=5, doubted=60, last_words=0.05))) as stand:
        line = await stand.up()
        line.refusals = [ChannelDown("cannot be reached")]
        line.health = Health(state=ChannelState.DOWN, reason="nobody answers")
        with pytest.raises(ChannelDown):
            await stand.supervisor.send(WORDS)
        await asyncio.sleep(0.05)

        assert stand.supervisor.is_up


async def test_each_change_of_what_a_channel_cannot_do_is_one_line_of_the_record(store: Store) -> None:
    record = LackRecord(store)
    lacking = Lacking(deed=Deed.FILES, lack=Lack(word="missing_scope files:write"), since=NOON)
    writing = asyncio.create_task(record.run())
    for is_over in (False, True):
        record.hear(LackChange(channel="chat", lacking=lacking, is_over=is_over))
    async with asyncio.timeout(5):
        while await store.fetchval("select count(*) from nexora_audit_events") < 2:  # noqa: ASYNC110 -- polled
            await asyncio.sleep(0.01)
    writing.cancel()
    rows = await store.fetch(
        "select tag, resource, status, detail::text as detail from nexora_audit_events order by seq"
    )

    assert [(row["tag"], row["resource"], row["status"]) for row in rows] == [
        ("channel:right:missing", "chat", "failed"),
        ("channel:right:granted", "chat", "ok"),
    ]
    assert "missing_scope files:write" in rows[0]["detail"]
