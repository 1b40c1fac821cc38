"""The keys lie in the database, wrapped by a master key that does not; older files are taken over once."""

import asyncio
import base64
import secrets
import stat
from pathlib import Path

import asyncpg
import pytest

from governance.audit.checkpoints import Checkpoints
from governance.audit.verify import examine, verify
from governance.keys.audit_keys import AuditKeyBroken, new_private, public_pem, signing_key
from governance.keys.keys import Keyring, KeysLocked, open_keys, trusted_keys
from governance.keys.master_key import KeyChanged, MasterKey, MasterKeyWrong, master_key_from, place_of
from governance.record.audit import Event
from governance.record.transaction import Store
from governance.sign_in.sessions import KeyWeak
from tests.unit.old_home import SESSION, old_home

LINE = Event(tag="test:line:written")


def master() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def same(one: Keyring, other: Keyring) -> bool:
    return (one.session, one.signing.name, set(one.trusted.keys)) == (
        other.session,
        other.signing.name,
        set(other.trusted.keys),
    )


async def signed(store: Store, home: Path, keys: Keyring) -> None:
    """A line, and a checkpoint over it."""
    await store.record(LINE)
    assert await Checkpoints(store, home, keys).write()


async def test_the_first_start_makes_the_keys_and_a_master_key_for_its_owner_alone(store: Store, tmp_path: Path):
    first = await open_keys(store, tmp_path)
    again = await open_keys(store, tmp_path)

    assert same(first, again)
    assert len(first.session) >= 32
    assert [each.name for each in (tmp_path / "keys").iterdir()] == ["master.key"]
    assert stat.S_IMODE(place_of(tmp_path).stat().st_mode) == 0o600
    assert stat.S_IMODE(place_of(tmp_path).parent.stat().st_mode) == 0o700


async def test_who_has_the_database_alone_finds_no_key_in_it(store: Store, tmp_path: Path):
    keys = await open_keys(store, tmp_path)
    rows = await store.fetch("select name, nonce || wrapped as held from nexora_keys")

    assert {row["name"] for row in rows} == {"audit", "session"}
    for row in rows:
        assert keys.session not in row["held"]
        assert keys.signing.private.private_bytes_raw() not in row["held"]
        assert b"PRIVATE KEY" not in row["held"]


async def test_eight_starts_at_once_end_with_one_set_of_keys(dsn: str, tmp_path: Path):
    pool = await asyncpg.create_pool(dsn, min_size=8, max_size=8)
    rings = await asyncio.gather(*(open_keys(Store(pool), tmp_path) for _ in range(8)))
    await pool.close()

    assert all(same(rings[0], ring) for ring in rings)


async def test_gateways_with_other_data_folders_and_one_master_key_have_the_same_keys(store: Store, tmp_path: Path):
    key = master()
    one, other = await open_keys(store, tmp_path / "a", key), await open_keys(store, tmp_path / "b", key)

    assert same(one, other)
    assert not (tmp_path / "a").exists()
    for name, keys in (("a", one), ("b", other)):
        await signed(Store(store.pool), tmp_path / name, keys)
    for name, keys in (("a", one), ("b", other)):
        await Checkpoints(store, tmp_path / name, keys).write()  # copies what the other has signed
        assert (await examine(store, tmp_path / name, key)).is_whole


async def test_a_master_key_of_the_settings_wins_over_a_file(store: Store, tmp_path: Path):
    key = master()
    await open_keys(store, tmp_path / "a", key)
    place_of(tmp_path / "a").parent.mkdir(parents=True)
    place_of(tmp_path / "a").write_text(master())

    assert (await open_keys(store, tmp_path / "a", key)).master.secret == base64.b64decode(key)


async def test_another_master_key_or_none_is_refused_and_nothing_is_made(store: Store, tmp_path: Path):
    keys = await open_keys(store, tmp_path / "a")

    with pytest.raises(KeysLocked, match=r"there is none here: copy keys/master\.key from the data folder") as told:
        await open_keys(store, tmp_path / "b")
    assert keys.master.id in str(told.value)
    assert str(tmp_path / "b" / "keys" / "master.key") in str(told.value)
    assert not (tmp_path / "b").exists()
    key = master()
    with pytest.raises(KeysLocked, match=f"the one here is {master_key_from(key).id}") as told:
        await open_keys(store, tmp_path / "b", key)
    assert key not in str(told.value)
    assert same(keys, await open_keys(store, tmp_path / "a"))


async def test_a_key_that_was_changed_or_put_under_another_name_is_not_used(store: Store, tmp_path: Path):
    await open_keys(store, tmp_path)
    await store.fetch(
        "update nexora_keys set (nonce, wrapped) = "
        "(select nonce, wrapped from nexora_keys where name = 'audit') where name = 'session'"
    )

    with pytest.raises(KeyChanged, match="'session' in the database is not as it was written"):
        await open_keys(store, tmp_path)


async def test_nobody_without_the_master_key_adds_to_what_is_believed(store: Store, tmp_path: Path):
    await open_keys(store, tmp_path)
    stranger = MasterKey(secrets.token_bytes(32))
    pem = public_pem(signing_key(new_private(), "of a stranger").public).encode()
    (own,) = await store.fetch("select master from nexora_keys where name = 'audit'")
    await store.fetch(
        "insert into nexora_keys values ('trusted', $1, $2, $3, now())", *stranger.wrap("trusted", pem), own["master"]
    )

    with pytest.raises(KeyChanged, match="'trusted'"):
        await trusted_keys(store, tmp_path)


