"""Chat accounts: linked by codes in both directions, admitted or refused, and parted at once."""

import asyncio
import hashlib
from uuid import uuid4

import pytest

from channels.messages import Account
from governance.accounts.accounts import ALPHABET, Accounts, AlreadyLinked, CodeWrong, OwnAdmission, TooManyCodes
from governance.people.people import Role, Stranger
from governance.people.wrong import PersonMissing
from governance.record.transaction import Store
from tests.unit.people_stage import WEB, HandClock, Stage

CHAT = Account(channel="chat", id="77", name="Alice A")


@pytest.fixture
def stage(pool):
    clock = HandClock()
    return Stage(Store(pool, now=clock), clock)


async def admitted(stage, account, by, name=""):
    async with stage.store.transaction() as work:
        return await stage.accounts.admit_new(work, account, by, name)


async def test_a_code_from_chat_typed_into_the_console_links_the_account(stage):
    alice = await stage.person("alice")
    code = await stage.accounts.code_for_account(CHAT)

    assert len(code) == 8
    assert set(code) <= set(ALPHABET)
    assert await stage.accounts.account_of_code(alice, code, origin=WEB) == CHAT
    made = await stage.accounts.link_from_console(alice, f" {code[:4]}-{code[4:].lower()} ", origin=WEB)
    assert (made.account, made.is_done) == (CHAT, True)
    assert (await stage.people.identify(CHAT)).id == alice.id
    assert [known.account for known in await stage.accounts.of(alice.id)] == [CHAT]
    assert (await stage.tags())[-1] == "web:account:linked"


async def test_a_code_from_the_console_typed_in_chat_links_the_account(stage):
    alice = await stage.newcomer("alice")
    code = await stage.accounts.code_for_person(alice)

    assert (await stage.accounts.link_from_chat(CHAT, code)).person.id == alice.id
    assert (await stage.people.identify(CHAT)).id == alice.id
    event = await stage.last_event("chat:account:linked")
    assert (event["actor_name"], event["address"]) == ("alice", "chat:77")


async def test_only_the_digest_of_a_code_is_kept(stage):
    code = await stage.accounts.code_for_account(CHAT)

    rows = await stage.store.fetch("select * from nexora_codes where purpose = 'link_from_chat'")
    assert [row["digest"] for row in rows] == [hashlib.sha256(code.encode()).hexdigest()]


async def test_a_code_works_once_for_ten_minutes_and_one_way(stage):
    alice, bob = await stage.person("alice"), await stage.person("bob")
    used = await stage.accounts.code_for_account(CHAT)
    await stage.accounts.link_from_console(alice, used, origin=WEB)
    old = await stage.accounts.code_for_person(alice)
    stage.clock.move(minutes=10)
    replaced = await stage.accounts.code_for_person(alice)
    fresh = await stage.accounts.code_for_person(alice)

    with pytest.raises(CodeWrong):
        await stage.accounts.link_from_console(bob, used, origin=WEB)
    with pytest.raises(CodeWrong):
        await stage.accounts.link_from_console(bob, fresh, origin=WEB)
    for code in (old, replaced):
        with pytest.raises(CodeWrong):
            await stage.accounts.link_from_chat(Account(channel="chat", id="78"), code)


async def test_of_many_who_type_one_code_at_once_one_is_linked(stage):
    people = [await stage.person(f"person{number}") for number in range(4)]
    code = await stage.accounts.code_for_account(CHAT)

    answers = await asyncio.gather(
        *(stage.accounts.link_from_console(person, code, origin=WEB) for person in people), return_exceptions=True
    )

    assert sorted(type(answer).__name__ for answer in answers) == [*["CodeWrong"] * 3, "LinkOutcome"]


