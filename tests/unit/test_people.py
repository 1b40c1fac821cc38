"""Who somebody is: asked anew each time, changed together with the record, and shut out at once."""

import asyncio
import re
from pathlib import Path
from uuid import uuid4

import pytest

from channels.messages import Account
from governance.people.agent_grants import AgentGrants
from governance.people.people import People, Role, Stranger
from governance.people.wrong import LastAdmin, NameWrong, OwnRole, PersonExists, PersonMissing
from governance.record.transaction import Store
from tests.unit.people_stage import WEB, HandClock, Stage

ROOT = Path(__file__).parents[2]
ALICE_IN_CHAT = Account(channel="chat", id="77", name="Alice")


@pytest.fixture
def stage(pool):
    clock = HandClock()
    return Stage(Store(pool, now=clock), clock)


async def link(stage, person, account=ALICE_IN_CHAT):
    await stage.link(account, person)


async def test_an_unknown_account_is_a_stranger(stage):
    assert await stage.people.identify(ALICE_IN_CHAT) == Stranger(state="new")


async def test_a_linked_account_is_its_person_with_the_agents_granted(stage):
    alice = await stage.person("alice")
    await stage.agent_grants.grant(alice.id, "assistant", by=None)
    await link(stage, alice)

    found = await stage.people.identify(ALICE_IN_CHAT)

    assert (found.id, found.name, found.agents) == (alice.id, "alice", frozenset({"assistant"}))


async def test_on_the_console_the_id_of_a_person_is_the_account(stage):
    alice = await stage.person("alice")

    found = await stage.people.identify(Account(channel="console", id=str(alice.id)))

    assert found.id == alice.id
    assert await stage.people.identify(Account(channel="console", id=str(uuid4()))) == Stranger(state="new")
    assert await stage.people.identify(Account(channel="console", id="alice' or true")) == Stranger(state="new")


async def test_who_somebody_is_takes_one_query(stage, pool):
    alice = await stage.person("alice")
    await link(stage, alice)
    asked = []
    async with pool.acquire() as connection:
        real = stage.store.fetchrow

        async def counted(query, *args):
            asked.append(query)
            return await connection.fetchrow(query, *args)

        stage.store.fetchrow = counted
        assert (await stage.people.identify(ALICE_IN_CHAT)).id == alice.id
        stage.store.fetchrow = real

    assert len(asked) == 1


async def test_a_person_who_is_shut_out_is_nobody_from_then_on(stage):
    admin = await stage.person("root", Role.ADMIN)
    alice = await stage.person("alice")
    await stage.agent_grants.grant(alice.id, "assistant", by=admin)
    await link(stage, alice)
    token = (await stage.sign_in.by_password("alice", "a horse that reads 7 books", origin=WEB)).token
    code = await stage.people.reset(alice.id, by=admin)

    await stage.people.disable(alice.id, by=admin, origin=WEB)

    assert await stage.people.identify(ALICE_IN_CHAT) == Stranger(state="disabled")
    assert await stage.people.identify(Account(channel="console", id=str(alice.id))) == Stranger(state="disabled")
    assert await stage.people.get(alice.id) is None
    assert await stage.sessions.check(token) is None
    assert await stage.agent_grants.of(alice.id) == []
    with pytest.raises(Exception, match="This link is wrong, used or expired"):
        await stage.sign_in.by_link(code, "", "another good phrase", origin=WEB)
    event = await stage.last_event("web:user:disabled")
    assert (event["actor"], event["resource"], event["address"]) == (str(admin.id), str(alice.id), "192.0.2.7")


async def test_requests_and_permissions_end_with_their_person(stage):
    alice = await stage.person("alice")
    request_id = uuid4()
    await stage.store.fetch(
        "insert into nexora_approval_requests (id, card_id, code, kind, requester_id, subject, digest, risk,"
        " because, created_at, expires_at) values ($1, 'card', 'AB23', 'tool_call', $2, '{}', '', 'high', '', $3, $3)"
        " returning id",
        request_id,
        alice.id,
        stage.clock(),
    )
    await stage.store.fetch(
        "insert into nexora_tool_grants (id, code, user_id, agent, conversation, tool, pattern, granted_by, granted_at,"
        " expires_at) values ($1, 'G', $2, 'a', 'c', 't', 'p', $2, $3, $3) returning id",
        uuid4(),
        alice.id,
        stage.clock(),
    )

    await stage.people.disable(alice.id, by=None)

    status = await stage.store.fetchval("select status from nexora_approval_requests where id = $1", request_id)
    assert status == "cancelled"
    assert await stage.store.fetchval("select count(*) from nexora_tool_grants where revoked_at is null") == 0


async def test_what_else_must_end_ends_in_the_same_transaction(stage):
    alice = await stage.person("alice")
    told = []

    async def refuse(work, person_id, by):
        told.append(person_id)
        raise RuntimeError("cannot be withdrawn")

    stage.people._on_disable = refuse
    with pytest.raises(RuntimeError):
        await stage.people.disable(alice.id, by=None)

    assert told == [alice.id]
    assert await stage.people.get(alice.id) is not None


