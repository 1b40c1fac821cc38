"""Who may use which agent: given, ended by time or by hand, and seen at once by whoever asks."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from governance.people.agent_grants import ExpiryPast
from governance.people.people import Role
from governance.people.wrong import PersonMissing
from governance.record.transaction import Store
from tests.unit.people_stage import WEB, HandClock, Stage


@pytest.fixture
def stage(pool):
    clock = HandClock()
    return Stage(Store(pool, now=clock), clock)


async def test_a_person_sees_no_agent_without_a_grant(stage):
    alice = await stage.person("alice")

    assert (await stage.people.get(alice.id)).agents == frozenset()


async def test_a_grant_holds_until_it_is_taken(stage):
    admin, alice = await stage.person("root", Role.ADMIN), await stage.person("alice")

    grant = await stage.agent_grants.grant(alice.id, "ops", by=admin, origin=WEB)
    assert (grant.person, grant.agent, grant.granted_by, grant.expires_at) == ("alice", "ops", "root", None)
    assert (await stage.people.get(alice.id)).agents == frozenset({"ops"})
    assert await stage.agent_grants.revoke(alice.id, "ops", by=admin, origin=WEB)

    assert (await stage.people.get(alice.id)).agents == frozenset()
    assert not await stage.agent_grants.revoke(alice.id, "ops", by=admin, origin=WEB)
    assert (await stage.tags())[-2:] == ["web:agent_grant:created", "web:agent_grant:revoked"]


async def test_a_grant_ends_by_itself_to_the_second(stage):
    alice = await stage.person("alice")
    await stage.agent_grants.grant(alice.id, "ops", by=None, expires_at=stage.clock() + timedelta(hours=1))

    stage.clock.move(seconds=3599)
    assert (await stage.people.get(alice.id)).agents == frozenset({"ops"})
    stage.clock.move(seconds=1)

    assert (await stage.people.get(alice.id)).agents == frozenset()
    assert await stage.agent_grants.of(alice.id) == []
    assert not await stage.agent_grants.revoke(alice.id, "ops", by=None)


async def test_a_second_grant_replaces_the_first(stage):
    alice = await stage.person("alice")
    until = stage.clock() + timedelta(hours=1)
    await stage.agent_grants.grant(alice.id, "ops", by=None, expires_at=until)
    await stage.agent_grants.grant(alice.id, "ops", by=None)

    assert [(grant.agent, grant.expires_at) for grant in await stage.agent_grants.page()] == [("ops", None)]


async def test_grants_at_the_same_moment_leave_one(stage):
    alice = await stage.person("alice")

    await asyncio.gather(*(stage.agent_grants.grant(alice.id, "ops", by=None) for _ in range(6)))

    assert len(await stage.agent_grants.of(alice.id)) == 1


async def test_nothing_is_granted_to_nobody_or_for_the_past(stage):
    alice = await stage.person("alice")
    await stage.people.disable(alice.id, by=None)

    for person_id in (alice.id, uuid4()):
        with pytest.raises(PersonMissing):
            await stage.agent_grants.grant(person_id, "ops", by=None)
    with pytest.raises(ExpiryPast):
        await stage.agent_grants.grant(alice.id, "ops", by=None, expires_at=stage.clock())
