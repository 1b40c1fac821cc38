"""/bind, /unbind, and what /agents, /use, /approve and /pending say about a group that is bound or asked about."""

from channels.messages import Address
from gateway.commands import COMMANDS
from governance.people.people import Role
from tests.unit.commands.room import account_of

GROUP = {"room": "g1", "is_direct": False}


async def agent_of(room) -> str | None:
    known = await room.parts.bindings.of(Address(channel="chat", room="g1"))
    return known and known.agent


async def asked(room, by):
    inbound = room.inbound(account_of(by.name), "hello", **GROUP)
    assert await room.parts.bindings.ask(room.parts.approvals, inbound, by, ["assistant", "ops", "writer"])
    (request,) = [each for each in await room.parts.approvals.pending(by) if each.agents]
    return request


async def test_an_admin_binds_the_group_in_which_they_type_and_ends_it(room):
    root = await room.person("root", Role.ADMIN)

    assert (await room.type(root, "/bind OPS", **GROUP)).startswith("ops answers in this group from now on")
    assert await agent_of(room) == "ops"
    assert "no longer bound to ops" in await room.type(root, "/unbind", **GROUP)
    assert await agent_of(room) == ""
    assert "nothing changed" in await room.type(root, "/unbind", **GROUP)


async def test_binding_needs_a_group_an_agent_and_an_admin(room):
    alice, root = await room.person("alice", Role.OPERATOR, "ops"), await room.person("root", Role.ADMIN)

    assert "is for admins" in await room.type(alice, "/bind ops", **GROUP)
    assert "is for admins" in await room.type(alice, "/unbind", **GROUP)
    assert "in the group that is meant" in await room.type(root, "/bind ops")
    assert "in the group that is meant" in await room.type(root, "/unbind")
    assert (await room.type(root, "/bind", **GROUP)).startswith(f"Type `{COMMANDS['bind'].usage('en')}`")
    assert (await room.type(root, "/unbind ops", **GROUP)).startswith(f"Type `{COMMANDS['unbind'].usage('en')}`")
    assert "Did you mean writer?" in await room.type(root, "/bind writr", **GROUP)
    assert await agent_of(room) is None


async def test_agents_shows_the_binding_in_the_group_alone(room):
    alice, root = await room.person("alice", Role.OPERATOR, "assistant", "ops"), await room.person("root", Role.ADMIN)
    await room.type(root, "/bind ops", **GROUP)

    shown = (await room.type(alice, "/agents", **GROUP)).splitlines()

    assert shown[0].startswith("**ops** answers in this group")
    assert [line for line in shown if "✓ **" in line] == ["- ✓ **ops** · Looks after machines."]
    assert "✓ **assistant**" in await room.type(alice, "/agents")


async def test_somebody_without_the_bound_agent_sees_that_none_of_theirs_answers(room):
    bob, root = await room.person("bob", Role.OPERATOR, "assistant"), await room.person("root", Role.ADMIN)
    carol = await room.person("carol")
    await room.type(root, "/bind ops", **GROUP)

    assert "✓ **" not in await room.type(bob, "/agents", **GROUP)
    shown = await room.type(carol, "/agents", **GROUP)
    assert shown.startswith("**ops** answers in this group")
    assert "You have no agent yet" in shown


async def test_use_is_refused_in_a_bound_group_and_an_admin_s_binds_it_anew(room):
    alice, root = await room.person("alice", Role.OPERATOR, "assistant", "ops"), await room.person("root", Role.ADMIN)
    await room.type(root, "/bind ops", **GROUP)

    assert "decided that ops answers in this group" in await room.type(alice, "/use assistant", **GROUP)
    assert await room.store.fetchval("select count(*) from nexora_conversations") == 0
    assert "assistant answers in this conversation" in await room.type(alice, "/use assistant")
    assert "writer answers in this group" in await room.type(root, "/use writer", **GROUP)
    assert await agent_of(room) == "writer"


async def test_a_group_that_waits_for_an_answer_is_bound_by_code_and_name(room):
    root = await room.person("root", Role.ADMIN)
    request = await asked(room, root)

    waiting = await room.type(root, "/pending")
    assert f"**{request.code}** · which agent answers in `chat · g1`? (/approve {request.code} AGENT)" in waiting
    assert f"/approve {request.code} AGENT" in await room.type(root, f"/approve {request.code}")
    assert "There is no agent `nobody`" in await room.type(root, f"/approve {request.code} nobody")
    assert (await room.type(root, f"/approve {request.code} Writer")).startswith("writer answers in that group")
    assert await agent_of(room) == "writer"


async def test_nobody_but_an_admin_answers_for_a_group(room):
    alice, root = await room.person("alice", Role.OPERATOR, "ops"), await room.person("root", Role.ADMIN)
    request = await asked(room, root)

    assert "Type `/approve" in await room.type(alice, f"/approve {request.code} ops")
    assert "Only an active admin" in await room.type(alice, f"/deny {request.code}")
    assert await agent_of(room) == ""