async def test_somebody_let_in_again_has_none_of_the_grants_of_before(stage):
    alice = await stage.person("alice")
    await stage.agent_grants.grant(alice.id, "assistant", by=None)
    await stage.people.disable(alice.id, by=None)

    await stage.people.enable(alice.id, by=None)

    assert (await stage.people.get(alice.id)).agents == frozenset()


async def test_the_last_admin_stays(stage):
    admin = await stage.person("root", Role.ADMIN)
    await stage.people.create("invited", Role.ADMIN, by=admin)  # has no password yet, so could not mend anything

    with pytest.raises(LastAdmin):
        await stage.people.set_role(admin.id, Role.OPERATOR, by=admin)
    with pytest.raises(LastAdmin):
        await stage.people.disable(admin.id, by=admin)
    assert await stage.people.has_admin()


async def test_nobody_gives_up_their_own_role_as_an_admin_unasked(stage):
    root, ada = await stage.person("root", Role.ADMIN), await stage.person("ada", Role.ADMIN)

    with pytest.raises(OwnRole, match="You will not be admin any more"):
        await stage.people.set_role(root.id, Role.OPERATOR, by=root)
    assert (await stage.people.get(root.id)).role is Role.ADMIN
    assert "chat:user:role_changed" not in await stage.tags()

    assert (await stage.people.set_role(root.id, Role.OPERATOR, by=root, is_sure=True)).role is Role.OPERATOR
    with pytest.raises(LastAdmin):
        await stage.people.set_role(ada.id, Role.OPERATOR, by=ada, is_sure=True)


async def test_a_new_admin_gets_every_agent_that_admins_have_and_keeps_what_they_had(stage):
    root = await stage.person("root", Role.ADMIN)
    grants = AgentGrants(stage.store, lambda: ("assistant", "ops"))
    people = People(stage.store, on_admin=grants.give_admin)
    ada = await stage.person("ada")
    await grants.grant(ada.id, "ops", by=root)

    promoted = await people.set_role(ada.id, Role.ADMIN, by=root)
    invited, _ = await people.create("grace", Role.ADMIN, by=root)
    again = await people.set_role(ada.id, Role.ADMIN, by=root)

    assert promoted.agents == again.agents == invited.agents == {"assistant", "ops"}
    assert (await stage.tags()).count("chat:agent_grant:created") == 4
    assert (await people.create("bob", Role.OPERATOR, by=root))[0].agents == frozenset()


async def test_two_admins_who_demote_each_other_at_once_leave_one(stage):
    one, two = await stage.person("one", Role.ADMIN), await stage.person("two", Role.ADMIN)

    answers = await asyncio.gather(
        stage.people.set_role(one.id, Role.OPERATOR, by=two),
        stage.people.set_role(two.id, Role.OPERATOR, by=one),
        return_exceptions=True,
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["LastAdmin", "Person"]
    assert [person.role for person in await stage.people.page()].count(Role.ADMIN) == 1


async def test_names_are_unique_in_any_case_and_plain(stage):
    await stage.people.create("alice", Role.OPERATOR, by=None)
    await stage.people.create("李雷", Role.OPERATOR, by=None)

    with pytest.raises(PersonExists, match="There is already a person named Alice"):
        await stage.people.create("Alice", Role.OPERATOR, by=None)
    for name in ("", "a b", "<b>", "a\0", "x" * 65, "a\n"):
        with pytest.raises(NameWrong):
            await stage.people.create(name, Role.OPERATOR, by=None)
    assert (await stage.people.by_name("ALICE")).name == "alice"


async def test_nobody_is_changed_who_is_not_there(stage):
    for change in (
        stage.people.set_role(uuid4(), Role.ADMIN, by=None),
        stage.people.disable(uuid4(), by=None),
        stage.people.enable(uuid4(), by=None),
        stage.people.describe(uuid4(), by=None, language="zh"),
        stage.people.reset(uuid4(), by=None),
    ):
        with pytest.raises(PersonMissing):
            await change


async def test_each_change_stands_in_the_record_once(stage):
    admin = await stage.person("root", Role.ADMIN)
    alice = await stage.person("alice")
    before = len(await stage.tags())

    for _ in range(2):
        await stage.people.set_role(alice.id, Role.ADMIN, by=admin, origin=WEB)
        await stage.people.describe(alice.id, by=admin, display_name="Alice A.", language="zh", origin=WEB)

    assert sorted((await stage.tags())[before:]) == ["web:user:described", "web:user:role_changed"]
    assert (await stage.last_event("web:user:role_changed"))["detail"] == '{"after":"admin","before":"operator"}'


def test_every_tag_that_is_put_together_is_documented():
    page = (ROOT / "docs" / "governance.md").read_text(encoding="utf-8")
    sources = [*(ROOT / "governance").rglob("*.py"), *(ROOT / "gateway").rglob("*.py")]
    made = {
        what
        for path in sources
        for what in re.findall(r'\.event\(\s*"([a-z_]+:[a-z_]+)"', path.read_text(encoding="utf-8"))
    }

    assert len(made) > 15
    assert [what for what in sorted(made) if not re.search(rf"`(?:chat|cli|web):{what}`", page)] == []
