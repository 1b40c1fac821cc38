"""/pending, /approve, /deny, /cancel and /admit: by code, by who may, never one's own."""

import re
from datetime import timedelta

import pytest

from channels.codec import load
from channels.messages import Outbound
from governance.approvals.shown.cards import card_for
from governance.people.people import Role, Stranger
from governance.record.audit import Event
from governance.values.verdicts import Risk
from tests.unit.commands.room import account_of


async def test_an_admin_approves_by_code_in_any_case(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    other, request = await room.request(alice, "make all"), await room.request(alice, "make test")

    assert await room.type(root, f"/approve {request.code.lower()}") == "Approved."
    assert (await room.status(request), await room.status(other)) == ("approved", "pending")
    assert (await room.type(root, f"/approve {request.code}")).startswith("Already approved by root, on ")


@pytest.mark.parametrize("here", ["here", "HERE", "本会话"])
async def test_approving_here_lets_it_through_for_the_conversation(room, here):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    request = await room.request(alice, "make test")

    said = await room.type(root, f"/approve {request.code} {here}")

    (grant,) = await room.parts.tool_grants.live(alice)
    assert said.startswith("Approved for this conversation until")
    assert grant.code in said
    assert (grant.conversation, grant.pattern) == ("chat:alice:", "exactly:make test")


async def test_approving_here_is_not_for_what_is_critical_and_nothing_else_may_follow_a_code(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    request = await room.request(alice, risk=Risk.CRITICAL)

    assert "too risky for a standing permission" in await room.type(root, f"/approve {request.code} here")
    for wrong in ("there", "here here"):
        assert (await room.type(root, f"/approve {request.code} {wrong}")).startswith("Type `/approve CODE [here")
    assert await room.status(request) == "pending"
    assert await room.parts.tool_grants.live(root) == []


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "/approve {0}, /approve {0} here for"), ("zh", "/批准 {0}、/批准 {0} 本会话")],
)
async def test_a_card_without_buttons_tells_how_to_approve_for_the_conversation(room, language, written):
    request = await room.request(await room.person("alice"))
    critical = await room.request(await room.person("bob"), risk=Risk.CRITICAL)

    assert written.format(request.code) in card_for(request, language).fallback
    assert card_for(critical, "en").fallback == f"/approve {critical.code} or /deny {critical.code} reason"


