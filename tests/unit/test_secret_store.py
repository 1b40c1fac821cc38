"""Secrets are sealed, handed to who is entitled alone, and read by nobody else; each use is a line of the record."""

import json
import secrets

import pytest

from governance.keys.master_key import MasterKey
from governance.people.people import Origin, Role
from governance.record.transaction import Store
from governance.secrets.names import (
    Holder,
    SecretForbidden,
    SecretMissing,
    SecretRefused,
    SecretWrong,
    holder_of,
    referred,
)
from governance.secrets.store import Secrets
from tests.unit.people_stage import WEB, HandClock, Stage

GITHUB, MAPS = Holder("mcp", "github"), Holder("skill", "maps")
CLI = Origin(source="cli")
VALUE = "correct-horse-9-battery"


@pytest.fixture
def stage(pool):
    clock = HandClock()
    return Stage(Store(pool, now=clock), clock)


@pytest.fixture
def kept(stage):
    return Secrets(stage.store, MasterKey(secrets.token_bytes(32)))


async def lines(stage, tag):
    rows = await stage.store.fetch("select * from nexora_audit_events where tag like $1 order by at, seq", f"%{tag}")
    return [{**row, "detail": json.loads(row["detail"])} for row in rows]


async def everything_stored(stage):
    """Every row of the tables that such a secret may touch, as text."""
    tables = ("nexora_secrets", "nexora_secret_holders", "nexora_audit_events")
    return "".join([str(dict(row)) for table in tables for row in await stage.store.fetch(f"select * from {table}")])


async def test_a_holder_gets_what_it_is_allowed_and_nobody_else_does(stage, kept):
    await kept.set("GITHUB", VALUE, by=None, holders=[GITHUB], origin=CLI)
    await kept.set("OTHER", VALUE[::-1], by=None, origin=CLI)

    assert dict(await kept.reveal(GITHUB)) == {"GITHUB": VALUE}
    assert dict(await kept.reveal(MAPS)) == {}
    assert [(line["resource"], line["detail"]) for line in await lines(stage, "secret:read")] == [
        ("GITHUB", {"holder": "mcp github", "owner": "installation"})
    ]


@pytest.mark.parametrize("name", ["OTHER", "NEVER"])
async def test_who_needs_what_is_not_for_it_is_refused_and_told_what_to_do(stage, kept, name):
    await kept.set("OTHER", VALUE, by=None)

    with pytest.raises(SecretRefused, match=f"nexora secret allow {name} mcp github"):
        await kept.reveal(GITHUB, names=[name])
    assert [(line["resource"], line["status"]) for line in await lines(stage, "secret:refused")] == [(name, "denied")]
    assert await lines(stage, "secret:read") == []


async def test_the_database_and_the_record_hold_no_value_but_tell_equal_ones(stage, kept):
    await kept.set("ONE", VALUE, by=None)
    await kept.set("TWO", VALUE, by=None)
    await kept.set("TWO", VALUE + "x", by=None)
    await kept.reveal(GITHUB)

    assert VALUE not in await everything_stored(stage)
    prints = [line["detail"]["value"] for line in await lines(stage, "secret:set")]
    assert prints[0] == prints[1] != prints[2]


async def test_a_removal_and_a_disallowance_hold_from_the_next_use(stage, kept):
    await kept.set("GITHUB", VALUE, by=None, holders=[GITHUB, MAPS])
    assert await kept.reveal(MAPS)
    assert await kept.entitle("GITHUB", MAPS, by=None, may=False)
    assert not await kept.entitle("GITHUB", MAPS, by=None, may=False)

    assert not await kept.reveal(MAPS)
    assert await kept.reveal(GITHUB)

    await kept.remove("GITHUB", by=None)

    assert not await kept.reveal(GITHUB)
    with pytest.raises(SecretMissing):
        await kept.remove("GITHUB", by=None)


async def test_a_persons_own_is_theirs_alone_and_goes_before_that_of_the_installation(stage, kept):
    admin, alice, bob = await stage.person("root", Role.ADMIN), await stage.person("alice"), await stage.person("bob")
    await kept.set("TOKEN", "of-the-installation", by=admin, holders=[GITHUB], origin=WEB)
    await kept.set("TOKEN", "of-alice-alone", by=alice, owner=alice.id, holders=[GITHUB], origin=WEB)

    assert dict(await kept.reveal(GITHUB, alice.id)) == {"TOKEN": "of-alice-alone"}
    assert dict(await kept.reveal(GITHUB, bob.id)) == {"TOKEN": "of-the-installation"}
    assert dict(await kept.reveal(GITHUB)) == {"TOKEN": "of-the-installation"}
    assert [one.owner for one in await kept.list(alice)] == [alice.id]
    assert await kept.list(bob) == []
    assert [one.owner for one in await kept.list(admin)] == [None]
    for by in (admin, bob, None):
        with pytest.raises(SecretForbidden):
            await kept.remove("TOKEN", by=by, owner=alice.id)
    with pytest.raises(SecretForbidden):
        await kept.entitle("TOKEN", MAPS, by=alice)