async def test_the_keys_of_an_older_data_folder_are_taken_over_and_the_record_stays_whole(store: Store, tmp_path: Path):
    own = old_home(tmp_path)
    older = signing_key(new_private(), "of before")
    with (tmp_path / "keys" / "audit.pub").open("a") as file:
        file.write(public_pem(older.public))
    assert set((await trusted_keys(store, tmp_path)).keys) == {own.name, older.name}, "already before the start"
    keys = await open_keys(store, tmp_path)

    assert (keys.session, keys.signing.name) == (SESSION, own.name)
    assert set(keys.trusted.keys) == {own.name, older.name}
    names = sorted(each.name for each in (tmp_path / "keys").iterdir())
    assert names == ["audit.key.moved", "audit.pub.moved", "master.key", "session.key.moved"]
    assert await store.fetchval("select tag from nexora_audit_events") == "gateway:keys:moved"
    await signed(store, tmp_path, keys)
    assert await verify(store, tmp_path) == []
    assert same(keys, await open_keys(store, tmp_path))


async def test_keys_that_were_moved_serve_a_database_from_before_the_move_again(store: Store, tmp_path: Path):
    own = old_home(tmp_path)
    keys = await open_keys(store, tmp_path)
    await signed(store, tmp_path, keys)
    await store.fetch("delete from nexora_keys")  # as after a dump of before, or a migration down and up

    assert set((await trusted_keys(store, tmp_path)).keys) == {own.name}, "already before the start"
    assert same(keys, await open_keys(store, tmp_path))
    assert await verify(store, tmp_path) == []


async def test_a_second_older_data_folder_adds_what_it_signed_with_and_takes_the_keys_there_are(
    store: Store, tmp_path: Path
):
    key = master()
    first, second = old_home(tmp_path / "a"), old_home(tmp_path / "b", session=bytes(reversed(SESSION)))
    await open_keys(store, tmp_path / "a", key)
    other = await open_keys(store, tmp_path / "b", key)

    assert (other.session, other.signing.name) == (SESSION, first.name)
    assert set(other.trusted.keys) == {first.name, second.name}


async def test_a_checkpoint_of_a_key_that_came_later_is_believed_by_a_gateway_that_runs(store: Store, tmp_path: Path):
    key = master()
    old_home(tmp_path / "a")
    second = old_home(tmp_path / "b")
    one = await open_keys(store, tmp_path / "a", key)
    running = Checkpoints(store, tmp_path / "a", one)
    await store.record(LINE)
    before = Keyring(session=one.session, signing=second, trusted=one.trusted, master=one.master)
    await Checkpoints(store, tmp_path / "b", before).write()  # as it wrote before it came over
    await open_keys(store, tmp_path / "b", key)

    await Store(store.pool).record(LINE)
    assert (await running.write()).seq == 2
    assert (await examine(store, tmp_path / "a", key)).is_whole


async def test_a_move_that_was_cut_short_after_its_commit_is_ended_by_the_next_start(store: Store, tmp_path: Path):
    old_home(tmp_path)
    keys = await open_keys(store, tmp_path)
    for path in (tmp_path / "keys").glob("*.moved"):
        path.rename(path.with_suffix(""))

    assert same(keys, await open_keys(store, tmp_path))
    assert not (tmp_path / "keys" / "audit.key").exists()
    assert await store.fetchval("select count(*) from nexora_audit_events") == 1


@pytest.mark.parametrize("text", ["", "no key at all"])
async def test_an_older_key_that_cannot_be_read_is_never_replaced(store: Store, tmp_path: Path, text: str):
    old_home(tmp_path)
    (tmp_path / "keys" / "audit.key").write_text(text)

    with pytest.raises(AuditKeyBroken, match=r"audit\.key is not a readable private key"):
        await open_keys(store, tmp_path)
    assert (tmp_path / "keys" / "audit.key").read_text() == text
    assert not place_of(tmp_path).exists()
    assert await store.fetchval("select count(*) from nexora_keys") == 0


async def test_an_older_session_key_that_is_too_short_is_told(store: Store, tmp_path: Path):
    old_home(tmp_path, session=b"short")

    with pytest.raises(KeyWeak, match="at least 32"):
        await open_keys(store, tmp_path)


async def test_new_keys_for_a_record_that_others_had_signed_are_told_in_it(store: Store, tmp_path: Path):
    await signed(store, tmp_path, await open_keys(store, tmp_path))
    await store.fetch("delete from nexora_keys")
    await open_keys(store, tmp_path)

    assert await store.fetchval("select count(*) from nexora_audit_events where tag = 'gateway:keys:made'") == 1
    assert await verify(store, tmp_path) != []


@pytest.mark.parametrize("text", ["", "change-me", "A" * 43, base64.b64encode(b"x" * 31).decode(), "ä" * 40])
async def test_what_is_no_master_key_is_refused_without_showing_it(store: Store, tmp_path: Path, text: str):
    place_of(tmp_path).parent.mkdir()
    place_of(tmp_path).write_text(text, encoding="utf-8")

    with pytest.raises(MasterKeyWrong, match=r"master\.key must be 32 random bytes in base64") as told:
        await open_keys(store, tmp_path)
    assert not text or text not in str(told.value)


async def test_both_alphabets_of_base64_are_understood():
    secret = bytes(range(200, 232))

    for text in (base64.b64encode(secret).decode(), f" {base64.urlsafe_b64encode(secret).decode().rstrip('=')}\n"):
        assert master_key_from(text).secret == secret
