"""The page of approvals shows what the cards in chat show, in the same words."""

from datetime import UTC, datetime

import pytest_asyncio

from channels.messages import Account, Address, Inbound, plain
from gateway.web.console import routes as console_pages
from governance.accounts.admissions import Admissions
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Asking
from governance.approvals.shown.cards import card_for
from governance.people.people import Role
from governance.values.reasons import because
from governance.values.verdicts import Ask, Risk
from tests.unit.web.stage import open_stage

HTML = {"Accept": "text/html"}


@pytest_asyncio.fixture(loop_scope="session")
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=console_pages.ROUTES) as stage:
        yield stage


async def shown(root, request):
    """The page, after checking that it has every button of the card."""
    page = (await root("GET", "/approvals", headers=HTML)).text
    for button in card_for(request, "en").buttons:
        assert f'value="{button.choice}">{button.label}</button>' in page
    return page


async def test_a_call_tells_of_the_network_and_of_the_files_that_it_is_bound_to(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    asking = Asking(
        kind=TOOL_CALL,
        requester=alice.person,
        subject={
            "tool": "shell",
            "argument": "command",
            "arguments": {"command": "bash deploy.sh"},
            "pattern": "exactly:bash deploy.sh",
            "contents": {"deploy.sh": "0123456789abcdef" * 4},
            "network": True,
        },
        digest="0" * 64,
        ask=Ask(because=because("it runs a script"), risk=Risk.HIGH, network=True),
        agent="ops",
        address=Address(channel="chat", room="room"),
    )
    async with web.stage.store.transaction() as work:
        request = await web.parts.approvals.ask(work, asking)

    page = await shown(root, request)
    assert "<dt>Network</dt><dd>only what is listed</dd>" in page
    assert "deploy.sh 0123456789ab" in page
    assert "<dt>Why it asks</dt><dd>it runs a script</dd>" in page


async def test_somebody_new_is_shown_with_their_first_words_and_admitted_by_a_button_that_says_so(web):
    root = await web.visitor("root", Role.ADMIN)
    inbound = Inbound(
        event_id="1",
        at=datetime(2030, 5, 6, tzinfo=UTC),
        address=Address(channel="chat", room="m"),
        sender=Account(channel="chat", id="mallory", name="Mallory"),
        parts=plain("let <b>me</b> in"),
    )
    admissions = Admissions(web.stage.store, web.stage.accounts, web.stage.people)
    async with web.stage.store.transaction() as work:
        await admissions.ask(work, web.parts.approvals, inbound)
    (request,) = await web.parts.approvals.pending(root.person)

    page = await shown(root, request)
    assert "Admit as operator" in page
    assert "<dt>First words</dt><dd>let &lt;b&gt;me&lt;/b&gt; in</dd>" in page


async def test_a_long_request_is_approved_only_on_the_page_that_shows_all_of_it(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    command = "echo " + "x" * 2000 + "; echo the end"
    asking = Asking(
        kind=TOOL_CALL,
        requester=alice.person,
        subject={"tool": "shell", "argument": "command", "arguments": {"command": command}, "pattern": "exactly:x"},
        digest="0" * 64,
        ask=Ask(because=because("it asks")),
        agent="ops",
        address=Address(channel="chat", room="room"),
    )
    async with web.stage.store.transaction() as work:
        request = await web.parts.approvals.ask(work, asking)
    page = (await root("GET", "/approvals", headers=HTML)).text
    address = f"/approvals/{request.id}"

    assert "the end" not in page
    assert f'href="{address}"' in page
    assert 'name="choice" value="a"' not in page
    decide = f"/approvals/{request.card_id}/decide"
    for form in ({"choice": "a"}, {"choice": "a", "whole": "yes"}):
        answer = await root("POST", decide, data=form, headers=HTML)
        assert (answer.status, answer.headers["Location"]) == (303, address)

    whole = (await root("GET", address, headers=HTML)).text
    assert "the end" in whole
    assert 'name="choice" value="a"' in whole
    assert (await alice("GET", address, headers=HTML)).status == 200
    assert (await (await web.visitor("carol"))("GET", address, headers=HTML)).status == 404
    await root("POST", decide, data={"choice": "a", "whole": "yes"}, headers=HTML)
    assert (await web.parts.approvals.get(request.id)).status.value == "approved"


async def test_the_reason_beside_the_button_that_denies_all_goes_to_each_request(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    requests = []
    for command in ("ls a", "ls b"):
        asking = Asking(
            kind=TOOL_CALL,
            requester=alice.person,
            account=Account(channel="chat", id="17", name="Al"),
            subject={"tool": "shell", "argument": "command", "arguments": {"command": command}, "pattern": "exactly:x"},
            digest="0" * 64,
            ask=Ask(because=because("it asks")),
            agent="ops",
            address=Address(channel="chat", room="room"),
        )
        async with web.stage.store.transaction() as work:
            requests.append(await web.parts.approvals.ask(work, asking))
    page = (await root("GET", "/approvals", headers=HTML)).text
    assert "alice, on chat as Al (17)" in page

    deny_all = f"/approvals/{requests[0].card_id}/deny-all"
    await root("POST", deny_all, data={"reason": " not on a Friday "}, headers=HTML)

    ended = [await web.parts.approvals.get(each.id) for each in requests]
    assert [(each.status.value, each.reason) for each in ended] == [("denied", "not on a Friday")] * 2


async def test_a_request_of_a_kind_that_nobody_knows_says_so_and_can_be_denied(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    asking = Asking(kind=TOOL_CALL, requester=alice.person, subject={}, digest="0" * 64, ask=Ask(because=because("")))
    async with web.stage.store.transaction() as work:
        code = (await web.parts.approvals.ask(work, asking)).code
        await work.execute("update nexora_approval_requests set kind = 'holiday' where code = $1", code)

    [request] = await web.parts.approvals.pending(root.person)
    page = await shown(root, request)
    assert "holiday</h3>" in page
    assert "asks; for what is not known here</p>" in page
    assert "so what it is about cannot be shown here" in page