async def test_who_is_shut_out_has_no_secrets_any_more(stage, kept):
    admin, alice = await stage.person("root", Role.ADMIN), await stage.person("alice")
    await kept.set("TOKEN", VALUE, by=alice, owner=alice.id, holders=[GITHUB])
    await stage.people.disable(alice.id, by=admin)

    assert not await kept.reveal(GITHUB, alice.id)


async def test_a_key_of_its_own_is_changed_and_so_is_the_value(stage, kept):
    assert await kept.set("TOKEN", VALUE, by=None, holders=[GITHUB]) == 1
    before = await stage.store.fetchrow("select * from nexora_secrets")
    assert await kept.rotate("TOKEN", by=None) == 2
    after = await stage.store.fetchrow("select * from nexora_secrets")

    assert before["wrapped_key"] != after["wrapped_key"]
    assert before["sealed"] != after["sealed"]
    assert dict(await kept.reveal(GITHUB)) == {"TOKEN": VALUE}
    assert await kept.set("TOKEN", "another value", by=None) == 3
    assert dict(await kept.reveal(GITHUB)) == {"TOKEN": "another value"}


async def test_what_moved_to_another_row_or_is_older_does_not_open(stage, kept):
    await kept.set("ONE", VALUE, by=None, holders=[GITHUB])
    old = await stage.store.fetchrow("select * from nexora_secrets")
    await kept.set("ONE", "a newer value", by=None)
    put_back = "update nexora_secrets set nonce = $1, sealed = $2, key_nonce = $3, wrapped_key = $4"
    await stage.store.fetch(put_back, old["nonce"], old["sealed"], old["key_nonce"], old["wrapped_key"])

    with pytest.raises(SecretWrong, match="set it anew with `nexora secret set ONE`"):
        await kept.reveal(GITHUB)


async def test_another_master_key_wraps_all_of_them(stage, kept):
    await kept.set("ONE", VALUE, by=None, holders=[GITHUB])
    new = MasterKey(secrets.token_bytes(32))
    async with stage.store.transaction() as work:
        assert await kept.rewrap(work, new) == 1

    assert dict(await Secrets(stage.store, new).reveal(GITHUB)) == {"ONE": VALUE}
    with pytest.raises(SecretWrong, match=f"needs the master key {new.id}"):
        await kept.reveal(GITHUB)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("sk-live/abc", VALUE, "is named with letters"),
        ("1", VALUE, "is named with letters"),
        ("SHORT", "1234567", "8 signs or more"),
        ("DULL", "aaaaaaaaaaaa", "8 signs or more"),
        ("LONG", "ab" * 40_000, "65536 signs at most"),
        ("BINARY", "abcdefgh\x00\x01", "is text"),
    ],
)
async def test_what_cannot_be_kept_is_told_without_showing_it(kept, name, value, told):
    with pytest.raises(SecretWrong, match=told) as error:
        await kept.set(name, value, by=None)

    assert value not in str(error.value)
    assert await kept.list(None) == []


async def test_a_list_tells_everything_but_the_value(stage, kept):
    admin = await stage.person("root", Role.ADMIN)
    await kept.set("TOKEN", VALUE + "\n", by=admin, holders=[GITHUB, MAPS])
    await kept.reveal(GITHUB)
    (one,) = await kept.list(admin)

    assert (one.name, one.version, one.created_by, one.holders) == ("TOKEN", 1, "root", (GITHUB, MAPS))
    assert one.used_at == stage.clock()
    assert VALUE not in repr(one)
    assert dict(await kept.reveal(GITHUB)) == {"TOKEN": VALUE}  # without the line end of a file


def test_references_and_holders_are_read_as_people_write_them():
    assert (referred("secret:GITHUB"), referred("secret:"), referred("a secret:GITHUB")) == ("GITHUB", "", "")
    assert holder_of("mcp", "github") == GITHUB
    with pytest.raises(SecretWrong, match="one of: channel, mcp, model, plugin, setting, skill, tool"):
        holder_of("person", "bob")
    with pytest.raises(SecretWrong, match="no name of a skill"):
        holder_of("skill", "x y")
