"""What is scheduled in chat comes at its time, once, by the rights of whoever wants it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.life import CLI
from tests.journeys.town import Town, town
from tests.platforms.model import Reply
from tests.unit.people_stage import HandClock


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


@pytest.fixture
def clock(here: Town, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    """The clock of what is scheduled; the queues go on with their own."""
    hand = HandClock(datetime.now(UTC).replace(microsecond=0))
    monkeypatch.setattr(here.store, "now", hand)
    return hand


async def comes(here: Town, clock: HandClock, **later: float) -> int:
    clock.move(**later)
    return await here.gateway.deciding.firing.look()


async def test_a_reminder_comes_once_and_late_ones_say_so(here: Town, clock: HandClock) -> None:
    await here.person("alice")
    here.say("alice", "/remind in 20 minutes check the oven")
    told = await here.hears("alice", "check the oven")
    assert "#1" in told.text
    assert await comes(here, clock, minutes=19) == 0
    await comes(here, clock, minutes=2)
    await here.hears("alice", "⏰ check the oven")
    here.say("alice", "/remind in 20 minutes look again")
    await here.hears("alice", "#2")
    await comes(here, clock, hours=3)
    late = await here.hears("alice", "⏰ look again")

    assert "late: it was due" in late.text
    assert await comes(here, clock, days=1) == 0
    assert [message.text for message in here.seen("alice")].count("⏰ check the oven") == 1
    assert not here.model.requests


async def test_an_agent_works_at_its_time_and_the_history_tells(here: Town, clock: HandClock) -> None:
    await here.person("alice")
    here.say("alice", '/schedule "every 5 minutes" give me the news')
    await here.hears("alice", "for assistant")
    here.model.say("Nothing happened.")
    await comes(here, clock, minutes=6)
    answer = await here.hears("alice", "Nothing happened.")
    await here.until_stored("select 1 from nexora_inbox where channel = 'nexora' and state = 'done'")
    await comes(here, clock, seconds=1)
    here.say("alice", "/schedule show 1")
    history = await here.hears("alice", "done")

    assert "#1 give me the news" in answer.text
    assert here.model.requests[0]["messages"][-1]["content"] == "give me the news"
    assert "Next:" in history.text


async def test_in_chinese_it_is_understood_and_told(here: Town, clock: HandClock) -> None:
    alice = await here.person("alice")
    await here.gateway.deciding.people.describe(
        alice.id, by=alice, language="zh", time_zone="Asia/Shanghai", origin=CLI
    )
    here.say("alice", "/提醒 明天上午9点提醒我开会")
    told = await here.hears("alice", "开会")
    here.say("alice", "/提醒 明天3点开会")
    await here.hears("alice", "03:00 还是 15:00")
    here.say("alice", "/定时")
    listed = await here.hears("alice", "定时任务")
    await comes(here, clock, days=2)
    came = await here.hears("alice", "⏰ 开会")

    assert "09:00" in told.text
    assert "#1" in listed.text
    assert "延迟" in came.text


async def test_it_can_rest_change_and_be_brought_back(here: Town, clock: HandClock) -> None:
    await here.person("alice")
    here.say("alice", "/remind every day at 9 water the plants")
    await here.hears("alice", "#1")
    for command, heard in (
        ("/schedule pause 1", "rests"),
        ("/schedule resume 1", "comes again"),
        ("/schedule edit 1 every weekday at 10", "10:00"),
        ("/schedule edit 1 water the trees", "water the trees"),
        ("/schedule skip 1", "left out"),
        ("/schedule remove 1", "is removed"),
        ("/schedule restore 1", "#1 comes again"),
        ("/schedule run 1", "begins now"),
        ("/remind * * * * * * tick", "at most once a minute"),
        ('/schedule "every minute" tick', "at least 5 minutes"),
        ("/schedule show 9", "no schedule of that number"),
        ("/remind 31 December 2099 at 23:59 say goodbye", "2099"),
    ):
        here.say("alice", command)
        await here.hears("alice", heard)
    await here.hears("alice", "⏰ water the trees")

    assert await comes(here, clock, days=20) == 1
    assert await here.store.fetchval("select count(*) from nexora_schedule_runs where outcome = 'skipped'") == 1


async def test_who_lost_the_agent_is_told_once_and_it_ends(here: Town, clock: HandClock) -> None:
    alice = await here.person("alice")
    here.say("alice", '/schedule "every day at 9" give me the news')
    await here.hears("alice", "#1")
    await here.gateway.deciding.agent_grants.revoke(alice.id, "assistant", by=None, origin=CLI)
    await comes(here, clock, days=1)
    await here.hears("alice", "has ended")

    assert await comes(here, clock, days=3) == 0
    assert "gateway:schedule:ended" in await here.tags()
    assert not here.model.requests


async def test_schedules_follow_who_moves(here: Town, clock: HandClock) -> None:
    await here.person("alice")
    here.say("alice", "/timezone Europe/Berlin")
    await here.hears("alice", "Times are told")
    here.say("alice", "/remind every day at 9 stretch")
    await here.hears("alice", "#1")
    before = await here.store.fetchval("select next_at from nexora_schedules")
    here.say("alice", "/timezone Asia/Tokyo")
    await here.hears("alice", "1 of your schedules follow")
    after = await here.store.fetchval("select next_at from nexora_schedules")

    assert abs(after - before) in {timedelta(hours=hours) for hours in (7, 8, 16, 17)}


async def test_three_failures_in_a_row_let_it_rest(here: Town, clock: HandClock) -> None:
    await here.person("alice")
    here.say("alice", '/schedule "every day at 9" give me the news')
    await here.hears("alice", "#1")
    here.model.always(Reply(status=401, message="no such key"))
    for number in range(1, 4):
        await comes(here, clock, days=1)
        await here.until_stored(
            f"select (select count(*) from nexora_inbox where channel = 'nexora' and state = 'done') = {number}"
        )
        await comes(here, clock, seconds=1)
    await here.hears("alice", "failed 3 times in a row")

    assert await here.store.fetchval("select state from nexora_schedules") == "paused"
