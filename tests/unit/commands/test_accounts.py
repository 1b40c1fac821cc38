"""/link and /unlink from both ends, and what a person is told of themselves and others."""

import re

from governance.people.people import Role, Stranger
from tests.unit.commands.room import account_of
from tests.unit.people_stage import WEB


async def typed_by_stranger(room, rest: str = "", *, name: str = "phone", is_direct: bool = True) -> str:
    inbound = room.inbound(account_of(name), f"/link {rest}", is_direct=is_direct)
    return await room.commands.link(inbound, rest)


async def test_a_stranger_gets_a_code_that_links_the_account_in_the_console(room):
    alice = await room.person("alice")

    said = await typed_by_stranger(room)
    code = re.search(r"`([0-9A-Z]{8})`", said)[1]

    assert "https://nexora.example" in said
    assert "关联码" in said
    link = await room.stage.accounts.link_from_console(alice, code, origin=WEB)
    assert (link.account.id, link.asked) == ("phone", ("chat",))


async def test_a_stranger_is_given_no_code_where_others_read_it(room):
    said = await typed_by_stranger(room, is_direct=False)

    assert said.splitlines()[0] == "Write /link to me in a direct message: a code is nothing for others to see."
    assert await room.store.fetchval("select count(*) from nexora_codes where purpose = 'link_from_chat'") == 0


async def test_a_code_of_the_console_links_the_account_that_types_it(room):
    alice = await room.person("alice")
    told = await room.type(alice, "/link", channel="console")
    code = re.search(r"`/link ([0-9A-Z]{8})`", told)[1]

    said = await typed_by_stranger(room, f" {code[:4]}-{code[4:].lower()} ")

    assert said.startswith("Almost done. I have asked `alice` whether this is them: chat.")
    assert isinstance(await room.stage.people.identify(account_of("phone")), Stranger)
    [request] = await room.parts.approvals.pending(alice)
    assert "You said yes" in await room.type(alice, f"/approve {request.code}")
    assert (await room.stage.people.identify(account_of("phone"))).id == alice.id
    assert (await typed_by_stranger(room, code, name="other")).startswith("This code is wrong, used or older")


async def test_wrong_codes_are_answered_in_both_languages_until_there_are_too_many(room):
    said = [await typed_by_stranger(room, "WRONGONE") for _ in range(6)]

    assert said[0] == (
        "This code is wrong, used or older than ten minutes; ask for a new one.\n"
        "Dieser Code ist falsch, verbraucht oder älter als zehn Minuten; holen Sie einen neuen.\n"
        "关联码错误、已使用或已超过十分钟，请重新获取。"
    )
    assert said[5].startswith("Too many wrong codes")
    assert isinstance(await room.stage.people.identify(account_of("phone")), Stranger)


async def test_somebody_known_is_told_so_and_given_no_code(room):
    alice, bob = await room.person("alice"), await room.person("bob")
    code = await room.stage.accounts.code_for_person(bob)

    for text in ("/link", f"/link {code}"):
        assert await room.type(alice, text) == "This account is linked to `alice`. /unlink parts it."
    assert (await room.stage.people.identify(account_of("alice"))).id == alice.id


async def test_a_chat_s_code_is_for_the_page_that_shows_whose_account_it_is(room):
    alice = await room.person("alice")
    code = await room.stage.accounts.code_for_account(account_of("mallory"))

    assert "Account" in await room.type(alice, f"/link {code}", channel="console")
    assert isinstance(await room.stage.people.identify(account_of("mallory")), Stranger)


async def test_unlink_parts_the_account_at_once(room):
    alice = await room.person("alice")

    assert (await room.type(alice, "/unlink", channel="console")).startswith("The console is always yours")
    assert (await room.type(alice, "/unlink")).startswith("This account is no longer linked to you")
    assert isinstance(await room.stage.people.identify(account_of("alice")), Stranger)
    assert (await room.stage.last_event("chat:account:unlinked"))["actor"] == str(alice.id)


async def test_whoami_tells_person_role_account_and_agents(room):
    alice = await room.person("alice", Role.OPERATOR, "ops", "assistant")
    root = await room.person("root", Role.ADMIN)

    assert (await room.type(alice, "/whoami")).splitlines() == [
        "You are `alice`, operator.",
        "This account: `alice` on `chat`.",
        "Your agents: assistant, ops.",
    ]
    assert "admin.\n" in await room.type(root, "/whoami")
    assert "no agent yet" in await room.type(root, "/whoami")


async def test_people_lists_everybody_even_who_is_shut_out(room):
    root, bob = await room.person("root", Role.ADMIN), await room.person("bob")
    await room.person("alice", Role.OPERATOR, "ops")
    await room.stage.people.disable(bob.id, by=root)

    assert (await room.type(root, "/people")).splitlines() == [
        "- `alice` · operator · agents: ops",
        "- `bob` · operator · disabled",
        "- `root` · admin · agents: none",
    ]
