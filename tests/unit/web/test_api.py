"""The API as its users see it: what each person can do, and that nobody reaches what is somebody else's."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from channels.base import Deed, Lack
from channels.messages import Account
from gateway.settings.model import ChannelSettings
from governance.people.people import Role, Stranger
from tests.unit.people_stage import PASSWORD, WEB
from tests.unit.web.stage import asked_by

CHAT = Account(channel="chat", id="U1+@x", name="Alice in chat")


async def test_a_person_sees_and_changes_themselves(web):
    alice = await web.visitor("alice")

    me = (await alice("GET", "/api/me")).json
    assert me == {
        "id": str(alice.person.id),
        "name": "alice",
        "display_name": "",
        "role": "operator",
        "language": "en",
        "time_zone": "",
        "active": True,
        "agents": [],
    }
    zoned = await alice("PATCH", "/api/me", json={"time_zone": "Asia/Kolkata"})
    assert zoned.json["time_zone"] == "Asia/Kolkata"
    assert (await alice("PATCH", "/api/me", json={"time_zone": "Mars/Base"})).status == 422
    changed = await alice("PATCH", "/api/me", json={"display_name": "爱丽丝", "language": "zh"})
    assert (changed.json["display_name"], changed.json["language"]) == ("爱丽丝", "zh")


async def test_nobody_becomes_more_than_they_are_by_saying_so(web):
    alice = await web.visitor("alice")
    root = await web.visitor("root", Role.ADMIN)

    for more in ({"role": "admin"}, {"is_admin": True}, {"id": str(uuid4())}, {"agents": ["ops"]}, {"active": True}):
        answer = await alice("PATCH", "/api/me", json={"display_name": "x", **more})
        assert answer.status == 422
        assert answer.json["errors"][0]["path"] == next(iter(more))
    for more in ({"id": str(uuid4())}, {"password": "x" * 12}, {"created_by": None}, {"status": "active"}):
        assert (await root("POST", "/api/people", json={"name": "new", **more})).status == 422
    found = await web.stage.people.get(alice.person.id)
    assert (found.role, found.display_name) == (Role.OPERATOR, "")


async def test_an_admin_adds_a_person_who_sets_a_password_and_signs_in(web):
    root = await web.visitor("root", Role.ADMIN)

    made = await root("POST", "/api/people", json={"name": "bob", "display_name": "Bob B", "language": "zh"})
    assert made.status == 201
    assert made.json["person"]["name"] == "bob"
    code = made.json["link"].rpartition("/welcome/")[2]
    again = await root("POST", "/api/people", json={"name": "BOB"})
    assert (again.status, again.json["detail"]) == (409, "There is already a person named BOB.")

    set_ = await web.anybody("POST", f"/welcome/{code}", data={"password": "quite a long phrase", "name": "root"})
    assert (set_.status, set_.headers["Location"]) == (303, "/")
    bob = web.anybody
    bob.token = set_.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    assert (await bob("GET", "/api/me")).json["name"] == "bob"
    assert (await web.anybody("POST", f"/welcome/{code}", data={"password": "quite a long phrase"})).status == 410


async def test_an_admin_changes_shuts_out_and_lets_in(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    path = f"/api/people/{alice.person.id}"

    assert (await root("PATCH", path, json={"role": "admin", "display_name": "A"})).json["role"] == "admin"
    assert (await alice("GET", "/api/people")).status == 200
    assert (await root("PATCH", path, json={"role": "operator"})).json["display_name"] == "A"
    assert (await alice("GET", "/api/people")).status == 403, "the role of now counts"
    assert (await root("POST", f"{path}/disable")).json["active"] is False
    assert (await alice("GET", "/api/me")).status == 401
    assert (await root("POST", f"{path}/enable")).json["active"] is True
    assert (await root("POST", f"{path}/password-link")).status == 201
    assert (await root("POST", f"/api/people/{root.person.id}/disable")).status == 409
    assert [person["name"] for person in (await root("GET", "/api/people")).json] == ["alice", "root"]
    unknown = f"/api/people/{uuid4()}"
    for method, tail in (("GET", ""), ("POST", "/disable"), ("POST", "/enable"), ("POST", "/end-sessions")):
        assert (await root(method, unknown + tail)).status == 404


async def test_a_password_is_changed_by_whoever_knows_it(web):
    alice = await web.visitor("alice")
    elsewhere = (await web.stage.sign_in.by_password("alice", PASSWORD, origin=WEB)).token

    wrong = await alice("POST", "/api/me/password", json={"current": "not this", "new": "quite a long phrase"})
    common = await alice("POST", "/api/me/password", json={"current": PASSWORD, "new": "password1"})
    right = await alice("POST", "/api/me/password", json={"current": PASSWORD, "new": "quite a long phrase"})

    assert (wrong.status, common.status, right.status) == (401, 409, 204)
    assert "among those that are tried first" in common.json["detail"]
    assert (await alice("GET", "/api/me")).status == 200
    assert await web.stage.sessions.check(elsewhere) is None


async def test_sessions_are_listed_and_ended_by_their_person_and_by_admins(web):
    root, alice, bob = await web.visitor("root", Role.ADMIN), await web.visitor("alice"), await web.visitor("bob")

    mine = (await alice("GET", "/api/sessions")).json
    assert [session["person"] for session in mine] == ["alice"] * len(mine)
    assert [session["current"] for session in mine].count(True) == 1
    assert (await alice("GET", f"/api/sessions?person={bob.person.id}")).status == 404
    theirs = (await root("GET", f"/api/sessions?person={bob.person.id}")).json
    current = (await bob("GET", "/api/sessions")).json
    session_id = next(session["id"] for session in current if session["current"])
    assert session_id in {session["id"] for session in theirs}

    assert (await alice("DELETE", f"/api/sessions/{session_id}")).status == 404
    assert (await bob("GET", "/api/me")).status == 200
    assert (await root("DELETE", f"/api/sessions/{session_id}")).status == 204
    assert (await bob("GET", "/api/me")).status == 401
    assert (await root("DELETE", f"/api/sessions/{session_id}")).status == 404
    assert (await root("POST", f"/api/people/{alice.person.id}/end-sessions")).status == 204
    assert (await alice("GET", "/api/me")).status == 401
    assert (await root("POST", "/api/sessions/end-others")).status == 204
    assert (await root("GET", "/api/me")).status == 200
    assert len((await root("GET", "/api/sessions")).json) == 1


async def test_an_account_is_linked_looked_at_and_parted(web):
    root, alice, bob = await web.visitor("root", Role.ADMIN), await web.visitor("alice"), await web.visitor("bob")
    code = await web.stage.accounts.code_for_account(CHAT)

    looked = await alice("POST", "/api/accounts/look-up", json={"code": code})
    assert (looked.json["name"], looked.json["person_id"]) == ("Alice in chat", None)
    linked = await alice("POST", "/api/accounts/link", json={"code": code})
    assert (linked.status, linked.json["person"]) == (200, "alice")
    assert [account["id"] for account in (await alice("GET", "/api/accounts")).json] == ["U1+@x"]
    assert (await bob("GET", "/api/accounts")).json == []
    assert len((await root("GET", "/api/accounts")).json) == 1
    named = {"channel": "chat", "id": "U1+@x"}
    assert (await bob("POST", "/api/accounts/unlink", json=named)).status == 404
    assert (await alice("POST", "/api/accounts/unlink", json=named)).status == 204
    assert (await alice("POST", "/api/accounts/unlink", json=named)).status == 404
    assert await web.stage.people.identify(CHAT) == Stranger(state="new")


async def test_a_code_of_the_console_is_typed_in_chat(web):
    alice = await web.visitor("alice")

    made = (await alice("POST", "/api/accounts/code")).json
    assert made["command"] == f"/link {made['code']}"
    assert made["expires_in_seconds"] == 600

    link = await web.stage.accounts.link_from_chat(CHAT, made["code"])
    assert (link.person.id, link.asked) == (alice.person.id, ("console",))
    second = await web.stage.accounts.code_for_account(CHAT)
    await web.stage.link(Account(channel="chat", id="another"), alice.person)
    waits = (await alice("POST", "/api/accounts/link", json={"code": second})).json
    assert (waits["state"], waits["person_id"]) == ("waiting", None)


async def test_codes_cannot_be_guessed_through_the_api(web):
    alice = await web.visitor("alice")

    answers = [
        (await alice("POST", f"/api/accounts/{verb}", json={"code": "WRNGWRNG"})).status
        for verb in ("look-up", "link") * 3
    ]
    assert answers == [404] * 5 + [429]


async def test_agents_are_seen_by_whom_they_were_granted_to(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    everything = [agent["name"] for agent in (await root("GET", "/api/agents")).json]
    assert everything == sorted(web.parts.specs.names())
    assert (await alice("GET", "/api/agents")).json == []

    until = (web.stage.clock() + timedelta(hours=1)).isoformat()
    grant = {"person_id": str(alice.person.id), "agent": "ops", "expires_at": until}
    assert (await root("POST", "/api/grants", json=grant)).status == 201

    assert [agent["name"] for agent in (await alice("GET", "/api/agents")).json] == ["ops"]
    assert [each["agent"] for each in (await alice("GET", "/api/grants")).json] == ["ops"]
    assert (await root("DELETE", f"/api/grants/{alice.person.id}/ops")).status == 204
    assert (await alice("GET", "/api/agents")).json == []
    assert (await root("DELETE", f"/api/grants/{alice.person.id}/ops")).status == 404
    assert (await root("POST", "/api/grants", json={**grant, "agent": "nobody"})).status == 404
    assert (await root("POST", "/api/grants", json={**grant, "person_id": str(uuid4())})).status == 404
    past = (web.stage.clock() - timedelta(seconds=1)).isoformat()
    assert (await root("POST", "/api/grants", json={**grant, "expires_at": past})).status == 409
    assert (await root("GET", "/api/agents?limit=1&after=assistant")).json[0]["name"] == everything[1]


async def test_one_sees_the_grants_of_others_as_an_admin_only(web):
    root, alice, bob = await web.visitor("root", Role.ADMIN), await web.visitor("alice"), await web.visitor("bob")
    await web.stage.agent_grants.grant(bob.person.id, "ops", by=root.person)

    assert (await alice("GET", "/api/grants")).json == []
    assert [grant["person"] for grant in (await root("GET", "/api/grants")).json] == ["bob"]


async def test_a_request_is_seen_by_who_asked_and_decided_by_somebody_else(web):
    root, alice, bob = await web.visitor("root", Role.ADMIN), await web.visitor("alice"), await web.visitor("bob")
    asked = await asked_by(web, alice)
    path = f"/api/approvals/{asked.id}"

    assert (await alice("GET", path)).json["arguments"] == "make"
    assert (await bob("GET", path)).status == 404
    assert (await bob("GET", "/api/approvals")).json == []
    assert (await bob("POST", f"{path}/decision", json={"choice": "approve"})).status == 404
    own = await alice("POST", f"{path}/decision", json={"choice": "approve"})
    assert (own.status, own.json["status"]) == (403, 403)
    assert "admin" in own.json["detail"]
    assert (await alice("GET", path)).json["status"] == "pending"

    decided = await root("POST", f"{path}/decision", json={"choice": "deny", "reason": "not today"})
    assert (decided.json["changed"], decided.json["request"]["status"]) == (True, "denied")
    who = [decided.json["request"][name] for name in ("decided_by", "decided_on", "decided_as")]
    assert who == ["root", "console", str(root.person.id)]
    late = await root("POST", f"{path}/decision", json={"choice": "approve"})
    assert (late.status, late.headers["Content-Type"]) == (409, "application/problem+json; charset=utf-8")
    assert "root" in late.json["detail"]
    assert (await alice("GET", "/api/approvals?which=recent")).json[0]["reason"] == "not today"
    event = await web.stage.store.fetchrow("select channel, account_id from nexora_decisions")
    assert tuple(event) == ("console", str(root.person.id))


async def test_no_admin_approves_what_they_asked_for(web):
    root = await web.visitor("root", Role.ADMIN)
    await web.visitor("second", Role.ADMIN)
    asked = await asked_by(web, root)

    answer = await root("POST", f"/api/approvals/{asked.id}/decision", json={"choice": "approve"})

    assert (answer.status, answer.headers["Content-Type"]) == (403, "application/problem+json; charset=utf-8")
    assert "somebody else" in answer.json["detail"]


async def test_what_nobody_decided_in_time_is_answered_as_too_late(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    asked = await asked_by(web, alice)
    web.stage.clock.move(hours=2)
    decision = f"/api/approvals/{asked.id}/decision"

    answers = [await root("POST", decision, json={"choice": "approve"}) for _ in range(2)]

    assert [answer.status for answer in answers] == [409, 409]
    assert answers[0].json["detail"] == answers[1].json["detail"]


async def test_a_choice_that_is_none_of_a_request_is_a_mistake_in_what_was_sent(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    asked = await asked_by(web, alice)

    answer = await root("POST", f"/api/approvals/{asked.id}/decision", json={"choice": "approve_once"})

    assert answer.status == 422
    assert (await root("GET", f"/api/approvals/{asked.id}")).json["status"] == "pending"


async def test_the_document_names_the_cookie_that_is_kept_where_it_is_read(web):
    root = await web.visitor("root", Role.ADMIN)

    here = (await root("GET", "/api/openapi.json")).json
    elsewhere = replace(root, cookie="__Host-nexora", headers={"Host": "chat.example"})
    there = (await elsewhere("GET", "/api/openapi.json")).json

    names = [each["components"]["securitySchemes"]["session"]["name"] for each in (here, there)]
    assert names == ["nexora", "__Host-nexora"]
    assert {"403", "409"} < here["paths"]["/api/approvals/{request_id}/decision"]["post"]["responses"].keys()


async def test_a_permission_for_a_conversation_is_listed_and_ended(web):
    root, alice, bob = await web.visitor("root", Role.ADMIN), await web.visitor("alice"), await web.visitor("bob")
    asked = await asked_by(web, alice)
    await root("POST", f"/api/approvals/{asked.id}/decision", json={"choice": "approve_for_conversation"})

    (grant,) = (await alice("GET", "/api/tool-grants")).json
    assert (grant["tool"], grant["granted_by"]) == ("shell", "root")
    assert (await bob("GET", "/api/tool-grants")).json == []
    assert (await bob("DELETE", f"/api/tool-grants/{grant['code']}")).status == 404
    assert (await alice("DELETE", f"/api/tool-grants/{grant['code']}")).status == 204
    assert (await alice("GET", "/api/tool-grants")).json == []


async def test_a_channel_whose_settings_are_wrong_is_listed_with_the_reason(web):
    root = await web.visitor("root", Role.ADMIN)
    wrong = ChannelSettings(kind="telegram", options=None, problems=("channels.team.token is missing",))
    web.parts.unstarted["team"] = wrong

    (team, _) = (await root("GET", "/api/channels")).json

    assert (team["name"], team["state"], team["reason"]) == ("team", "unstarted", "channels.team.token is missing")


async def test_admins_see_how_the_channels_are(web):
    root = await web.visitor("root", Role.ADMIN)

    (channel,) = (await root("GET", "/api/channels")).json
    assert (channel["name"], channel["state"], channel["reconnects"]) == ("chat", "starting", 0)


async def test_admins_see_what_a_channel_that_is_up_cannot_do_and_how_that_is_mended(web):
    root = await web.visitor("root", Role.ADMIN)
    repair = {"en": "Add the scope files:write.", "zh": "请添加权限 files:write。"}
    lack = Lack(word="missing_scope files:write", repair=repair)
    web.parts.channels["chat"]._lacks.refused(Deed.FILES, "x", lack)
    (channel,) = (await root("GET", "/api/channels")).json
    (lacking,) = channel["lacking"]

    assert (lacking["cannot"], lacking["lacks"], lacking["room"]) == ("files", "missing_scope files:write", "")
    assert lacking["repair"] == "Add the scope files:write."


async def test_an_id_that_cannot_be_is_like_one_that_is_not(web):
    root = await web.visitor("root", Role.ADMIN)

    for bad in ("x", "1", "0" * 33, "%00", "..%2f..", "'%20or%20true"):
        for path in (f"/api/people/{bad}", f"/api/approvals/{bad}"):
            assert (await root("GET", path)).status == 404, bad


async def test_what_is_out_of_bounds_is_told_by_its_place(web):
    root = await web.visitor("root", Role.ADMIN)

    for path, place in (
        ("/api/approvals?limit=0", "limit"),
        ("/api/approvals?limit=99999999999999999999", "limit"),
        ("/api/approvals?which=all", "which"),
        ("/api/approvals?wich=pending", "wich"),
        ("/api/approvals?limit=1&limit=2", "limit"),
        ("/api/agents?after=Not%20A%20Name", "after"),
        ("/api/sessions?person=me", "person"),
    ):
        answer = await root("GET", path)
        assert (answer.status, answer.json["errors"][0]["path"]) == (422, place), path
    answer = await root("POST", "/api/people", json={"name": "a\u202eb", "role": "owner"})
    assert {error["path"] for error in answer.json["errors"]} == {"name", "role"}


async def test_a_wrong_password_is_not_repeated_in_the_answer(web):
    alice = await web.visitor("alice")

    answer = await alice("POST", "/api/me/password", json={"current": PASSWORD, "new": ["my secret"]})

    assert answer.status == 422
    assert "secret" not in answer.text
    assert PASSWORD not in answer.text


async def test_the_record_is_read_by_tag_and_person(web):
    root, alice = await web.visitor("root", Role.ADMIN), await web.visitor("alice")
    await alice("PATCH", "/api/me", json={"display_name": "Alice"})
    await root("PATCH", "/api/me", json={"display_name": "Root"})

    mine = (await alice("GET", "/api/audit?tag=web:user:described")).json
    assert [(line["actor_name"], line["status"]) for line in mine] == [("alice", "ok")]
    assert mine[0]["address"] == "127.0.0.1"
    both = (await root("GET", "/api/audit?tag=web:user:described")).json
    assert {line["actor_name"] for line in both} == {"alice", "root"}
    assert len((await root("GET", "/api/audit?tag=web:user:described&actor=root")).json) == 1
    assert (await root("GET", "/api/audit?tag=web:user;drop")).status == 422
    assert len((await root("GET", "/api/audit?limit=1")).json) == 1


async def test_usage_is_asked_for_as_the_person_who_asks(web):
    alice = await web.visitor("alice")

    (row,) = (await alice("GET", "/api/usage?by=model")).json
    assert (row["label"], row["input_tokens"], row["cost_usd"]) == ("a label", 12, "0.00012")
    (asked,) = web.parts.usage.asked
    assert (asked["viewer"], asked["by"]) == (alice.person.id, "model")
    assert asked["until"] - asked["since"] == timedelta(days=30)

    for query in (
        "since=2030-01-02T00:00:00Z&until=2030-01-01T00:00:00Z",
        "since=yesterday",
        "since=0001-01-01T00:00:00Z",
    ):
        assert (await alice("GET", f"/api/usage?{query}")).status == 422
