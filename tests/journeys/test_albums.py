"""Pictures that a person sends together are one message with one answer, whatever happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest_asyncio

from channels.messages import Account, Address, Inbound
from gateway.messages.albums import Albums
from gateway.queue.jobs import Job
from governance.record.fence import Fence
from tests.journeys.life import ended_life
from tests.journeys.town import Town, running, town, until
from tests.platforms.model import Reply

PNG = b"\x89PNG\r\n\x1a\n"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        built.model.always(Reply(text="I see."))
        yield built


def picture(here: Town, number: int, album: str = "G1", **more: Any) -> None:
    chats = here.telegram.chats
    chats.files[f"F{number}"] = (f"{number}.png", PNG + bytes([number]))
    photo = {"file_id": f"F{number}", "file_unique_id": f"F{number}", "file_size": 9, "width": 1, "height": 1}
    chats.say(here.people["alice"], here.user("alice"), media_group_id=album, photo=[photo], **more)


def seen(here: Town) -> list[tuple[str, int]]:
    """Of each turn the words and how many pictures came with them."""
    found = []
    for request in here.model.requests:
        content = request["messages"][-1]["content"]
        if isinstance(content, list):
            words = "".join(part.get("text", "") for part in content)
            found.append((words, sum(part["type"] == "image_url" for part in content)))
        else:
            found.append((content, 0))
    return [(words, count) for words, count in found if "Give a title" not in words]


async def answered(here: Town, times: int) -> None:
    await until(lambda: [message.text for message in here.seen("alice")].count("I see.") == times)


async def test_an_album_is_one_turn_with_all_of_its_pictures(here: Town) -> None:
    picture(here, 0, caption="which of these is broken?")
    await asyncio.sleep(0.2)  # a platform may tell the pieces in several answers
    picture(here, 1, caption="this one?")
    picture(here, 2)
    here.say("alice", "and what next?")
    await answered(here, 2)
    [album, after] = seen(here)

    assert album[1] == 3
    assert album[0].startswith("which of these is broken?\nthis one?")
    assert (after[0], after[1]) == ("and what next?", 0)
    assert await here.store.fetchval("select count(*) from nexora_inbox where state <> 'done'") == 0


async def test_two_albums_are_two_turns(here: Town) -> None:
    for number in range(4):
        picture(here, number, album=f"G{number // 2}")
    await answered(here, 2)

    assert [count for _, count in seen(here)] == [2, 2]


async def test_an_album_that_is_passed_on_is_one_turn_in_the_words_of_whoever_made_it(here: Town) -> None:
    carol = {"type": "hidden_user", "date": 1, "sender_user_name": "Carol Jones"}
    picture(here, 0, caption="/new broken again", forward_origin=carol)
    picture(here, 1, forward_origin=carol)
    await answered(here, 1)
    [(words, count)] = seen(here)

    assert count == 2
    assert words.count("/new broken again") == 1
    assert "Carol Jones" in words
    assert not words.startswith("/")


async def test_a_message_that_is_no_album_waits_for_nothing_and_asks_nothing() -> None:
    home = Address(channel="telegram", room="1")
    now = datetime(2026, 11, 24, tzinfo=UTC)
    inbound = Inbound(event_id="1", at=now, address=home, sender=Account(channel="telegram", id="1"))
    fence = Fence(queue="nexora_inbox", id=1, owner="one", number=1, good_until=1.0, clock=lambda: 0.0)
    job = Job(id=1, key="1", channel="telegram", lane=home.key, body="", tries=1, fence=fence)

    assert await Albums(None).gathered(job, inbound) == (job, inbound)  # type: ignore[arg-type]  # not even a store


async def test_a_gateway_that_dies_while_it_gathers_loses_no_picture(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as first:
        await first.person("alice")
        first.model.always(Reply(text="I see."))
        for number in range(3):
            picture(first, number)
        await until(lambda: first.telegram.chats.acknowledged >= 3)
        assert first.model.requests == []
        async with AsyncExitStack() as stack:
            await ended_life()
            second = await stack.enter_async_context(running(dsn, first.home, first.telegram, first.model))
            here = Town(
                gateway=second, telegram=first.telegram, model=first.model, home=first.home, people=first.people
            )
            await answered(here, 1)
            here.say("alice", "and what next?")
            await answered(here, 2)

            assert [count for _, count in seen(here)] == [3, 0]


async def test_a_long_text_that_the_client_cut_is_one_turn_and_no_command(here: Town) -> None:
    here.say("alice", "a" * 4096)
    await asyncio.sleep(0.2)  # the pieces may come in several answers
    here.say("alice", "b" * 4050)
    here.say("alice", "/stop is what the log said")
    await answered(here, 1)

    assert seen(here) == [(f"{'a' * 4096}{'b' * 4050}\n/stop is what the log said", 0)]
    assert await here.store.fetchval("select count(*) from nexora_inbox where state <> 'done'") == 0
