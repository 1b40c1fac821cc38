"""More is asked than a gateway answers at a time: whoever has to wait is told their place, once."""

import asyncio
from datetime import timedelta
from pathlib import Path

from gateway.messages.queue_position import QueuePosition
from tests.journeys.town import town


async def test_who_waits_for_a_place_hears_which_one_and_then_the_answer(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home", bus={"at_once": 1}) as here:
        waiting = QueuePosition(here.store, here.gateway.bus.lanes, soon=timedelta(seconds=0.2), look_seconds=0.1)
        looking = asyncio.create_task(waiting.run())
        for name in ("alice", "bob", "carol"):
            await here.person(name)
        here.model.say("word " * 30, seconds=3.0)
        here.model.say("yours, bob")
        here.model.say("yours, carol")

        here.say("alice", "take your time")
        await here.until_stored("select true from nexora_inbox where state = 'running'")
        here.say("bob", "me too")
        await here.until_stored("select count(*) = 2 from nexora_inbox where state <> 'done'")
        here.say("carol", "and me")
        await here.hears("bob", "You are number 1 in the queue")
        await here.hears("carol", "You are number 2 in the queue")
        await here.hears("bob", "yours, bob")
        await here.hears("carol", "yours, carol")

        for name in ("bob", "carol"):
            assert sum("in the queue" in each.text for each in here.seen(name)) == 1
        assert not any("in the queue" in each.text for each in here.seen("alice"))
        assert await waiting.tell() == 0
        looking.cancel()
        await asyncio.wait([looking])
