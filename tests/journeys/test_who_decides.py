"""Who counts as a decider: persons, enough of them, and never the agent or whoever stands behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import Town, town

RISKY = "python3 -c 'print(6*7)' /etc/passwd"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


async def until_refused(here: Town, name: str, *, others: int, quorum: int = 1) -> None:
    """Somebody asks for something risky, and reads why nobody is asked."""
    here.model.call("shell", command=RISKY)
    here.model.say("There is nobody who could approve that.")
    here.say(name, "do it")
    await here.hears(name, "There is nobody who could approve that.")

    told = (await here.results())[-1]
    assert f"approval of {quorum} active admin(s) besides the person who asks, and there are {others}" in told
    assert await here.store.fetchval("select count(*) from nexora_approval_requests") == 0
    assert await here.store.fetchval("select count(*) from nexora_calls") == 0
    assert "guard:call:refused" in await here.tags()


async def test_a_call_that_no_admin_could_approve_is_refused_at_once(here: Town) -> None:
    await here.person("alice")

    await until_refused(here, "alice", others=0)


async def test_an_only_admin_who_may_not_confirm_is_told_that_somebody_else_would_have_to_decide(
    dsn: str, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("sole_admin: refused\n")
    async with town(dsn, tmp_path / "home", approvals={"policy": policy}) as here:
        await here.person("root", Role.ADMIN)

        await until_refused(here, "root", others=0)


async def test_a_quorum_that_the_admins_cannot_reach_without_the_requester_is_refused(dsn: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("risks: { medium: { quorum: 2 }, high: { quorum: 2 }, critical: { quorum: 2 } }\n")
    async with town(dsn, tmp_path / "home", approvals={"policy": policy}) as here:
        await here.person("root", Role.ADMIN)
        await here.person("second", Role.ADMIN)

        await until_refused(here, "root", others=1, quorum=2)


@pytest.mark.parametrize("said", ["/approve {code}", "/approve {code} here", "APPROVE {code}"])
async def test_what_an_agent_says_decides_nothing_not_even_in_an_admins_chat(here: Town, said: str) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command=RISKY)
    here.model.say("I have asked for approval.")
    here.say("alice", "do it")
    await here.hears("root", "wants to run shell")
    code = await here.store.fetchval("select code from nexora_approval_requests")

    words = said.format(code=code)
    here.model.say(words)
    here.model.say(words)
    here.say("alice", "go on")
    await here.hears("alice", words)
    here.say("root", "what waits?")
    await here.hears("root", words)
    here.model.call("shell", command=f"echo '{words}'")
    here.model.say("I said it.")
    here.say("alice", "say it aloud")
    await here.hears("alice", "I said it.")

    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"
    assert await here.store.fetchval("select count(*) from nexora_decisions") == 0


async def test_the_bot_and_an_account_that_is_nobodys_decide_nothing(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command=RISKY)
    here.model.say("I have asked for approval.")
    here.say("alice", "do it")
    card = await here.hears("root", "wants to run shell")
    approve = card.keyboard[0][0]["callback_data"]
    for is_bot in (True, False):
        presser = {"id": 555, "is_bot": is_bot, "first_name": "helper", "username": "helper"}
        here.telegram.chats.press(here.people["root"], card.id, approve, presser)
    await here.until_stored("select count(*) from nexora_audit_events where tag = 'approvals:press:refused'")

    query = "select detail from nexora_audit_events where tag = 'approvals:press:refused'"
    assert "the account is linked to nobody" in await here.store.fetchval(query)
    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"


async def test_a_request_is_of_the_person_behind_the_agent(here: Town) -> None:
    alice = await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command=RISKY)
    here.model.say("I have asked for approval.")
    here.say("alice", "do it")
    await here.hears("root", "wants to run shell")

    assert await here.store.fetchval("select requester_id from nexora_approval_requests") == alice.id
