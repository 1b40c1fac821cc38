"""Capabilities and rules by the API: the same gate, its sentences, and nothing that goes around it."""

import base64
import io

import pytest

from channels.messages import Account
from gateway.capabilities.desk import CapabilityOrder
from gateway.capabilities.sources import Where
from governance.capabilities.changes import Wisher
from governance.capabilities.rules import User, rules_in
from governance.people.people import CONSOLE, Role
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from tests.unit.web.stage import open_stage

WORDS = b"---\nname: weekly-figures\ndescription: How the figures are put together.\n---\nAdd up the sheets.\n"


@pytest.fixture
async def api(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path) as stage:
        yield stage


async def approve(api, visitor) -> None:
    (request,) = await api.parts.approvals.pending(visitor.person)
    account = Account(channel=CONSOLE, id=str(visitor.person.id))
    outcome = await api.parts.approvals.decide(
        visitor.person, account, card_id=request.card_id, choice="a", is_seen=True
    )
    assert outcome.changed, outcome.sentence


async def test_what_is_installed_is_listed_for_everybody_and_ordered_about(api):
    root, alice = await api.visitor("root", Role.ADMIN), await api.visitor("alice")
    wisher = Wisher(person=alice.person, account=Account(channel=CONSOLE, id=str(alice.person.id)))
    where = Where(attached={"SKILL.md": WORDS})
    skill, install = CapabilityKind.SKILL, CapabilityAction.INSTALL
    order = CapabilityOrder(kind=skill, action=install, named="attached:", wisher=wisher, where=where)
    assert (await api.parts.desk.order(order)).code
    await approve(api, root)
    listed = (await alice("GET", "/api/capabilities?kind=skill")).json
    shown = await alice("GET", "/api/capabilities/skill/weekly-figures")
    removing = {"kind": "skill", "action": "remove", "named": "weekly-figures"}
    removed = await alice("POST", "/api/capabilities", json=removing)
    again = await alice("POST", "/api/capabilities", json=removing)
    path = await root("POST", "/api/capabilities", json={**removing, "action": "install", "named": "/etc/passwd"})

    assert listed == [shown.json]
    assert shown.json["state"] == "active"
    assert shown.json["runs_in"] == "nowhere"
    assert (removed.status, removed.json["end"]) == (200, "done")
    assert removed.json["sentence"] == "Removed: skill weekly-figures."
    assert (again.status, again.json["detail"]) == (409, "there is none named weekly-figures")
    assert path.status == 409
    assert (await alice("GET", "/api/capabilities/skill/weekly-figures")).status == 404


async def test_a_file_is_taken_with_a_wish_within_bounds(api):
    await api.visitor("root", Role.ADMIN)
    alice = await api.visitor("alice")
    file = {"name": "SKILL.md", "content": base64.b64encode(WORDS).decode()}
    wish = {"kind": "skill", "action": "install"}
    asked = await alice("POST", "/api/capabilities", json={**wish, "file": file})
    (request,) = await api.parts.approvals.pending(alice.person)
    broken = await alice("POST", "/api/capabilities", json={**wish, "file": {**file, "content": "§"}})
    missing = await alice("POST", "/api/capabilities", json=wish)
    large = await alice(
        "POST", "/api/capabilities", data=io.BytesIO(b" " * (25 << 20)), headers={"Content-Type": "application/json"}
    )

    assert (asked.status, asked.json["code"]) == (200, request.code)
    assert request.title == "weekly-figures"
    assert request.subject["manifest"]["source"] == "attached:SKILL.md"
    assert (broken.status, broken.json["errors"]) == (422, [{"path": "file.content", "message": "must be base64"}])
    assert (missing.status, missing.json["errors"]) == (422, [{"path": "named", "message": "must be given"}])
    assert large.status == 413


async def test_rules_are_asked_for_decided_by_another_and_ended(api):
    root, second = await api.visitor("root", Role.ADMIN), await api.visitor("second", Role.ADMIN)
    rule = {"verdict": "refuse", "kind": "tool", "name": "shell", "who_kind": "role", "who": "operator"}
    policy = {"risk": "medium", "verdict": "refuse"}
    for path, body in (("/api/rules", rule), ("/api/rules/policies", policy)):
        asked = await root("POST", path, json=body)
        assert (asked.status, asked.json["end"]) == (200, "asked")
        await approve(api, second)
    made = (await root("GET", "/api/rules")).json
    codes = [each["code"] for each in (*made["uses"], *made["policies"])]
    for code in codes:
        assert (await root("DELETE", f"/api/rules/{code}")).json["end"] == "asked"
        await approve(api, second)
    wrong = await root("POST", "/api/rules", json={**rule, "who_kind": "person", "who": "nobody-here"})
    never = await root("POST", "/api/rules/policies", json={"risk": "critical", "verdict": "allow"})

    assert len(codes) == 2
    assert (made["uses"][0]["who"], made["policies"][0]["action"]) == ("operator", "*")
    assert (await root("GET", "/api/rules")).json == {"uses": [], "policies": [], "teams": []}
    assert (wrong.status, never.status) == (422, 422)
    assert "nobody-here" in wrong.json["detail"]
    assert "never be allowed" in never.json["detail"]
    assert (await root("DELETE", f"/api/rules/{codes[0]}")).status == 404


async def test_a_team_is_made_of_persons_by_requests_and_rules_speak_of_it(api):
    root, second = await api.visitor("root", Role.ADMIN), await api.visitor("second", Role.ADMIN)
    alice, bob = (await api.visitor("alice")).person, (await api.visitor("bob")).person
    rule = {"verdict": "allow", "kind": "skill", "name": "payroll-*", "who_kind": "team", "who": "财务"}
    early = await root("POST", "/api/rules", json=rule)
    member = {"team": "财务", "person": "alice"}
    for path, body in (("/api/rules/teams", member), ("/api/rules", rule)):
        assert (await root("POST", path, json=body)).json["end"] == "asked"
        await approve(api, second)
    again = await root("POST", "/api/rules/teams", json=member)
    rules = await rules_in(api.parts.store)
    lacks = [rules.lack("skill", "payroll-may", User(person=each, agent="ops")) for each in (alice, bob)]
    listed = (await root("GET", "/api/rules")).json["teams"]
    assert (await root("POST", "/api/rules/teams", json={**member, "joins": False})).json["end"] == "asked"
    await approve(api, second)
    later = (await rules_in(api.parts.store)).lack("skill", "payroll-may", User(person=alice, agent="ops"))

    assert (early.status, again.status) == (422, 422)
    assert "there is no team" in early.json["detail"]
    assert [(each["team"], each["person"]) for each in listed] == [("财务", "alice")]
    assert lacks[0] is None
    assert "lets only 财务 use payroll-may" in str(lacks[1])
    assert later is not None
