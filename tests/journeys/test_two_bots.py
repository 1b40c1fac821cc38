"""Two bots of one kind in one gateway: what happens at one never shows at the other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.groups import Place, place
from tests.platforms.telegram import GROUP

SETTLED = "select count(*) = 0 from nexora_inbox where state <> 'done'"
ALL_SENT = "select count(*) = 0 from nexora_outbox where state <> 'done'"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with place(dsn, tmp_path / "home", "telegram-ops", "telegram-help") as built:
        yield built


async def test_each_group_is_answered_by_the_agent_of_its_own_bot(here: Place) -> None:
    ops, help_ = here.bots
    root = await here.person("root", Role.ADMIN)
    alice = await here.person("alice", agents=("assistant", "ops", "writer"))
    for person in (root, alice):
        await here.link(person, help_)

    here.say("alice", "hello", bot=ops, chat=GROUP)
    here.say("alice", "hello", bot=help_, chat=GROUP)
    for bot in here.bots:
        await bot.reads(GROUP, "assistant here.")
        for name in ("telegram-ops", "telegram-help"):  # an admin known on both bots is asked on both, about each
            await bot.reads(here.number("root"), f"Which agent answers in {name} ·")
    here.press("root", await ops.reads(here.number("root"), "Which agent answers in telegram-ops"), "ops", bot=ops)
    await ops.reads(here.number("root"), "ops answers in telegram-ops")
    await help_.reads(here.number("root"), "ops answers in telegram-ops")
    about_help = await ops.reads(here.number("root"), "Which agent answers in telegram-help")
    here.press("root", about_help, "writer", bot=ops)
    await help_.reads(here.number("root"), "writer answers in telegram-help")

    here.say("alice", "hello", bot=ops, chat=GROUP)
    here.say("alice", "hello", bot=help_, chat=GROUP)
    await ops.reads(GROUP, "ops here.")
    await help_.reads(GROUP, "writer here.")
    await here.until_stored(ALL_SENT)

    assert ops.texts(GROUP) == ["assistant here.", "ops here."]
    assert help_.texts(GROUP) == ["assistant here.", "writer here."]
    private = [*ops.texts(here.number("alice")), *help_.texts(here.number("alice"))]
    assert [text for text in private if "was linked to you just now" not in text] == []
    rows = await here.store.fetch("select channel, room, agent from nexora_room_bindings order by channel")
    assert [tuple(row) for row in rows] == [
        ("telegram-help", str(GROUP), "writer"),
        ("telegram-ops", str(GROUP), "ops"),
    ]


async def test_who_is_known_on_one_bot_is_a_stranger_to_the_other_until_linked_there(here: Place) -> None:
    ops, help_ = here.bots
    await here.person("root", Role.ADMIN)
    alice = await here.person("alice", agents=("assistant",))

    here.say("alice", "hello", bot=ops)
    await ops.reads(here.number("alice"), "assistant here.")
    here.say("alice", "hello", bot=help_)
    await help_.reads(here.number("alice"), "I don't know you yet")
    card = await ops.reads(here.number("root"), "asks to come in")
    assert "telegram-help" in card.text
    here.say("root", "/pending", bot=help_)
    await help_.reads(here.number("root"), "I don't know you yet")
    assert not [text for text in help_.texts(here.number("root")) if "asks to come in" in text]

    await here.link(alice, help_)
    await ops.reads(here.number("root"), "Withdrawn")
    here.say("alice", "hello again", bot=help_)
    await help_.reads(here.number("alice"), "assistant here.")

    rows = await here.store.fetch("select channel from nexora_accounts where user_id = $1 order by channel", alice.id)
    assert [row["channel"] for row in rows] == ["telegram-help", "telegram-ops"]


async def test_a_press_that_one_bot_reports_counts_for_the_account_known_on_it(here: Place) -> None:
    ops, help_ = here.bots
    await here.person("root", Role.ADMIN)
    await here.person("alice", agents=("assistant", "ops"))
    here.say("alice", "hello", bot=ops, chat=GROUP)
    card = await ops.reads(here.number("root"), "Which agent answers in")
    data = card.keyboard[0][0]["callback_data"]

    # The same number of a person and the same button, at a bot on which nobody has linked this person.
    here.say("root", "hello", bot=help_)
    told = await help_.reads(here.number("root"), "I don't know you yet")
    user = {"id": here.number("root"), "is_bot": False, "first_name": "root", "language_code": "en"}
    help_.telegram.chats.press(here.number("root"), told.id, data, user)
    await here.until_stored("select count(*) = 1 from nexora_audit_events where tag = 'approvals:press:refused'")
    await here.until_stored(SETTLED)

    assert await here.store.fetchval("select status from nexora_approval_requests where kind = 'binding'") == "pending"
    assert await here.store.fetchval("select agent from nexora_room_bindings") == ""
