"""The first hour of an installation: one admin, who asks for something that asks, and confirms it with a code."""

import json
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest
import pytest_asyncio

from governance.people.people import Role
from tests.journeys.life import CLI, CONSOLE
from tests.journeys.town import Town, town
from tests.journeys.workspace import slack_town
from tests.platforms.model import Call, Reply
from tests.platforms.slack.workspace import GROUP

ASKS = 'rules: [{agent: "*", tool: shell, verdict: ask, risk: high, because: commands are reviewed}]\n'
CODE = re.compile(r"\d{3}-\d{3}")
COMMAND = "expr 6 '*' 7"


def policy(folder: Path, more: str = "") -> dict[str, object]:
    """Settings with a policy under which every command asks."""
    path = folder / "policy.yaml"
    path.write_text(ASKS + more)
    return {"approvals": {"policy": path}}


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home", **policy(tmp_path)) as built:
        yield built


async def asked(here: Town) -> None:
    here.model.call("shell", command=COMMAND)
    here.model.say("I have asked for approval.")
    here.model.say("It printed 42.")
    here.say("root", "compute six times seven")


async def code_for(here: Town) -> str:
    found = CODE.search((await here.hears("root", "Your code:")).text)
    assert found is not None
    return found.group()


async def test_the_only_admin_presses_types_the_code_and_reads_the_result(here: Town) -> None:
    await here.person("root", Role.ADMIN)
    await asked(here)
    card = await here.hears("root", "wants to run shell")
    assert "You are the only admin" in card.text

    here.press("root", card, "Approve, with a code")
    code = await code_for(here)
    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"
    here.say("root", code)
    await here.hears("root", "It printed 42.")

    assert any("42" in result for result in await here.results())
    assert await here.store.fetchval("select count(*) from nexora_calls where state = 'done'") == 1
    assert "approvals:request:confirmed" in await here.tags()
    await here.hears("root", "root, on telegram as 1000 (confirmed by the requester)")
    prompts = json.dumps([request["messages"] for request in here.model.requests])
    assert code not in prompts
    assert code.replace("-", "") not in prompts
    here.say("root", "/digest now")
    await here.hears("root", "confirmed by the requester, as the only admin: 1")


async def test_approving_in_words_takes_the_same_second_step_and_an_old_code_reaches_no_model(here: Town) -> None:
    await here.person("root", Role.ADMIN)
    await asked(here)
    await here.hears("root", "I have asked for approval.")
    request = await here.store.fetchval("select code from nexora_approval_requests")

    here.say("root", f"/approve {request}")
    code = await code_for(here)
    here.say("root", f"/confirm {code}")
    await here.hears("root", "It printed 42.")
    asked_so_far = len(here.model.requests)
    here.say("root", code)
    await here.hears("root", "This code is wrong, used or too old.")

    assert len(here.model.requests) == asked_so_far


async def test_the_policy_may_leave_it_to_a_second_admin(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home", **policy(tmp_path, "sole_admin: refused\n")) as here:
        await here.person("root", Role.ADMIN)
        await asked(here)
        await here.hears("root", "I have asked for approval.")

        assert any("besides the person who asks, and there are 0" in result for result in await here.results())
        assert await here.store.fetchval("select count(*) from nexora_approval_requests") == 0


async def test_the_second_admin_decides_from_then_on(here: Town) -> None:
    await here.person("root", Role.ADMIN)
    await asked(here)
    card = await here.hears("root", "wants to run shell")
    here.press("root", card, "Approve, with a code")
    code = await code_for(here)
    await here.person("ada", Role.ADMIN)

    here.say("root", code)
    await here.hears("root", "somebody else has to decide it")

    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"
    request = await here.store.fetchval("select code from nexora_approval_requests")
    here.say("ada", f"/approve {request}")
    await here.hears("root", "It printed 42.")


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_on_slack_the_code_of_a_press_in_a_thread_comes_in_private(dsn: str, tmp_path: Path, mode: str) -> None:
    async with slack_town(dsn, tmp_path / "home", mode, **policy(tmp_path)) as here:
        await here.person("root", Role.ADMIN)
        call = Call(name="shell", arguments=json.dumps({"command": COMMAND}))
        here.model.script(Reply(text="Let me see.", calls=(call,)))
        here.model.say("I have asked for approval.")
        here.model.say("It printed 42.")
        thread = here.asks("root", "compute six times seven")
        card = await here.hears("wants to run shell", thread=thread)

        here.press("root", card, "Approve, with a code")
        told = await here.hears("Your code:", room=here.direct("root"))
        found = CODE.search(told.text)
        assert found is not None
        assert not any(CODE.search(message.text) for message in here.slack.workspace.said_by_bot(GROUP))
        here.says_directly("root", found.group())
        await here.hears("It printed 42.", thread=thread)


async def test_the_api_takes_the_password_and_counts_wrong_ones(here: Town) -> None:
    root = await here.person("root", Role.ADMIN)
    await asked(here)
    await here.hears("root", "I have asked for approval.")
    number = await here.store.fetchval("select id from nexora_approval_requests")
    deciding = here.gateway.deciding
    link = await deciding.people.reset(root.id, by=None, origin=CLI)
    await deciding.sign_in.by_link(link, "", "seven herons in a marsh", origin=CONSOLE)

    async with here.browser(root) as visitor:
        path = f"/api/approvals/{number}/decision"
        without = await visitor("POST", path, json={"choice": "approve"})
        wrong = await visitor("POST", path, json={"choice": "approve", "password": "six herons"})
        assert "takes your password" in without.json["detail"]
        assert wrong.status == HTTPStatus.UNAUTHORIZED
        right = await visitor("POST", path, json={"choice": "approve", "password": "seven herons in a marsh"})
        assert right.json["request"]["confirmed_by_requester"]
    await here.hears("root", "It printed 42.")
