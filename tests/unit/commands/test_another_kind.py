"""A kind of request is a value in one file: one that nobody else knows of is asked, shown, decided and ended."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from channels.messages import Account, Button, Fact
from gateway.run.deciding import KINDS
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals, Asking
from governance.approvals.request_type import RequestType, known
from governance.approvals.requests import Choice, RequestStatus, unknown_kind
from governance.approvals.shown.cards import card_for
from governance.approvals.tool_grants import ToolGrants
from governance.approvals.withdrawals import UNKNOWN_WAITS
from governance.people.people import Role
from governance.values.reasons import because
from governance.values.verdicts import Ask, Risk

FLOORS = Path(__file__).parents[3]
ROOT = Account(channel="console", id="root")
OWNERS = {"governance/accounts/strangers.py"}
"""Who may ask whether a request is of their own kind."""
HOLIDAY = RequestType(
    name="holiday",
    title=lambda request: str(request.subject["days"]),
    about=lambda request, _: (Fact(label="Days", value=request.title),),
    details=lambda request, _: (Fact(label="Why", value=request.because.said("en")),),
    buttons=lambda *_: (Button(choice="a", label="Go"), Button(choice="d", label="Stay")),
    choices=frozenset({Choice.APPROVE, Choice.DENY}),
    asks=lambda request, _: f"May somebody be away for {request.title}?",
    in_words=lambda request, _: f"/approve {request.code}",
    approved=lambda *_: "Off they go.",
)


@pytest.fixture
def ended(room):
    """What the end of such a request set off, in the room whose approvals know the kind."""
    seen = []

    async def effect(_work, request, ending):
        seen.append((request.title, request.status, ending.by and ending.by.name))

    kinds = (TOOL_CALL, HOLIDAY.with_effect(effect))
    room.parts = replace(room.parts, approvals=Approvals(room.store, ToolGrants(room.store), kinds))
    return seen


async def ask(room, requester, days="three days"):
    asking = Asking(
        kind=HOLIDAY,
        requester=requester,
        subject={"days": days},
        digest="0" * 64,
        ask=Ask(because=because("it is summer"), risk=Risk.LOW, expiry_seconds=60),
    )
    async with room.store.transaction() as work:
        return await room.parts.approvals.ask(work, asking)


async def test_it_is_asked_shown_and_pressed(room, ended):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    request = await ask(room, alice)
    card, approvals = card_for(request, "en"), room.parts.approvals
    listed = await room.type(root, "/pending")
    foreign = await approvals.decide(root, ROOT, card_id=request.card_id, choice=Choice.ONCE.value)
    outcome = await approvals.decide(root, ROOT, card_id=request.card_id, choice="a")
    late = await approvals.decide(root, ROOT, card_id=request.card_id, choice="d")

    assert card.title == "May somebody be away for three days?"
    assert [fact.value for fact in card.facts[:2]] == ["three days", "it is summer"]
    assert [button.label for button in card.buttons] == ["Go", "Stay"]
    assert f"**{request.code}** · `May somebody be away for three days?`" in listed
    assert not foreign.changed
    assert (outcome.sentence, outcome.changed, late.changed) == ("Off they go.", True, False)
    assert card_for(outcome.request, "en").title == "Approved: three days"
    assert ended == [("three days", RequestStatus.APPROVED, "root")]


async def test_it_is_denied_withdrawn_and_expires(room, ended):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    denied, withdrawn = await ask(room, alice, "one day"), await ask(room, alice, "a week")
    await ask(room, alice, "a year")
    await room.type(root, f"/deny {denied.code} no")
    await room.type(alice, f"/cancel {withdrawn.code}")
    room.stage.clock.move(seconds=61)
    await room.parts.approvals.expire()

    assert ended == [
        ("one day", RequestStatus.DENIED, "root"),
        ("a week", RequestStatus.CANCELLED, "alice"),
        ("a year", RequestStatus.EXPIRED, None),
    ]


@pytest.fixture
async def left(room, ended):
    """A request of that kind, whose kind nobody here knows any more; who asked for it, and who may decide."""
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    request = await ask(room, alice)
    room.parts = replace(room.parts, approvals=Approvals(room.store, ToolGrants(room.store), [TOOL_CALL]))
    unknown_kind.cache_clear()
    return request, alice, root


async def test_a_kind_that_was_not_assembled_is_shown_in_a_sentence_and_never_approved(room, left):
    (request, alice, root), approvals = left, room.parts.approvals
    with capture_logs() as logs:
        listed = await room.type(root, "/pending")
        [waiting] = await approvals.pending(root)
    card = card_for(waiting, "en")
    pressed = [await approvals.decide(root, ROOT, card_id=request.card_id, choice=choice) for choice in "anso"]
    with pytest.raises(RuntimeError, match="holiday"):
        await ask(room, alice)

    assert f"A request of a kind that is not known here: holiday` · only /deny {request.code} or /cancel" in listed
    assert card.title == "A request of a kind that is not known here: holiday"
    assert "so what it is about cannot be shown here" in card.facts[2].value
    assert ([button.choice for button in card.buttons], card.body, waiting.subject) == (["d"], "", {})
    assert {outcome.changed for outcome in pressed} == {False}
    assert {outcome.sentence.partition(",")[0] for outcome in pressed} == {
        "This gateway does not know requests of this kind"
    }
    assert [line["kind"] for line in logs if line["event"] == "requests_of_unknown_kind"] == ["holiday"]


@pytest.mark.parametrize(("command", "status"), [("deny", "denied"), ("cancel", "cancelled")])
async def test_a_kind_that_was_not_assembled_is_denied_and_withdrawn(room, left, command, status):
    request, alice, root = left
    await room.type(root if command == "deny" else alice, f"/{command} {request.code}")
    closed = await room.parts.approvals.get(request.id)

    assert closed.status.value == status
    assert card_for(closed, "en").title.endswith(": holiday")
    assert await room.parts.approvals.pending(root) == []


async def test_what_expired_is_left_a_while_to_a_gateway_that_knows_its_kind(room, left):
    room.stage.clock.move(seconds=61)
    before = await room.parts.approvals.expire()
    room.stage.clock.move(seconds=UNKNOWN_WAITS.total_seconds())

    assert (before, await room.parts.approvals.expire()) == (0, 1)
    assert (await room.parts.approvals.get(left[0].id)).status is RequestStatus.EXPIRED


def test_two_kinds_have_two_names():
    with pytest.raises(ValueError, match="holiday"):
        known(HOLIDAY, TOOL_CALL, HOLIDAY)


def test_no_query_names_a_kind():
    names = re.compile(rf"'({'|'.join(kind.name for kind in KINDS)})'")
    queries = [path for floor in ("agents", "gateway", "governance") for path in (FLOORS / floor).rglob("*.sql")]

    assert [str(path) for path in queries if names.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_but_its_owner_asks_of_which_kind_a_request_is():
    asks = re.compile(r"\b(request|asked|each|first)\.kind(\.name)? *(is|==|!=|in|not)\b")
    files = [
        path
        for floor in ("agents", "gateway", "governance")
        for path in (FLOORS / floor).rglob("*.*")
        if path.suffix in {".py", ".html"} and str(path.relative_to(FLOORS)) not in OWNERS
    ]

    assert [str(path) for path in files if asks.search(path.read_text(encoding="utf-8"))] == []