async def test_guessing_ends_after_five_wrong_codes_even_for_the_right_one(stage):
    alice = await stage.person("alice")
    right = await stage.accounts.code_for_account(CHAT)

    answers = await asyncio.gather(
        *(stage.accounts.link_from_console(alice, f"WRNG{number:04}", origin=WEB) for number in range(12)),
        return_exceptions=True,
    )
    kinds = [type(answer) for answer in answers]
    assert (kinds.count(CodeWrong), kinds.count(TooManyCodes)) == (5, 7)
    with pytest.raises(TooManyCodes):
        await stage.accounts.link_from_console(alice, right, origin=WEB)
    stage.clock.move(minutes=10)
    with pytest.raises(CodeWrong):  # the code itself has grown old meanwhile
        await stage.accounts.link_from_console(alice, right, origin=WEB)

    assert (await stage.last_event("web:account:code_wrong"))["status"] == "denied"


async def test_guessing_in_chat_ends_per_account(stage):
    alice = await stage.person("alice")
    code = await stage.accounts.code_for_person(alice)

    for _ in range(5):
        with pytest.raises(CodeWrong):
            await stage.accounts.link_from_chat(CHAT, "AAAABBBB")
    with pytest.raises(TooManyCodes):
        await stage.accounts.link_from_chat(CHAT, code)
    assert (await stage.accounts.link_from_chat(Account(channel="chat", id="78"), code)).person.id == alice.id


async def test_nobody_is_kept_from_linking_by_wrong_codes_of_a_clock_that_ran_ahead(stage):
    alice = await stage.person("alice")
    stage.clock.move(days=2)
    for expected in (*[CodeWrong] * 5, TooManyCodes):
        with pytest.raises(expected):
            await stage.accounts.link_from_chat(CHAT, "AAAAAAAA")
    stage.clock.move(days=-2)

    code = await stage.accounts.code_for_person(alice)
    assert (await stage.accounts.link_from_chat(CHAT, code)).person.id == alice.id


async def test_strange_codes_are_only_wrong(stage):
    alice = await stage.person("alice")

    for code in ("", "\0\0", "'; drop table nexora_users; --", "🦊" * 8):
        with pytest.raises(CodeWrong):
            await stage.accounts.link_from_console(alice, code, origin=WEB)


async def test_an_account_of_somebody_else_is_not_taken_over(stage):
    alice, bob = await stage.person("alice"), await stage.person("bob")
    await stage.link(CHAT, alice)

    with pytest.raises(AlreadyLinked, match="belongs to somebody else"):
        await stage.accounts.link_from_chat(CHAT, await stage.accounts.code_for_person(bob))
    with pytest.raises(AlreadyLinked):
        await admitted(stage, CHAT, bob)

    assert (await stage.people.identify(CHAT)).id == alice.id


async def test_a_disabled_person_cannot_be_linked_to(stage):
    alice = await stage.person("alice")
    code = await stage.accounts.code_for_person(alice)
    await stage.people.disable(alice.id, by=None)

    with pytest.raises(CodeWrong):
        await stage.accounts.link_from_chat(CHAT, code)


async def test_an_account_that_is_unlinked_is_a_stranger_from_then_on(stage):
    alice = await stage.person("alice")
    await stage.link(CHAT, alice)

    assert await stage.accounts.unlink(CHAT, by=alice, origin=WEB)

    assert await stage.people.identify(CHAT) == Stranger(state="new")
    assert not await stage.accounts.unlink(CHAT, by=alice, origin=WEB)
    event = await stage.last_event("web:account:unlinked")
    assert (event["resource"], event["detail"]) == (str(alice.id), '{"account":"77","channel":"chat"}')


async def test_an_unknown_account_waits_once(stage):
    request_id = uuid4()
    await stage.store.fetch(
        "insert into nexora_approval_requests (id, card_id, code, kind, subject, digest, risk, because, created_at,"
        " expires_at) values ($1, 'card', 'AB23', 'admission', '{}', '', 'low', '', $2, $2) returning id",
        request_id,
        stage.clock(),
    )
    async with stage.store.transaction() as work:
        first = await stage.accounts.waiting(work, CHAT, "room", request_id)
        again = await stage.accounts.waiting(work, CHAT, "room", uuid4())

    assert (first, again) == (True, False)
    assert await stage.people.identify(CHAT) == Stranger(state="waiting")
    known = await stage.accounts.get(CHAT)
    assert (known.room, known.request_id) == ("room", request_id)

    alice = await stage.person("alice")
    await stage.link(CHAT, alice)
    status = await stage.store.fetchval("select status from nexora_approval_requests where id = $1", request_id)
    assert status == "cancelled", "nobody needs to admit whom a code has linked"


