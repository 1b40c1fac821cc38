"""How an unfinished command may go on: only with what whoever types it may see."""

import pytest

from governance.people.people import Role
from tests.unit.commands.room import Room, account_of


async def lines(room: Room, who: str, line: str) -> list[str]:
    return [each.line for each in await room.completing.complete(account_of(who), line)]


async def test_a_decider_is_offered_the_codes_that_wait_before_anything_is_typed(room: Room):
    alice, _ = await room.person("alice"), await room.person("root", Role.ADMIN)
    request = await room.request(alice)

    offered = await lines(room, "root", "")
    assert offered[:2] == [f"/approve {request.code}", f"/deny {request.code}"]
    assert "/pending" in offered
    assert len(offered) <= 25


@pytest.mark.parametrize("typed", ["/approve", "/approve ", "/APPROVE ", "／approve "])
async def test_a_code_is_completed_with_what_it_stands_for(room: Room, typed: str):
    alice, _ = await room.person("alice"), await room.person("root", Role.ADMIN)
    request = await room.request(alice)
    offered = (await room.completing.complete(account_of("root"), typed))[0]

    assert offered.line == f"/approve {request.code}"
    assert offered.label == f"/approve {request.code} · ops · shell · alice"


async def test_a_code_is_found_by_its_beginning_in_any_case(room: Room):
    alice, _ = await room.person("alice"), await room.person("root", Role.ADMIN)
    request, _ = await room.request(alice), await room.request(alice)

    assert await lines(room, "root", f"/deny {request.code.lower()}") == [f"/deny {request.code}"]
    assert await lines(room, "root", f"/deny {request.code} because") == []


async def test_nobody_is_offered_what_they_may_not_see_or_decide(room: Room):
    alice = await room.person("alice")
    await room.person("bob")
    await room.person("root", Role.ADMIN)
    request = await room.request(alice)

    assert await lines(room, "bob", "/approve ") == await lines(room, "bob", "/cancel ") == []
    assert await lines(room, "alice", "/approve ") == []
    assert await lines(room, "alice", "/cancel ") == [f"/cancel {request.code}"]
    assert [line for line in await lines(room, "bob", "/") if line in {"/admit", "/people"}] == []


async def test_a_stranger_is_offered_nothing(room: Room):
    await room.request(await room.person("alice"))

    assert await lines(room, "mallory", "") == await lines(room, "mallory", "/approve ") == []


async def test_agents_are_those_that_the_person_may_use(room: Room):
    await room.person("alice", Role.OPERATOR, "ops", "writer")
    await room.person("root", Role.ADMIN)

    assert await lines(room, "alice", "/use ") == ["/use ops", "/use writer"]
    assert await lines(room, "alice", "/use w") == ["/use writer"]
    assert await lines(room, "alice", "/bind ") == []
    assert await lines(room, "root", "/grant alice a") == ["/grant alice assistant"]


async def test_names_of_commands_are_completed_in_the_language_of_whoever_types(room: Room):
    alice = await room.person("alice")
    await room.type(alice, "/language zh")
    [offered] = await room.completing.complete(account_of("alice"), "/pend")

    assert offered.line == "/pending"
    assert "待审批" in offered.label


async def test_only_who_asks_to_come_in_can_be_admitted(room: Room):
    alice, _ = await room.person("alice"), await room.person("root", Role.ADMIN)
    await room.request(alice)
    stranger = await room.stranger()

    assert await lines(room, "root", "/admit ") == [f"/admit {stranger.code}"]


@pytest.mark.parametrize("typed", ["hello", "what waits?", "/nonsense 7QX4", "/x"])
async def test_what_is_no_command_is_left_alone(room: Room, typed: str):
    await room.person("root", Role.ADMIN)

    assert await lines(room, "root", typed) == []
