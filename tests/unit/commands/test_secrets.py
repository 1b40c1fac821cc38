"""Secrets are spoken of in a private chat, and kept on a page behind a link that works once; no value is in a chat."""

import re

import pytest

from channels.messages import Text
from gateway.commands.secrets import without_value
from gateway.messages.border import Border
from governance.guard.hidden import Hidden
from governance.keys.master_key import MasterKey
from governance.people.people import Role
from governance.secrets.names import Holder, SecretForbidden, SecretLinkUsed, SecretWrong
from tests.unit.commands.room import account_of
from tests.unit.people_stage import WEB

VALUE = "correct-horse-9-battery"
GITHUB = Holder("mcp", "github")
SKILL = Holder("skill", "mail-highlights")


def code_in(said):
    return re.search(r"https://nexora\.example/keep/([\w-]{32})", said)[1]


async def test_a_link_keeps_a_secret_once_and_says_who_may_have_it(room):
    alice = await room.person("alice")
    links, origin = room.parts.secret_links, WEB
    code = code_in(await room.type(alice, "/secret set TOKEN for mcp github"))
    with pytest.raises(SecretWrong):
        await links.keep(code, "short", origin=origin)
    await links.keep(code, VALUE, origin=origin)

    assert dict(await room.parts.secrets.reveal(GITHUB, alice.id)) == {"TOKEN": VALUE}
    with pytest.raises(SecretLinkUsed):
        await links.keep(code, VALUE, origin=origin)
    assert "`TOKEN`: MCP server `github`" in await room.type(alice, "/密钥")
    shown = await room.type(alice, "/secret show TOKEN")
    assert "Your own" in shown
    assert "version 1" in shown
    assert VALUE not in shown


async def test_a_newer_link_or_a_quarter_of_an_hour_ends_one(room):
    alice = await room.person("alice")
    first = code_in(await room.type(alice, "/secret set ONE"))
    second = code_in(await room.type(alice, "/secret set TWO"))
    links = room.parts.secret_links

    assert await links.find(first) is None
    assert (await links.find(second)).name == "TWO"
    room.stage.clock.move(minutes=16)
    assert await links.find(second) is None


async def test_what_is_of_the_installation_is_for_admins(room):
    alice, root = await room.person("alice"), await room.person("root", Role.ADMIN)
    refused = await room.type(alice, "/secret set TOKEN installation")
    links, origin = room.parts.secret_links, WEB
    await links.keep(code_in(await room.type(root, "/secret set TOKEN 系统")), VALUE, origin=origin)

    assert refused == str(SecretForbidden())
    assert "keep no secrets" in await room.type(alice, "/secret")
    assert "no secret `TOKEN`" in await room.type(alice, "/secret remove TOKEN")
    assert "Of the installation:\n- `TOKEN`: nobody" in await room.type(root, "/secret list")
    assert "may have `TOKEN` from now on" in await room.type(root, "/secret allow TOKEN mcp github")
    assert "may not have `TOKEN` any more" in await room.type(root, "/secret deny TOKEN mcp github")
    assert "`TOKEN` is gone" in await room.type(root, "/secret remove TOKEN installation")


async def test_whoever_lost_the_role_or_was_shut_out_keeps_nothing_by_an_older_link(room):
    root, other = await room.stage.person("root", Role.ADMIN), await room.person("other", Role.ADMIN)
    code = code_in(await room.type(other, "/secret set TOKEN installation"))
    await room.stage.people.set_role(other.id, Role.OPERATOR, by=root)

    with pytest.raises(SecretForbidden):
        await room.parts.secret_links.keep(code, VALUE, origin=WEB)
    await room.stage.people.disable(other.id, by=root)
    assert await room.parts.secret_links.find(code) is None


async def test_a_group_hears_nothing_of_secrets(room):
    alice = await room.person("alice")

    for text in ("/secret", "/secret set TOKEN", f"/secret set TOKEN {VALUE}"):
        said = await room.type(alice, text, room="team", is_direct=False)
        assert "private chat" in said
        assert VALUE not in said


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("set TOKEN", "set TOKEN"),
        ("set TOKEN for mcp github", "set TOKEN for mcp github"),
        ("设置 TOKEN 系统", "设置 TOKEN 系统"),
        (f"set TOKEN {VALUE}", "set TOKEN [···]"),
        (f"set TOKEN installation {VALUE} more", "set TOKEN installation [···]"),
        (f"set TOKEN for mcp github {VALUE}", "set TOKEN [···]"),
        (f"set TOKEN={VALUE}", "[···]"),
        (f"TOKEN {VALUE}", "[···]"),
        (f"set TOKEN\n{VALUE}\nline two", "set TOKEN [···]"),
    ],
)
def test_what_is_no_part_of_an_order_is_taken_out(typed, kept):
    assert without_value(typed) == kept


async def test_a_value_that_is_typed_all_the_same_is_never_stored_and_its_sender_is_told(room):
    alice = await room.person("alice")
    hidden = Hidden(room.store, MasterKey(bytes(range(32))))
    border = Border(room.store, room.stage.people, hidden, room.parts.approvals.kinds)
    sender = account_of(alice.name)
    cleared = await border.cleared(room.inbound(sender, f"／密钥 设置 TOKEN {VALUE}"))

    assert cleared.parts == (Text(text="/secret set TOKEN [···]"),)
    said = await room.type(alice, cleared.text)
    assert "never typed in a chat" in said
    assert code_in(said)
    assert not await room.parts.secrets.list(alice)


async def test_a_link_that_is_pasted_to_an_agent_is_spent(room):
    alice = await room.person("alice")
    code = code_in(await room.type(alice, "/secret set MAILBOX"))
    assert (await room.parts.secret_links.find(code)).holder == SKILL
    hidden = Hidden(room.store, MasterKey(bytes(range(32))))
    border = Border(room.store, room.stage.people, hidden, room.parts.approvals.kinds)
    sender = account_of(alice.name)
    cleared = await border.cleared(room.inbound(sender, f"what is https://nexora.example/keep/{code}"))

    assert code not in cleared.text
    assert await room.parts.secret_links.find(code) is None
