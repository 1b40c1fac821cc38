"""Names: what stands beside what others read, and which names nobody may take."""

import asyncio
from uuid import UUID, uuid4

import pytest

from channels.messages import Account, Address, Inbound, Text
from gateway.run.check_database import names_of
from governance.accounts.admissions import Admissions, admit_new
from governance.accounts.strangers import ADMISSION
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals
from governance.approvals.tool_grants import ToolGrants
from governance.audit.log import AuditLog
from governance.people.names import Acted, Called, NameRefused, doubts, known_as, require_free
from governance.people.people import Role
from governance.record.transaction import Store
from tests.unit.people_stage import HandClock, Stage

ALICE = Called(id=UUID(int=1), name="alice", shown="Alice Liddell", is_admin=True)
ZHANG = Called(id=UUID(int=2), name="zhangwei", shown="张伟")


@pytest.fixture
def stage(pool):
    clock = HandClock()
    return Stage(Store(pool, now=clock), clock)


def test_the_sign_in_name_stands_beside_what_others_read_and_is_never_cut():
    assert known_as("bob") == known_as("bob", "bob") == "bob"
    assert known_as("bob", "Bob B.") == "Bob B. (bob)"
    assert known_as("bob", "x" * 100).endswith("… (bob)")
    assert len(known_as("bob", "x" * 100)) == 38


@pytest.mark.parametrize(
    ("account", "english", "chinese"),
    [
        (
            Account(channel="chat", id="77", name="Al"),
            "Bob (bob), on chat as Al (77)",
            "Bob (bob)（chat 账号 Al (77)）",
        ),
        (Account(channel="chat", id="77", name="\u202e"), "Bob (bob), on chat as 77", "Bob (bob)（chat 账号 77）"),
        (Account(channel="console", id="77", name="Al"), "Bob (bob), in the console", "Bob (bob)（控制台）"),
        (Account(channel="chat", id="77", name="Bob"), "Bob (bob), on chat as 77", "Bob (bob)（chat 账号 77）"),
        (None, "Bob (bob)", "Bob (bob)"),
    ],
)
def test_channel_and_account_stand_beside_who_decided_and_no_name_stands_without_its_id(account, english, chinese):
    acted = Acted(who=known_as("bob", "Bob"), account=account)

    assert (acted.said("en"), acted.said("zh")) == (english, chinese)
    assert (Acted(account=account).said("en"), Acted().said("zh")) == ("the system", "系统")


@pytest.mark.parametrize(
    "name",
    [
        "alice",
        "ALICE",
        "аlice",  # a Cyrillic letter
        "аӏісе",  # Cyrillic alone
        "aIice",
        "a1ice",
        "𝐚𝐥𝐢𝐜𝐞",
        "ａｌｉｃｅ",
        "al\u200bice",
        "alice\u202e",
        "Alice  Liddell",
        "alice.liddell",
        "Bob (alice)",
        "Bob · Alice Liddell",
        "张伟",
    ],
)
def test_a_name_that_can_be_mistaken_for_somebody_else_s_is_refused(name):
    for given in ((name, ""), ("bob", name)):
        with pytest.raises(NameRefused) as refused:
            require_free(*given, [ALICE, ZHANG])

        assert refused.value.said("zh") != refused.value.said("en") == str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "Alicia",
        "alice2",
        "Bob",
        "张伟明",
        "田中 Bob",
        "Ольга",
        "Ελένη",
        "O'Neil",
        "Jean-Luc (he/him)",
        "Badminton",
        "Adminah",
    ],
)
def test_names_of_people_are_free(name):
    require_free("", name, [ALICE, ZHANG])


@pytest.mark.parametrize(
    "name",
    [
        "system",
        "SYSTEM",
        "Nexora",
        "nех0ra",
        "Admin",
        "admin-2",
        "admіn",
        "Approver",
        "管理员",
        "系统管理员",
        "审批人",
        "Bob (admin)",
        "Bob [Nexora]",
    ],
)
def test_nobody_is_called_like_a_role_the_gateway_or_the_system(name):
    with pytest.raises(NameRefused):
        require_free("", name, [])


def test_an_admin_alone_may_be_called_admin():
    require_free("admin", "", [], is_admin=True)
    for name in ("nexora", "system", "approver"):
        with pytest.raises(NameRefused):
            require_free(name, "", [], is_admin=True)


@pytest.mark.parametrize(("name", "says"), [("Bоb", "several scripts"), ("…", "neither"), ("B\u00adob", "nobody sees")])
def test_a_name_that_cannot_be_read_as_it_is_written_is_refused_with_what_to_choose(name, says):
    with pytest.raises(NameRefused, match=says):
        require_free("", name, [])


