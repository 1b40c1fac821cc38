"""A group asks once which agent answers in it, is bound by a press, and everybody in it is answered accordingly."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from governance.people.people import Role
from tests.journeys.groups import Place, place
from tests.platforms.telegram import GROUP, TOPIC

QUESTIONS = "select count(*) from nexora_approval_requests where kind = 'binding'"
SETTLED = "select count(*) = 0 from nexora_inbox where state <> 'done'"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with place(dsn, tmp_path / "home", "telegram") as built:
        yield built


async def test_an_admin_presses_and_from_then_on_that_agent_answers_in_every_thread(here: Place) -> None:
    bot = here.bots[0]
    root = await here.person("root", Role.ADMIN)
    await here.person("alice", agents=("assistant", "ops"))
    await here.person("bob", agents=("writer",))

    here.say("alice", "hello", chat=GROUP)
    await bot.reads(GROUP, "assistant here.")
    card = await bot.reads(here.number("root"), "Which agent answers in")
    assert "hello" in card.text
    assert "telegram · ops" in card.text
    assert [button["text"] for row in card.keyboard for button in row] == [
        "assistant",
        "ops",
        "writer",
        "Leave it open",
    ]
    here.press("root", card, "ops")
    await bot.reads(here.number("root"), "ops answers in")
    assert not bot.telegram.chats.find(here.number("root"), card.id).keyboard

    here.say("alice", "hello", chat=GROUP)
    await bot.reads(GROUP, "ops here.")
    here.say("alice", "hello", chat=GROUP, topic=TOPIC)
    await bot.reads(GROUP, "ops here.", times=2)
    here.say("bob", "hello", chat=GROUP)
    await bot.reads(GROUP, "In this group ops answers")
    here.say("bob", "hello")
    await bot.reads(here.number("bob"), "writer here.")
    here.say("alice", "hello")
    await bot.reads(here.number("alice"), "assistant here.")

    assert await here.store.fetchval(QUESTIONS) == 1
    bound_by = "select actor from nexora_audit_events where tag = 'approvals:room:bound'"
    assert await here.store.fetchval(bound_by) == str(root.id)
    rows = await here.store.fetch("select distinct agent from nexora_turns where conversation like $1", f"%{GROUP}%")
    assert {row["agent"] for row in rows} == {"assistant", "ops"}


async def test_a_code_that_a_card_says_to_type_is_heard_in_a_group_without_a_mention(here: Place) -> None:
    bot = here.bots[0]
    await here.person("root", Role.ADMIN)
    await here.person("alice", agents=("assistant", "ops"))
    here.say("alice", "hello", chat=GROUP)
    await bot.reads(here.number("root"), "Which agent answers in")
    code = await here.store.fetchval("select code from nexora_approval_requests where kind = 'binding'")

    here.say("root", "/approve ZZZZ ops", chat=GROUP, to_me=False)
    here.say("root", f"/approve@another_bot {code} ops", chat=GROUP, to_me=False)
    here.say("root", f"/approve {code.lower()} ops", chat=GROUP, to_me=False)
    await bot.reads(here.number("root"), "ops answers in that group")

    assert not [text for text in bot.texts(here.number("root")) if "no such request" in text]


async def test_nobody_but_an_admin_presses_and_strangers_are_not_asked_about(here: Place) -> None:
    bot = here.bots[0]
    await here.person("root", Role.ADMIN)
    await here.person("alice", agents=("assistant", "ops"))
    here.say("mallory", "hello", chat=GROUP)
    await here.until_stored("select count(*) = 1 from nexora_approval_requests where kind = 'admission'")
    await here.until_stored(SETTLED)
    assert await here.store.fetchval(QUESTIONS) == 0

    here.say("alice", "hello", chat=GROUP)
    card = await bot.reads(here.number("root"), "Which agent answers in")
    here.press("alice", card, "ops")
    here.press("mallory", card, "ops")
    await here.until_stored("select count(*) = 2 from nexora_audit_events where tag = 'approvals:press:refused'")
    here.press("root", card, "Leave it open")
    await bot.reads(here.number("root"), "Left open")
    here.say("alice", "hello", chat=GROUP)
    await bot.reads(GROUP, "assistant here.", times=2)

    assert await here.store.fetchval("select agent from nexora_room_bindings") == ""
    assert await here.store.fetchval(QUESTIONS) == 1


async def test_commands_settle_it_in_the_group_and_withdraw_the_question(here: Place) -> None:
    bot = here.bots[0]
    await here.person("root", Role.ADMIN, agents=("assistant",))
    await here.person("alice", agents=("assistant", "writer"))
    here.say("alice", "hello", chat=GROUP)
    card = await bot.reads(here.number("root"), "Which agent answers in")

    here.say("root", "/bind writer", chat=GROUP)
    await bot.reads(here.number("root"), "Settled with a command")
    assert not bot.telegram.chats.find(here.number("root"), card.id).keyboard
    here.say("alice", "/use assistant", chat=GROUP)
    await here.until_stored(SETTLED)
    here.say("alice", "hello", chat=GROUP)
    await bot.reads(GROUP, "writer here.")
    here.say("root", "/unbind", chat=GROUP)
    await here.until_stored("select count(*) = 1 from nexora_audit_events where tag = 'chat:room:unbound'")
    here.say("alice", "hello", chat=GROUP)
    await bot.reads(GROUP, "assistant here.", times=2)


async def test_a_message_that_names_an_agent_is_answered_by_it_alone(here: Place) -> None:
    bot = here.bots[0]
    await here.person("root", Role.ADMIN)
    await here.person("alice", agents=("assistant", "ops"))

    here.say("alice", "@ops restart it", chat=GROUP)
    await bot.reads(GROUP, "ops here.")
    here.say("alice", "and now?", chat=GROUP)
    await bot.reads(GROUP, "assistant here.")
    here.say("alice", "@writer write it down", chat=GROUP)
    await bot.reads(GROUP, "You may not use writer")
    here.say("alice", "ops: restart it")
    await bot.reads(here.number("alice"), "ops here.")
    here.say("alice", "write to ops@example.com, @bob")
    await bot.reads(here.number("alice"), "assistant here.")

    words = [message["content"] for body in here.model.aside for message in body["messages"]]
    assert any("@ops restart it" in str(each) for each in words)


async def test_the_setting_switched_off_asks_nothing(dsn: str, tmp_path: Path) -> None:
    async with place(dsn, tmp_path / "home", "telegram", agents_settings={"ask_in_groups": False}) as quiet:
        await quiet.person("root", Role.ADMIN)
        await quiet.person("alice", agents=("ops",))
        quiet.say("alice", "hello", chat=GROUP)
        await quiet.bots[0].reads(GROUP, "ops here.")

        assert await quiet.store.fetchval(QUESTIONS) == 0
        assert await quiet.store.fetchval("select count(*) from nexora_room_bindings") == 0


@pytest.mark.parametrize(("groups", "is_heard"), [((), False), (("-5",), False), ((str(GROUP),), True)])
async def test_only_in_the_groups_that_are_listed_is_anybody_heard(
    dsn: str, tmp_path: Path, groups: tuple[str, ...], *, is_heard: bool
) -> None:
    async with place(dsn, tmp_path / "home", "telegram", of_channels={"groups": groups}) as here:
        await here.person("alice", agents=("assistant",))
        here.say("alice", "hello", chat=GROUP)
        here.say("alice", "hello in private")
        await here.bots[0].reads(here.number("alice"), "assistant here.")
        if is_heard:
            await here.bots[0].reads(GROUP, "assistant here.")
        await here.until_stored(SETTLED)

        assert await here.store.fetchval("select count(*) from nexora_inbox") == 1 + is_heard
        assert bool(here.bots[0].texts(GROUP)) is is_heard