async def test_a_denial_carries_its_reason(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    request = await room.request(alice)

    assert await room.type(root, f"/deny {request.code}  not on  a Friday") == "Denied."
    found = await room.parts.approvals.get(request.id)
    assert (found.status.value, found.reason, found.decider.who) == ("denied", "not on  a Friday", "root")


async def test_nobody_decides_their_own_request_or_without_the_role(room):
    alice, bob, root = await room.person("alice"), await room.person("bob"), await room.person("root", Role.ADMIN)
    await room.person("ada", Role.ADMIN)
    request, own = await room.request(alice), await room.request(root)

    assert "Only an active admin may decide this" in await room.type(bob, f"/approve {request.code}")
    assert "somebody else has to decide it" in await room.type(root, f"/approve {own.code}")
    assert await room.type(root, "/approve ZZZZZ") == "There is no such request."
    assert (await room.status(request), await room.status(own)) == ("pending", "pending")
    assert (await room.stage.tags()).count("approvals:press:refused") == 3


async def test_who_asked_withdraws_and_others_do_not(room):
    alice, bob = await room.person("alice"), await room.person("bob")
    request = await room.request(alice)

    assert "Only who asked, or an admin" in await room.type(bob, f"/cancel {request.code}")
    assert await room.type(alice, f"/cancel {request.code.lower()}") == "Withdrawn."
    assert await room.status(request) == "cancelled"


async def test_pending_shows_admins_all_and_others_their_own(room):
    alice, bob, root = await room.person("alice"), await room.person("bob"), await room.person("root", Role.ADMIN)
    first, second = await room.request(alice, "make `a`\n[b](http://x)"), await room.request(bob, "rm x")

    said = await room.type(root, "/pending")

    assert f"- **{first.code}** · `alice` · `shell` `make 'a' [b](http://x)` · risk: high · until" in said
    assert f"**{second.code}** · `bob`" in said
    assert second.code not in await room.type(alice, "/pending")
    assert await room.type(await room.person("dora"), "/pending") == "Nothing waits for a decision."


async def test_pending_masks_secrets(room):
    alice = await room.person("alice")
    await room.request(alice, "curl -H 'Authorization: Bearer sk-q7RkVb2xLm9ZtYp4Ws8Jd3Hc6Ng1Fu0' x")

    assert "q7RkVb2xLm9ZtYp4" not in await room.type(alice, "/pending")


async def test_a_stranger_is_admitted_as_somebody_known(room):
    root, bob = await room.person("root", Role.ADMIN), await room.person("bob")
    request = await room.stranger("bobs_phone")

    assert f"**{request.code}** · `Bobs_phone (bobs_phone) · chat` asks to come in" in await room.type(root, "/pending")
    assert await room.type(root, f"/admit {request.code.lower()} @bob") == "Approved."
    asked = re.search(r"\*\*(\w+)\*\* · is `Bobs_phone .* you\?", await room.type(bob, "/pending"))[1]
    await room.type(bob, f"/approve {asked}")
    person = await room.stage.people.identify(account_of("bobs_phone"))
    assert person.id == bob.id
    assert await room.status(request) == "approved"


async def test_whoever_links_their_account_by_a_code_needs_no_answer_and_every_card_says_so(room):
    root, bob = await room.person("root", Role.ADMIN), await room.person("bob")
    request = await room.stranger("bobs_phone")
    copies = await room.store.fetch("select key from nexora_outbox where key like $1", f"card:{request.id}:%")

    code = await room.stage.accounts.code_for_person(bob)
    await room.stage.accounts.link_from_chat(account_of("bobs_phone"), code)
    [asked] = [each for each in await room.parts.approvals.pending(bob) if each.person_id]
    assert await room.status(request) == "pending", "nothing is linked before bob says yes"
    await room.type(bob, f"/approve {asked.code}")

    assert await room.status(request) == "cancelled"
    rows = await room.store.fetch("select body from nexora_outbox where key like $1", f"card:{request.id}:%:outcome")
    outcomes = [load(Outbound, row["body"]) for row in rows]
    assert len(copies) == 2
    assert {outcome.rewrites for outcome in outcomes} == {row["key"] for row in copies}
    assert all(outcome.card.title.startswith("Withdrawn") and not outcome.card.buttons for outcome in outcomes)
    assert (await room.stage.tags()).count("approvals:request:cancelled") == 1
    assert (await room.type(root, f"/approve {request.code}")).startswith("Already withdrawn by bob")


async def test_admit_refuses_oneself_nobody_and_what_is_no_admission(room):
    root, alice = await room.person("root", Role.ADMIN), await room.person("alice")
    stranger, call = await room.stranger(), await room.request(alice)

    assert "Nobody admits an account as themselves" in await room.type(root, f"/admit {stranger.code} root")
    assert await room.type(root, f"/admit {stranger.code} nobody") == "There is no active person named nobody."
    assert "is no request to come in" in await room.type(root, f"/admit {call.code} alice")
    assert "is no request to come in" in await room.type(root, "/admit ZZZZZ alice")
    assert isinstance(await room.stage.people.identify(account_of("carol")), Stranger)
    assert (await room.status(stranger), await room.status(call)) == ("pending", "pending")


async def granted(room, requester, root) -> str:
    """The code of a standing permission."""
    request = await room.request(requester, "make test", risk=Risk.MEDIUM)
    outcome = await room.parts.approvals.decide(root, account_of("root"), code=request.code, choice="s")
    assert outcome.changed
    return (await room.parts.tool_grants.live(requester))[0].code


async def test_grants_lists_standing_permissions_and_revoke_ends_one(room):
    alice, bob, root = await room.person("alice"), await room.person("bob"), await room.person("root", Role.ADMIN)
    code = await granted(room, alice, root)

    for viewer in (alice, root):
        assert (await room.type(viewer, "/grants")).splitlines()[1] == (
            f"- **{code}** · `alice` with ops: `shell` `exactly:make test` · by `root` · until 6 May 15:08 UTC"
        )
    assert await room.type(bob, "/grants") == "No permission is standing."
    assert (await room.type(bob, f"/revoke {code}")).startswith(f"There is no permission `{code}`")
    assert len(await room.parts.tool_grants.live(alice)) == 1
    assert await room.type(alice, f"/revoke {code.lower()}") == f"The permission {code} is ended."
    assert await room.parts.tool_grants.live(root) == []


async def test_a_request_that_nobody_decided_in_time_stays_refused(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    request = await room.request(alice)
    room.stage.clock.move(seconds=timedelta(days=2).total_seconds())

    assert (await room.type(root, f"/approve {request.code}")).startswith("It expired at")
    assert await room.status(request) == "expired"


async def test_stats_tell_admins_how_often_the_guard_asked_and_nobody_else(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    for number, answer in enumerate(("allowed", "allowed", "allowed", "deferred")):
        detail = {"agent": "ops", "call": str(number)}
        await room.store.record(Event(tag=f"guard:call:{answer}", detail=detail))
    request = await room.request(alice)
    room.stage.clock.move(seconds=90)
    await room.type(root, f"/approve {request.code}")

    said = await room.type(root, "/approvals stats")

    assert said.startswith("**How often the guard asks**\n```\n")
    assert "asks per 100 calls        25.0      25.0" in said
    assert "median to decision       2 min     2 min" in said
    assert said.splitlines()[-2] == "ops                  4        1     25.0"
    assert "for admins" in await room.type(alice, "/approvals stats")
    assert await room.type(root, "/approvals") == await room.type(root, "/approvals stat")
    assert "Type `/approvals stats`" in await room.type(root, "/approvals")


async def test_pending_lists_a_conversation_together_and_a_flood_hides_nobody(room):
    alice, bob, root = await room.person("alice"), await room.person("bob"), await room.person("root", Role.ADMIN)
    flood = [await room.request(alice, f"rm {number}") for number in range(9)]
    honest = await room.request(bob, "make report")

    said = (await room.type(root, "/pending")).split("\n")

    assert f"**9 of one conversation** · `alice` · `ops` · `shell` × 9 · /deny all {flood[0].code}" in said[1]
    assert len(said) == 9
    assert said[7] == "- and 4 more: see Approvals in the console"
    assert honest.code in said[8]


async def test_deny_all_names_a_conversation_by_a_request_of_it_and_takes_a_reason(room):
    alice, bob, root = await room.person("alice"), await room.person("bob"), await room.person("root", Role.ADMIN)
    requests = [await room.request(alice, f"rm {number}") for number in range(3)]
    other = await room.request(bob, "make report")

    assert (await room.type(root, "/deny all")).startswith("Nothing waits for a decision there.")
    said = await room.type(root, f"/deny all {requests[1].code.lower()} not today")
    assert said == "Denied all that waited in that conversation: 3."
    assert {await room.status(request) for request in requests} == {"denied"}
    assert {(await room.parts.approvals.get(request.id)).reason for request in requests} == {"not today"}
    assert await room.status(other) == "pending"