def test_the_refusal_names_whom_it_could_be_taken_for_and_a_free_name():
    taken = [ALICE, Called(id=uuid4(), name="alice-2")]
    with pytest.raises(NameRefused) as refused:
        require_free("Alice", "", taken)

    assert "Alice Liddell (alice)" in str(refused.value)
    assert "Alice-3" in str(refused.value)


def test_people_who_collide_already_are_told():
    bob = Called(id=uuid4(), name="bob", shown="Аlice Liddell")
    told = doubts([ALICE, ZHANG, bob, Called(id=uuid4(), name="nexora")], "en")

    assert [each.partition(": ")[2] or each.partition(" is ")[0] for each in told] == [
        "Alice Liddell (alice); \u0410lice Liddell (bob). Change what all but one of them are shown as.",
        "nexora",
    ]
    assert not doubts([ALICE, ZHANG], "en")


async def test_nobody_takes_another_s_name_for_theirs(stage):
    await stage.person("alice", Role.ADMIN)
    mallory = await stage.person("mallory")

    with pytest.raises(NameRefused):
        await stage.people.describe(mallory.id, by=mallory, display_name=" Alice ")
    with pytest.raises(NameRefused):
        await stage.people.create("al1ce", Role.OPERATOR, by=None)
    kept = await stage.people.describe(mallory.id, by=mallory, display_name="Mallory M.")

    assert kept.label == "Mallory M. (mallory)"
    assert await stage.people.by_name("al1ce") is None


async def test_of_two_who_want_one_name_at_the_same_time_one_gets_it(stage):
    people = [await stage.person(name) for name in ("ann", "ben")]

    ended = await asyncio.gather(
        *(stage.people.describe(each.id, by=each, display_name="Zoe") for each in people), return_exceptions=True
    )

    assert sorted(isinstance(each, NameRefused) for each in ended) == [False, True]


async def test_a_stranger_who_calls_themselves_like_somebody_is_not_admitted_under_that_name(stage):
    root = await stage.person("root", Role.ADMIN)
    await stage.person("alice")
    admissions = Admissions(stage.store, stage.accounts, stage.people)
    approvals = Approvals(stage.store, ToolGrants(stage.store), (TOOL_CALL, ADMISSION.with_effect(admissions.decided)))
    account = Account(channel="chat", id="9", name="Аlice")
    inbound = Inbound(
        event_id="1",
        at=stage.clock(),
        address=Address(channel="chat", room="9"),
        sender=account,
        parts=(Text(text="hello"),),
    )
    async with stage.store.transaction() as work:
        await admissions.ask(work, approvals, inbound)
    request = (await approvals.pending(root))[0]
    admin = Account(channel="console", id=str(root.id))

    refused = await approvals.decide(root, admin, card_id=request.card_id, choice="a")

    assert not refused.changed
    assert f"/admit {request.code} new NAME" in refused.sentence
    assert (await approvals.pending(root))[0].code == request.code
    assert "alike" in (await stage.last_event("approvals:press:refused"))["detail"]

    done = await admit_new(approvals, root, admin, code=request.code, name="alice.w")

    assert done.changed
    assert (await stage.people.identify(account)).label == "alice.w"


async def test_a_person_from_a_platform_is_called_without_what_nobody_sees(stage):
    root = await stage.person("root", Role.ADMIN)
    account = Account(channel="chat", id="9", name="Bob\u200b ❤\ufe0f")

    async with stage.store.transaction() as work:
        bob = await stage.accounts.admit_new(work, account, root)

    assert bob.label == "Bob ❤ (Bob)"


async def test_the_record_keeps_the_sign_in_name_and_shows_both(stage):
    alice = await stage.person("alice")
    await stage.people.describe(alice.id, by=alice, display_name="Alice L.")
    alice = await stage.people.get(alice.id)
    await stage.people.describe(alice.id, by=alice, language="zh")
    audit_log = AuditLog(stage.store)

    lines = await audit_log.read(alice, limit=1)

    assert lines[0].actor_name == "alice"
    assert (await audit_log.known(lines))[str(alice.id)] == "Alice L. (alice)"


async def test_a_check_and_the_page_of_people_tell_who_can_be_mistaken(stage, pool):
    for name in ("alice", "bob"):
        await stage.person(name)
    await stage.store.fetch("update nexora_users set display_name = 'ALICE' where name = 'bob'")

    async with pool.acquire() as connection:
        rows = await names_of(connection)

    assert [(row.what, row.is_well) for row in rows] == [("names", False)]
    assert "alice; ALICE (bob)" in rows[0].says
