"""/agents, /use, /grant and /ungrant: only granted agents are shown or chosen, and grants change at once."""

from datetime import timedelta

import pytest

from governance.people.people import Role
from governance.record.transaction import Store


async def agent_of(store: Store, key: str) -> str | None:
    return await store.fetchval("select agent from nexora_conversations where key = $1", key)


async def test_agents_shows_the_granted_ones_and_which_one_answers_here(room):
    alice = await room.person("alice", Role.OPERATOR, "assistant", "ops")
    root = await room.person("root", Role.ADMIN)
    await room.type(root, "/grant alice writer 8h")

    lines = (await room.type(alice, "/agents")).splitlines()[1:]

    assert lines == [
        "- ✓ **assistant** · Answers questions.",
        "- **ops** · Looks after machines.",
        "- **writer** · Writes. · until 6 May 15:08 UTC",
    ]


async def test_an_agent_whose_file_is_gone_is_shown_as_unusable(room):
    alice = await room.person("alice", Role.OPERATOR, "retired")

    assert "- ✓ **retired** · cannot be used" in await room.type(alice, "/agents")
    assert "There is no agent `retired`" in await room.type(alice, "/use retired")


async def test_somebody_without_agents_is_told_whom_to_ask(room):
    assert await room.type(await room.person("alice"), "/agents") == (
        "You have no agent yet. Ask an admin to type /grant `alice` AGENT."
    )


async def test_use_changes_the_agent_of_this_conversation_alone(room):
    alice = await room.person("alice", Role.OPERATOR, "assistant", "ops")

    assert await room.type(alice, "/use OPS") == "ops answers in this conversation from now on."
    assert await agent_of(room.store, "chat:alice:") == "ops"
    assert "- ✓ **ops**" in await room.type(alice, "/agents")
    assert "- ✓ **assistant**" in await room.type(alice, "/agents", room="another")
    await room.type(alice, "/use assistant")
    assert await agent_of(room.store, "chat:alice:") == "assistant"


async def test_use_refuses_what_was_not_granted_and_tells_no_name_of_others(room):
    alice = await room.person("alice", Role.OPERATOR, "assistant")

    assert (await room.type(alice, "/use ops")).startswith("You may not use `ops`. /agents lists yours")
    assert "Did you mean assistant?" in await room.type(alice, "/use asistant")
    assert "writer" not in await room.type(alice, "/use wrter")
    assert await agent_of(room.store, "chat:alice:") is None


async def test_use_leaves_somebody_else_s_conversation_of_the_console_alone(room):
    alice = await room.person("alice", Role.OPERATOR, "assistant")
    bob = await room.person("bob", Role.OPERATOR, "assistant", "ops")

    await room.type(alice, "/use assistant", channel="console", room="a" * 32)

    for command in ("/use ops", "/new"):
        assert (await room.type(bob, command, channel="console", room="a" * 32)).startswith("This conversation belongs")
    assert await agent_of(room.store, f"console:{'a' * 32}:") == "assistant"


async def test_a_group_may_be_given_another_agent_by_whoever_has_it(room):
    alice = await room.person("alice", Role.OPERATOR, "assistant")
    bob = await room.person("bob", Role.OPERATOR, "ops")

    await room.type(alice, "/use assistant", room="group")
    await room.type(bob, "/use ops", room="group")

    assert await agent_of(room.store, "chat:group:") == "ops"
    assert "- ✓ **assistant**" in await room.type(alice, "/agents", room="group")


async def test_an_admin_grants_an_agent_and_takes_it_back(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)

    assert await room.type(root, "/grant @Alice ops") == ("`alice` may use ops until it is taken back with /ungrant.")
    assert (await room.fresh(alice)).agents == {"ops"}
    created = await room.stage.last_event("chat:agent_grant:created")
    assert (created["actor"], created["resource"], created["address"]) == (str(root.id), str(alice.id), "chat:root:")
    assert await room.type(root, "/ungrant alice ops") == "`alice` may no longer use `ops`."
    assert (await room.fresh(alice)).agents == frozenset()
    assert "nothing changed" in await room.type(root, "/ungrant alice ops")
    assert (await room.stage.tags()).count("chat:agent_grant:revoked") == 1


async def test_a_grant_for_a_time_ends_by_itself(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)

    for given, until in (("2", "6 May 09:08"), ("8h", "6 May 15:08"), ("3D", "9 May 07:08")):
        assert await room.type(root, f"/grant alice ops {given}") == f"`alice` may use ops until {until} UTC."
    room.stage.clock.move(days=3, seconds=-1)
    assert (await room.fresh(alice)).agents == {"ops"}
    room.stage.clock.move(seconds=1)
    assert (await room.fresh(alice)).agents == frozenset()


@pytest.mark.parametrize(
    ("given", "days"), [("8 hours", 1 / 3), ("8小时", 1 / 3), ("３天", 3), ("2 days", 2), ("366d", 366), ("8784", 366)]
)
async def test_a_time_is_understood_as_people_write_it(room, given: str, days: float):
    root, alice = await room.person("root", Role.ADMIN), await room.person("alice")
    told = await room.type(root, f"/grant alice ops {given}")
    [grant] = await room.parts.agent_grants.of(alice.id)

    assert " until " in told
    assert grant.expires_at == room.stage.clock() + timedelta(days=days)


@pytest.mark.parametrize("given", ["soon", "0", "-1", "8x", "1e3", "8.5h", "367d", "99999999999", "until noon", "∞"])
async def test_a_time_that_is_not_understood_grants_nothing_and_says_what_is_understood(room, given: str):
    root, alice = await room.person("root", Role.ADMIN), await room.person("alice")
    told = await room.type(root, f"/grant alice ops {given}")

    assert told == (
        "Write for how long as 8h (hours) or 3d (days), at most 366 days; left out, it lasts until it is taken back."
    )
    assert (await room.fresh(alice)).agents == frozenset()
    assert "chat:agent_grant:created" not in await room.stage.tags()


async def test_a_grant_to_nobody_or_of_nothing_names_the_nearest(room):
    root = await room.person("root", Role.ADMIN)
    await room.person("alice")

    assert "Did you mean `alice`?" in await room.type(root, "/grant alcie ops")
    assert await room.type(root, "/grant alice op") == "There is no agent `op`. Did you mean ops?"
    assert await room.type(root, "/grant alice zzz") == "There is no agent `zzz`. There are: assistant, ops, writer."
    assert await room.stage.agent_grants.page() == []


async def test_nobody_grants_to_somebody_who_is_shut_out(room):
    root, alice = await room.person("root", Role.ADMIN), await room.person("alice")
    await room.stage.people.disable(alice.id, by=root)

    assert (await room.type(root, "/grant alice ops")).startswith("There is no active person named `alice`")
