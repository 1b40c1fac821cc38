"""A group that becomes a supergroup gets another id, and is still the same: conversation, agent, and the list."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from governance.people.people import Role
from tests.journeys.groups import place
from tests.journeys.life import ended_life
from tests.journeys.town import Town, running, town
from tests.platforms.model import Reply
from tests.platforms.telegram.chats import Chats, Json

OLD, NEW = -4242, -1009999004242


def say(here: Town, chat: int, words: str) -> None:
    mention = {"type": "mention", "offset": 0, "length": 8}
    here.telegram.chats.say(chat, here.user("alice"), text=f"@ops_bot {words}", entities=[mention])


def moves(chats: Chats, by: Json) -> None:
    chats.chats[NEW] = {"id": NEW, "type": "supergroup", "title": "ops"}
    told = {"from": by, "date": 1_800_000_000}
    chats.push(message={**told, "message_id": 900, "chat": chats.chats[OLD], "migrate_to_chat_id": NEW})
    chats.push(message={**told, "message_id": 901, "chat": chats.chats[NEW], "migrate_from_chat_id": OLD})
    chats.migrated[OLD] = NEW


async def reads(here: Town, chat: int, times: int) -> None:
    await here.telegram.until(lambda: len(here.telegram.chats.sent[chat]) >= times, 10)


def remembers(here: Town, words: str) -> bool:
    asked: list[dict[str, Any]] = [each for each in here.model.requests if words in str(each["messages"][-1])]
    return bool(asked) and "4711" in str(asked[-1]["messages"])


async def test_the_conversation_goes_on_and_so_after_a_restart(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home", agents={"ask_in_groups": False}) as first:
        await first.person("alice")
        first.model.always(Reply(text="Noted."))
        first.telegram.chats.chats[OLD] = {"id": OLD, "type": "group", "title": "ops"}
        say(first, OLD, "the ticket is 4711")
        await reads(first, OLD, 1)
        moves(first.telegram.chats, first.user("alice"))
        say(first, NEW, "which ticket?")
        await reads(first, NEW, 1)
        assert remembers(first, "which ticket?")
        async with AsyncExitStack() as stack:
            await ended_life()
            agents = {"ask_in_groups": False}
            again = await stack.enter_async_context(
                running(dsn, first.home, first.telegram, first.model, agents=agents)
            )
            second = Town(
                gateway=again, telegram=first.telegram, model=first.model, home=first.home, people=first.people
            )
            say(second, NEW, "and once more?")
            await reads(second, NEW, 2)

            assert remembers(second, "and once more?")
            assert await second.store.fetchval("select count(*) from nexora_conversations") == 1


@pytest.mark.parametrize("listed", [OLD, NEW])
async def test_a_group_that_is_listed_stays_listed_under_either_id(dsn: str, tmp_path: Path, listed: int) -> None:
    only = {"groups": (str(listed),)}
    async with place(
        dsn, tmp_path / "home", "telegram", agents_settings={"ask_in_groups": False}, of_channels=only
    ) as here:
        await here.person("alice", agents=("assistant",))
        chats = here.bots[0].telegram.chats
        user = {"id": here.number("alice"), "is_bot": False, "first_name": "Alice"}
        chats.chats |= {OLD: {"id": OLD, "type": "group"}, NEW: {"id": NEW, "type": "supergroup"}}
        chats.migrated[OLD] = NEW
        told = {"from": user, "date": 1_800_000_000, "message_id": 900}
        chats.push(message={**told, "chat": chats.chats[OLD], "migrate_to_chat_id": NEW})
        here.say("alice", "hello", chat=NEW)

        await here.bots[0].reads(NEW, "assistant here.")


async def test_the_agent_of_a_group_answers_in_the_supergroup_until_it_is_unbound_there(
    dsn: str, tmp_path: Path
) -> None:
    async with place(dsn, tmp_path / "home", "telegram", agents_settings={"ask_in_groups": False}) as here:
        await here.person("root", Role.ADMIN, agents=("assistant",))
        await here.person("alice", agents=("assistant", "writer"))
        bot, user = here.bots[0], {"id": here.number("alice"), "is_bot": False, "first_name": "Alice"}
        bot.telegram.chats.chats[OLD] = {"id": OLD, "type": "group", "title": "ops"}
        here.say("root", "/bind writer", chat=OLD)
        await here.until_stored("select true from nexora_room_bindings where agent = 'writer'")
        moves(bot.telegram.chats, user)
        here.say("alice", "hello", chat=NEW)
        await bot.reads(NEW, "writer here.")
        here.say("root", "/unbind", chat=NEW)
        await here.until_stored("select count(*) = 1 from nexora_audit_events where tag = 'chat:room:unbound'")
        here.say("alice", "and now?", chat=NEW)
        await bot.reads(NEW, "assistant here.")

        assert await here.store.fetchval("select count(*) from nexora_room_bindings where agent <> ''") == 0
