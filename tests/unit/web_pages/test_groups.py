"""A group that asks which agent answers in it, on the page of approvals and over the API."""

from datetime import UTC, datetime

import pytest_asyncio

from channels.messages import Account, Address, Inbound, plain
from gateway.web.console import routes as console_pages
from governance.approvals.requests import Request
from governance.people.people import Role
from tests.unit.web.stage import WebStage, open_stage

HTML = {"Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GROUP = Address(channel="chat", room="g1")


@pytest_asyncio.fixture(loop_scope="session")
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=console_pages.ROUTES) as stage:
        yield stage


async def asked(web: WebStage, said: str = "hello") -> Request:
    alice, _ = await web.stage.people.create("alice", Role.OPERATOR, by=None)
    inbound = Inbound(
        event_id="1",
        at=datetime(2030, 5, 6, tzinfo=UTC),
        address=GROUP,
        sender=Account(channel="chat", id="alice"),
        parts=plain(said),
        is_direct=False,
    )
    parts = web.parts
    assert await parts.bindings.ask(parts.approvals, inbound, alice, ["assistant", "ops"])
    (request,) = await parts.approvals.pending(await admin(web))
    return request


async def admin(web: WebStage):
    person = await web.stage.people.by_name("root")
    assert person is not None
    return person


async def agent_of(web: WebStage) -> str:
    known = await web.parts.bindings.of(GROUP)
    assert known is not None
    return known.agent


async def test_the_page_shows_the_agents_and_a_press_binds_the_group(web):
    root = await web.visitor("root", Role.ADMIN)
    request = await asked(web)

    page = (await root("GET", "/approvals", headers=HTML)).text
    assert "Which agent answers in chat · g1?" in page
    assert "alice spoke to the bot in this group" in page
    assert '<button name="choice" value="c">ops</button>' in page
    assert "Leave it open" in page
    assert ">Approve<" not in page
    assert "Somebody new asks to come in" not in page
    pressed = await root("POST", f"/approvals/{request.card_id}/decide", data="choice=c", headers={**HTML, **FORM})

    assert "ops answers in that group" in pressed.text
    assert "<code>ops</code>" in pressed.text
    assert await agent_of(web) == "ops"


async def test_no_operator_sees_or_decides_it(web):
    await web.visitor("root", Role.ADMIN)
    bob = await web.visitor("bob")
    request = await asked(web)

    assert "g1" not in (await bob("GET", "/approvals", headers=HTML)).text
    assert (await bob("GET", f"/api/approvals/{request.id}")).status == 404
    pressed = await bob("POST", f"/approvals/{request.card_id}/decide", data="choice=c", headers={**HTML, **FORM})
    assert "Only an active admin" in pressed.text
    assert await agent_of(web) == ""


async def test_the_api_names_the_agents_and_takes_one(web):
    root = await web.visitor("root", Role.ADMIN)
    request = await asked(web)
    path = f"/api/approvals/{request.id}"

    shown = (await root("GET", path)).json
    assert (shown["kind"], shown["agents"], shown["agent"]) == ("binding", ["assistant", "ops"], "")
    vague = await root("POST", f"{path}/decision", json={"choice": "approve"})
    assert (vague.status, "AGENT" in vague.json["detail"]) == (422, True)
    other = await root("POST", f"{path}/decision", json={"choice": "approve", "agent": "writer"})
    assert other.status == 422
    done = await root("POST", f"{path}/decision", json={"choice": "approve", "agent": "ops"})

    assert (done.json["changed"], done.json["request"]["agent"]) == (True, "ops")
    assert await agent_of(web) == "ops"


async def test_an_agent_changes_nothing_about_a_denial(web):
    root = await web.visitor("root", Role.ADMIN)
    request = await asked(web)

    answer = await root("POST", f"/api/approvals/{request.id}/decision", json={"choice": "deny", "agent": "ops"})

    assert answer.json["request"]["status"] == "denied"
    assert await agent_of(web) == ""
