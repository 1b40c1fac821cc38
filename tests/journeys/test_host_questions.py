"""A host that was blocked is put before the admins once: a rule for the agent, one command, or never again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml

from governance.people.people import Role
from tests.conftest import unavailable
from tests.journeys.test_network import AGENT, asks
from tests.journeys.test_sole_admin import CODE
from tests.journeys.town import Town, town

BLOCKED = "GET api.example.org:80"
TRY = {"command": "bash get.sh", "network": True}


@asynccontextmanager
async def a_town(
    dsn: str, tmp_path: Path, *, admins: tuple[str, ...] = ("root",), **policy: object
) -> AsyncIterator[Town]:
    """A town whose agent reaches one host, with a script that tries another."""
    folder = tmp_path / "agents"
    folder.mkdir()
    (folder / "assistant.yaml").write_text(yaml.safe_dump({**AGENT, "egress": {"hosts": ["example.com"]}}))
    rules = tmp_path / "policy.yaml"
    rules.write_text(yaml.safe_dump(policy))
    approvals = {"policy": rules}
    async with town(dsn, tmp_path / "home", agents={"folder": folder}, approvals=approvals) as here:
        if not here.gateway.sandbox.opens_proxies:
            unavailable("bubblewrap does not work here")
        await here.person("alice")
        for name in admins:
            await here.person(name, Role.ADMIN)
        here.model.call("write_file", path="get.sh", content="curl -sS http://api.example.org/a")
        yield here


async def questions(here: Town) -> list[tuple[str, str]]:
    rows = await here.store.fetch(
        "select status, coalesce(choice, '') as choice from nexora_approval_requests where kind = 'host' "
        "order by created_at"
    )
    return [(row["status"], row["choice"]) for row in rows]


async def test_always_makes_a_narrow_rule_and_the_conversation_is_told(dsn: str, tmp_path: Path) -> None:
    async with a_town(dsn, tmp_path) as here:
        await asks(here, **TRY)
        first = (await here.results())[-1]
        card = await here.hears("root", "reach GET api.example.org:80 from now on?")
        here.press("root", card, "Always, for assistant")
        await here.hears("alice", f"root lets assistant reach {BLOCKED} from now on")
        await here.hears("root", f"assistant may reach {BLOCKED}")
        await asks(here, **TRY, hosts=["api.example.org"])

        assert f"The admins were asked whether assistant may reach {BLOCKED}" in first
        last = (await here.results())[-1]
        assert "neither listed nor approved" not in last, "it failed because it has no address here, and for no rule"
        assert "pending" not in last
        assert await questions(here) == [("approved", "a")]
        assert {"approvals:host_rule:made", "approvals:request:approved"} <= set(await here.tags())
        code = await here.store.fetchval("select code from nexora_host_rules")
        here.say("root", f"/hosts revoke {code}")
        await here.hears("root", "may no longer reach")
        await asks(here, **TRY)
        assert "neither listed nor approved" in (await here.results())[-1], "what was undone is blocked again"
        assert [status for status, _ in await questions(here)] == ["approved", "pending"], "and may be asked again"


async def test_no_ends_the_asking_until_an_admin_takes_it_back(dsn: str, tmp_path: Path) -> None:
    async with a_town(dsn, tmp_path) as here:
        await asks(here, **TRY)
        here.press("root", await here.hears("root", "from now on?"), "No")
        await here.hears("alice", f"root does not let assistant reach {BLOCKED}")
        await asks(here, **TRY)
        again = (await here.results())[-1]
        here.say("root", "/hosts")
        shown = (await here.hears("root", "nobody is asked")).text
        code = await here.store.fetchval("select code from nexora_host_rules")

        assert await questions(here) == [("denied", "d")], "a repeat asks nobody"
        assert f"An admin has denied that assistant reaches {BLOCKED}" in again
        assert f"{code}" in shown
        assert "denied by root" in shown
        here.say("root", f"/hosts revoke {code}")
        await here.hears("root", "may ask again")
        await asks(here, **TRY)
        assert [status for status, _ in await questions(here)] == ["denied", "pending"]
        assert {"approvals:host_rule:denied", "chat:host_rule:reopened"} <= set(await here.tags())


async def test_once_lets_one_command_of_that_conversation_pass(dsn: str, tmp_path: Path) -> None:
    async with a_town(dsn, tmp_path) as here:
        await asks(here, **TRY)
        code = await here.store.fetchval("select code from nexora_approval_requests where kind = 'host'")
        here.say("root", f"/approve {code} once")
        await here.hears("root", "The next command of that conversation may reach")
        await here.hears("alice", f"root lets assistant reach {BLOCKED} once")
        await asks(here, command="echo nothing that needs it", network=True)
        left = await here.store.fetchval("select count(*) from nexora_host_passes")
        await asks(here, **TRY, hosts=["api.example.org"])
        once = (await here.results())[-1]
        rule = await here.store.fetchval("select count(*) from nexora_host_rules where allowed_by is not null")

        assert left == 1, "a command that did not reach it leaves it for the next"
        assert "neither listed nor approved" not in once
        assert "pending" not in once
        assert rule == 0
        assert "approvals:host_rule:passed" in set(await here.tags())


async def test_a_question_that_waits_is_not_put_again_and_a_command_settles_it(dsn: str, tmp_path: Path) -> None:
    async with a_town(dsn, tmp_path) as here:
        await asks(here, **TRY)
        await here.hears("root", "from now on?")
        await asks(here, **TRY)
        waiting = (await here.results())[-1]
        one = await questions(here)
        code = await here.store.fetchval("select code from nexora_host_rules")
        here.say("root", f"/hosts allow {code}")
        await here.hears("root", f"may reach {BLOCKED}")

        assert f"The admins were asked about {BLOCKED} before" in waiting
        assert one == [("pending", "")]
        assert await questions(here) == [("cancelled", "")]


async def test_the_budget_of_questions_bears_it_or_none_is_asked(dsn: str, tmp_path: Path) -> None:
    async with a_town(dsn, tmp_path, questions={"per_conversation": 1}) as here:
        await asks(here, **TRY)
        here.model.call("write_file", path="get.sh", content="curl -sS http://other.example.org/a")
        await asks(here, **TRY)
        told = (await here.results())[-1]

        assert await questions(here) == [("pending", "")]
        assert "other.example.org:80 (it is neither listed nor approved)" in told
        assert "The admins were asked" not in told
        assert await here.store.fetchval("select count(*) from nexora_host_rules") == 2, "/hosts lists both"


async def test_whose_command_it_was_does_not_decide_it(dsn: str, tmp_path: Path) -> None:
    async with a_town(dsn, tmp_path, admins=("root", "carol")) as here:
        here.model.say("Written.")
        here.say("root", "do it")
        await here.hears("root", "Written.", seconds=30)
        here.model.call("shell", **TRY)
        here.model.say("I have tried.")
        here.say("root", "try it")
        await here.hears("root", "I have tried.", seconds=30)
        card = await here.hears("carol", "from now on?")
        code = await here.store.fetchval("select code from nexora_approval_requests where kind = 'host'")
        here.say("root", f"/approve {code}")
        await here.hears("root", "You asked for this yourself")
        here.press("carol", card, "Once")
        await here.hears("root", f"carol lets assistant reach {BLOCKED} once")

        assert await questions(here) == [("approved", "n")]
        assert not any("from now on?" in message.text for message in here.seen("root"))


async def test_the_only_admin_confirms_their_own_by_a_code(dsn: str, tmp_path: Path) -> None:
    async with a_town(dsn, tmp_path) as here:
        here.model.say("Written.")
        here.say("root", "do it")
        await here.hears("root", "Written.", seconds=30)
        here.model.call("shell", **TRY)
        here.model.say("I have tried.")
        here.say("root", "try it")
        card = await here.hears("root", "from now on?", seconds=30)
        here.press("root", card, "Always, for assistant")
        found = CODE.search((await here.hears("root", "Your code:")).text)
        assert found is not None
        here.say("root", found.group())
        await here.hears("root", f"root lets assistant reach {BLOCKED} from now on")

        assert await questions(here) == [("approved", "a")]
        assert "approvals:request:confirmed" in set(await here.tags())
