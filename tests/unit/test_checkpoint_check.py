"""Tampering with checkpoints, in the database and in the file, with keys and without."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from governance.audit.verify import FindingKind, verify
from governance.keys.audit_keys import new_private, public_pem, signing_key
from governance.keys.keys import trusted_keys
from governance.record.audit import Event, canonical
from governance.record.transaction import Store
from tests.unit.audit_scene import Scene, checkpoints_of


@pytest.fixture
async def scene(pool, tmp_path):
    return await Scene(pool, tmp_path).prepare()


CHECKPOINT_FLIPS = {
    "at": lambda each: replace(each, at=each.at + timedelta(microseconds=1)),
    "heads": lambda each: replace(each, heads=each.heads.replace("[", "[1", 1)),
    "no heads": lambda each: replace(each, heads="nothing"),
    "previous": lambda each: replace(each, previous="0" * 64),
    "signature": lambda each: replace(each, signature=each.signature[:-4] + "AAA="),
}


@pytest.mark.parametrize("where", ["database", "file"])
async def test_a_changed_checkpoint_is_named_wherever_it_was_changed(scene, where):
    first, second = await scene.chain()
    for column, flip in CHECKPOINT_FLIPS.items():
        if where == "file":
            scene.file(first, flip(second))
        else:
            await scene.put_chain(first, flip(second))
        finding = (await scene.found())[FindingKind.CHECKPOINT_CHANGED]

        assert (column, finding.seq) == (column, 2)
        assert where in str(finding)


async def test_a_checkpoint_changed_in_both_is_named(scene):
    await scene.write()
    await scene.checkpoints.write()
    first, second, third = await scene.chain()
    for column, flip in CHECKPOINT_FLIPS.items():
        tampered = (first, flip(second), third)
        await scene.put_chain(*tampered)
        scene.file(*tampered)

        assert (column, (await scene.found())[FindingKind.CHECKPOINT_FORGED].seq) == (column, 2)


async def test_an_unreadable_line_and_a_repeated_one_in_the_file_are_named(scene):
    text = scene.path.read_text()
    scene.path.write_text("{}\n" + text + text)

    found = await scene.found()
    assert (found[FindingKind.CHECKPOINT_CHANGED].seq, found[FindingKind.CHECKPOINT_REORDERED].seq) == (1, 1)


@pytest.mark.parametrize("where", ["database", "file"])
async def test_a_removed_checkpoint_is_named(scene, where):
    await scene.write()
    await scene.checkpoints.write()
    first, _, third = await scene.chain()
    if where == "file":
        scene.file(first, third)
    else:
        await scene.put_chain(first, third)

    found = await scene.found()
    assert list(found) == [FindingKind.CHECKPOINT_REMOVED]
    assert found[FindingKind.CHECKPOINT_REMOVED].seq == 2
    assert where in str(found[FindingKind.CHECKPOINT_REMOVED])


async def test_an_older_copy_of_the_database_is_found(scene):
    first, _ = await scene.chain()
    await scene.tamper(("delete from nexora_audit_events where writer = $1 and seq > 5", scene.writer))
    await scene.put_chain(first)

    found = await scene.found()
    assert list(found) == [FindingKind.OLDER_DATABASE, FindingKind.TAIL_REMOVED]
    assert found[FindingKind.OLDER_DATABASE].seq == 2
    assert found[FindingKind.TAIL_REMOVED].seq == 6


async def test_a_gateway_that_goes_on_after_an_older_copy_does_not_cover_it_up(scene):
    first, _ = await scene.chain()
    await scene.tamper(("delete from nexora_audit_events where writer = $1 and seq > 5", scene.writer))
    await scene.put_chain(first)
    await Store(scene.pool, now=scene.clock).record(Event(tag="test:line:written"))
    await (await checkpoints_of(scene.store, scene.home)).write()

    found = await scene.found()
    assert list(found) == [FindingKind.CHECKPOINT_REMOVED, FindingKind.TAIL_REMOVED]
    assert found[FindingKind.CHECKPOINT_REMOVED].seq == 2


async def test_an_older_copy_of_the_file_is_found(scene):
    scene.clock.move(minutes=6)
    old = scene.path.read_bytes()
    for _ in range(2):
        await scene.write()
        await scene.checkpoints.write()
    scene.clock.move(minutes=6)
    scene.path.write_bytes(old)

    found = await scene.found()
    assert list(found) == [FindingKind.OLDER_FILE]
    assert str(found[FindingKind.OLDER_FILE]).endswith("it lacks checkpoints 3 to 4.")


async def test_a_checkpoint_that_a_crash_kept_from_the_file_is_no_finding(scene):
    scene.file((await scene.chain())[0])
    scene.clock.move(days=3)

    assert await scene.found() == {}


async def test_checkpoints_replaced_by_ones_signed_with_another_key_are_found(scene, tmp_path_factory):
    key = signing_key(new_private(), "of a stranger")
    await scene.tamper(("delete from nexora_audit_events where writer = $1 and seq > 5", scene.writer))
    forged = replace((await scene.chain())[0], heads=canonical({scene.writer: [5, (await scene.line(5))["digest"]]}))
    await scene.put_chain(replace(forged, signature=key.sign(forged.text)))

    found = await scene.found()
    assert found[FindingKind.CHECKPOINT_CHANGED].seq == 1
    assert found[FindingKind.OLDER_DATABASE].seq == 2
    assert found[FindingKind.TAIL_REMOVED].seq == 6

    scene.path.unlink()
    assert "could not be proved" in str((await scene.found())[FindingKind.UNPROVED])


async def test_all_checkpoints_gone_from_the_database_are_found(scene):
    await scene.put_chain()

    assert (await scene.found())[FindingKind.OLDER_DATABASE].seq == 1


async def test_without_the_key_it_says_what_could_not_be_proved(scene):
    for file in (scene.home / "keys").iterdir():
        file.unlink()

    for home in (scene.home, None):
        (finding,) = await verify(scene.store, home)
        assert finding.kind is FindingKind.UNPROVED
        assert "That the 2 checkpoints are ours could not be proved: The keys in the database need the master" in str(
            finding
        )


async def test_a_broken_key_is_said_and_the_rest_is_still_looked_at(scene):
    (scene.home / "keys" / "audit.pub").write_text("-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n")
    await scene.tamper(("delete from nexora_audit_events where writer = $1", scene.small))

    found = await scene.found()
    assert "not readable public keys" in str(found[FindingKind.UNPROVED])
    assert FindingKind.WRITER_REMOVED in found


async def test_the_public_key_alone_is_enough_to_verify(scene):
    (own,) = (await trusted_keys(scene.store, scene.home)).keys.values()
    (scene.home / "keys" / "audit.pub").write_text(public_pem(own))
    (scene.home / "keys" / "master.key").unlink()

    assert await scene.found() == {}


async def test_heads_are_plain_json_of_writers(scene):
    first, second = await scene.chain()

    assert {writer: seq for writer, (seq, _) in json.loads(first.heads).items()} == {scene.writer: 5, scene.small: 2}
    assert {writer: seq for writer, (seq, _) in json.loads(second.heads).items()} == {scene.writer: 10}