async def test_an_account_whose_request_ran_out_may_ask_again(stage):
    async with stage.store.transaction() as work:
        assert await stage.accounts.waiting(work, CHAT, "room", uuid4())
        assert await stage.accounts.waiting(work, CHAT, "room", uuid4())


async def test_an_admitted_account_is_a_new_operator_with_a_name_of_its_own(stage):
    admin = await stage.person("root", Role.ADMIN)

    alice = await admitted(stage, CHAT, admin)
    wished = await admitted(stage, Account(channel="chat", id="78", name="李雷"), admin, "lilei")
    nameless = await admitted(stage, Account(channel="chat", id="79", name="<🦊>"), admin)

    assert (alice.name, alice.label, alice.role) == ("Alice-A", "Alice A (Alice-A)", Role.OPERATOR)
    assert (wished.name, wished.label) == ("lilei", "李雷 (lilei)")
    assert nameless.name == "chat-79"
    assert (await stage.people.identify(CHAT)).id == alice.id
    assert await stage.store.fetchval("select password_hash from nexora_users where id = $1", alice.id) is None


async def test_an_admission_that_fails_leaves_nobody_behind(stage):
    admin = await stage.person("root", Role.ADMIN)

    async def admit_and_fail():
        async with stage.store.transaction() as work:
            await stage.accounts.admit_new(work, CHAT, admin)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await admit_and_fail()

    assert [person.name for person in await stage.people.page()] == ["root"]
    assert await stage.people.identify(CHAT) == Stranger(state="new")


async def test_an_account_can_be_admitted_as_somebody_but_not_as_oneself(stage):
    admin, alice = await stage.person("root", Role.ADMIN), await stage.newcomer("alice")

    with pytest.raises(OwnAdmission):
        async with stage.store.transaction() as work:
            await stage.accounts.admit_as(work, CHAT, admin, admin)
    async with stage.store.transaction() as work:
        await stage.accounts.admit_as(work, CHAT, alice, admin)
    assert (await stage.people.identify(CHAT)).id == alice.id

    await stage.people.disable(alice.id, by=admin)
    with pytest.raises(PersonMissing):
        async with stage.store.transaction() as work:
            await stage.accounts.admit_as(work, Account(channel="chat", id="78"), alice, admin)


async def test_a_refused_account_stays_refused_until_it_is_admitted(stage):
    admin = await stage.person("root", Role.ADMIN)
    async with stage.store.transaction() as work:
        assert await stage.accounts.refuse(work, CHAT, admin)
        assert not await stage.accounts.waiting(work, CHAT, "room", uuid4())
    assert await stage.people.identify(CHAT) == Stranger(state="refused")

    alice = await admitted(stage, CHAT, admin)

    assert (await stage.people.identify(CHAT)).id == alice.id
    async with stage.store.transaction() as work:
        assert not await stage.accounts.refuse(work, CHAT, admin), "who is linked is unlinked, not refused"


async def test_the_console_is_never_linked(stage):
    alice, bob = await stage.person("alice"), await stage.person("bob")

    with pytest.raises(AlreadyLinked):
        await stage.accounts.link_from_chat(
            Account(channel="console", id=str(bob.id)), await stage.accounts.code_for_person(alice)
        )


async def test_letters_of_a_code_are_drawn_one_by_one(stage):
    drawn = iter("ABCDEFGH")
    accounts = Accounts(stage.store, stage.people, letter=lambda _: next(drawn))

    assert await accounts.code_for_account(CHAT) == "ABCDEFGH"
