"""Capabilities in the console: added from a file, seen by everybody, changed and ruled through the one gate."""

import io
import zipfile

import pytest_asyncio
from aiohttp import FormData

from channels.messages import Account
from gateway.web.console import routes as console_pages
from governance.people.people import CONSOLE, Role
from tests.unit.web.stage import open_stage

HTML = {"Accept": "text/html"}


@pytest_asyncio.fixture(loop_scope="session")
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=console_pages.ROUTES) as stage:
        yield stage


def packed(line: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        words = f"---\nname: weekly-figures\ndescription: How the figures <are> put together.\n---\n{line}\n"
        archive.writestr("weekly-figures/SKILL.md", words)
    return held.getvalue()


def form(line: str = "Add up the sheets.", **more: str) -> FormData:
    made = FormData({"kind": "skill", "source": "", "words": "for Mondays", **more})
    made.add_field("file", packed(line), filename="figures.zip", content_type="application/zip")
    return made


async def approve(web, visitor) -> None:
    """The one request that waits, decided by somebody else."""
    (request,) = await web.parts.approvals.pending(visitor.person)
    account = Account(channel=CONSOLE, id=str(visitor.person.id))
    outcome = await web.parts.approvals.decide(
        visitor.person, account, card_id=request.card_id, choice="a", is_seen=True
    )
    assert outcome.changed, outcome.sentence


async def test_a_file_becomes_a_request_and_what_was_approved_is_shown_to_everybody(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    empty = (await alice("GET", "/capabilities", headers=HTML)).text
    asked = (await alice("POST", "/capabilities", data=form(), headers=HTML)).text
    again = (await alice("POST", "/capabilities", data=form(), headers=HTML)).text
    await approve(web, root)
    page = (await alice("GET", "/capabilities", headers=HTML)).text

    assert "There is none." in empty
    assert "The admins are asked about the skill weekly-figures" in asked
    assert 'role="alert"' in again
    assert "this very thing waits already" in again
    assert 'value="for Mondays"' in again
    assert "How the figures &lt;are&gt; put together." in page
    assert "attached:figures.zip" in page
    assert 'value="update"' not in page
    assert 'value="disable"' in page
    assert "Who may use what" not in page


async def test_it_is_updated_by_the_same_name_and_one_press_leads_back_or_takes_it_away(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    await alice("POST", "/capabilities", data=form(), headers=HTML)
    await approve(web, root)
    await alice("POST", "/capabilities", data=form("Round to cents."), headers=HTML)
    await approve(web, root)
    path = "/capabilities/skill/weekly-figures"
    back = (await alice("POST", path, data={"action": "restore"}, headers=HTML)).text
    await approve(web, root)
    gone = (await alice("POST", path, data={"action": "remove"}, headers=HTML)).text

    assert "The admins are asked" in back
    assert "Removed: skill weekly-figures." in gone
    assert await web.parts.desk.capabilities.all() == []
    tags = await web.parts.store.fetch(
        "select tag from nexora_audit_events where tag like 'capabilities:capability:%' order by seq"
    )
    assert [row["tag"].rpartition(":")[2] for row in tags] == ["installed", "updated", "restored", "removed"]


async def test_what_cannot_be_is_told_in_the_language_of_whoever_asks_and_nothing_breaks(web):
    alice = await web.visitor("alice")
    await web.parts.store.fetch("update nexora_users set language = 'zh' where name = 'alice'")
    missing = await alice("POST", "/capabilities/skill/nothing", data={"action": "enable"}, headers=HTML)
    nothing = await alice("POST", "/capabilities", data={"kind": "skill", "source": "\0"}, headers=HTML)
    path = await alice("POST", "/capabilities", data={"kind": "skill", "source": "/etc/passwd"}, headers=HTML)
    odd = await alice("POST", "/capabilities/skill/x", data={"action": "install"}, headers=HTML)
    kind = await alice("POST", "/capabilities/spell/x", data={"action": "remove"}, headers=HTML)

    assert [each.status for each in (missing, nothing, path, odd, kind)] == [200, 200, 200, 404, 404]
    assert "nothing" in missing.text
    for each in (missing, nothing, path):
        assert 'role="alert"' in each.text
        assert "root:x" not in each.text


async def test_rules_are_for_admins_and_each_is_decided_by_another(web):
    root, second = await web.visitor("root", Role.ADMIN), await web.visitor("second", Role.ADMIN)
    alice = await web.visitor("alice")
    rule = {"verdict": "refuse", "kind": "tool", "name": "shell", "who_kind": "person", "who": "alice"}
    policy = {"kind": "skill", "action": "*", "risk": "medium", "verdict": "refuse", "environment": ""}
    asked = (await root("POST", "/rules", data=rule, headers=HTML)).text
    await approve(web, second)
    await root("POST", "/rules/policies", data=policy, headers=HTML)
    await approve(web, second)
    page = (await root("GET", "/capabilities", headers=HTML)).text
    refused = (await alice("POST", "/capabilities", data=form(), headers=HTML)).text
    rows = await web.parts.store.fetch(
        "select code from nexora_governance union all select code from nexora_capability_policies"
    )
    for row in rows:
        await root("POST", f"/rules/{row['code']}/end", data={}, headers=HTML)
        await approve(web, second)

    assert "The admins are asked, as request" in asked
    assert "person alice may not use tool shell" in page
    assert "skill *, risk medium, environment *: refuse" in page
    assert "the policy forbids this" in refused
    assert "There is no rule" in (await root("GET", "/capabilities", headers=HTML)).text
    assert (await alice("POST", "/rules", data=rule, headers=HTML)).status == 403


async def test_a_rule_that_makes_no_sense_keeps_what_was_typed(web):
    root = await web.visitor("root", Role.ADMIN)
    rule = {"verdict": "allow", "kind": "skill", "name": "week*", "who_kind": "person", "who": "nobody-here"}
    wrong = (await root("POST", "/rules", data=rule, headers=HTML)).text
    never = {"kind": "*", "action": "*", "risk": "high", "verdict": "allow"}

    assert 'role="alert"' in wrong
    assert 'value="week*"' in wrong
    assert "nobody-here" in wrong
    assert "never be allowed" in (await root("POST", "/rules/policies", data=never, headers=HTML)).text
    assert 'role="alert"' in (await root("POST", "/rules/ZZZZZ/end", data={}, headers=HTML)).text
