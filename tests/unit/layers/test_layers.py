"""What a command did on a layer: looked at, merged, thrown away, and taken back, with a real sandbox."""

import os
import stat
import time
from pathlib import Path
from uuid import uuid4

import pytest

from agents.layers import About, Changes, Keeping, LayerChanged, Layers, MergeResult, Which
from agents.sandbox import choose
from tests.unit.layers.room import Room

SCRIPT = """
mkdir -p src/deep gone; echo one >src/a.txt; echo two >src/b.txt; echo keep >src/deep/c.txt; echo x >gone/x
ln -s a.txt src/link; chmod 750 src; echo v1 >notes.txt
"""


@pytest.mark.parametrize(
    "command",
    [
        "echo new >notes.txt",
        "echo more >>src/a.txt; echo n >src/new.txt",
        "rm -r src",
        "rm -r src; mkdir src; echo other >src/z.txt",
        "rm -r src; echo now a file >src",
        "rm notes.txt; mkdir notes.txt; echo in >notes.txt/in",
        "mv src moved",
        "mv notes.txt src/notes.txt",
        "ln -sf b.txt src/link",
        "rm src/link; mkdir src/link; echo x >src/link/x",
        "chmod 700 src; chmod 600 notes.txt",
        "mkdir -p very/deep/down; echo x >very/deep/down/x; rm -r gone",
        "rm src/deep/c.txt; rmdir src/deep",
        "for i in $(seq 30); do echo $i >f$i; done",
        "echo hello >'with 空格 and \"quotes\"'; rm notes.txt",
        "mkdir ro; echo x >ro/x; chmod 555 ro; chmod 555 src/deep",
    ],
)
async def test_whatever_a_command_does_is_taken_over_and_taken_back(room: Room, command: str, tmp_path: Path):
    await room.call(SCRIPT)
    before = room.look()
    bare = Room(tmp_path / "bare", room.sandbox)
    await bare.run(SCRIPT, None)
    await bare.run(command, None)

    kept = await room.call(command)
    after = room.look()
    undone = await room.layers.undo(room.workspace)

    assert after == bare.look()
    assert (kept.number, kept.notes) == (2, ())
    assert [entry.what for entry in undone.entries] == [command]
    assert room.look() == before

    again = await room.layers.undo(room.workspace, Which(number=undone.number))

    assert again.entries
    assert room.look() == after

    await room.layers.undo(room.workspace, 2)

    assert room.look() == {}


async def test_nothing_reaches_the_workspace_before_the_merge_and_nothing_remains_of_what_is_thrown_away(apart: Room):
    await apart.call(SCRIPT)
    before = apart.look()

    layer = await apart.layers.open(apart.workspace, uuid4())
    await apart.run("rm -r src; echo x >new", layer.view)

    assert apart.look() == before
    assert layer.is_apart
    await layer.discard()
    assert apart.look() == before
    assert len(await apart.layers.history(apart.workspace)) == 1
    apart.layers.swept()
    (entry,) = apart.layers.history_of(apart.workspace).glob("*[!k]")
    assert sorted(path.name for path in entry.iterdir()) == ["about.json", "alive"]


async def test_a_call_that_changed_nothing_leaves_no_entry(room: Room):
    await room.call(SCRIPT)

    kept = await room.call("cat notes.txt; echo nothing >/tmp/x; : >>notes.txt")

    assert kept == MergeResult()
    assert len(await room.layers.history(room.workspace)) == 1


async def test_changes_are_listed_with_sizes_difference_and_digest(apart: Room):
    await apart.call(SCRIPT)
    layer = await apart.layers.open(apart.workspace, uuid4())
    await apart.run("echo v2 >notes.txt; rm -r gone; mkdir d; head -c 9 /dev/zero >d/bin", layer.view)

    changes = await layer.changes()

    told = {(each.path, each.how, each.kind, each.before_bytes, each.after_bytes) for each in changes.changes}
    assert told == {
        ("d", "added", "folder", 0, 0),
        ("d/bin", "added", "file", 0, 9),
        ("gone", "removed", "folder", 2, 0),
        ("notes.txt", "changed", "file", 3, 3),
    }
    assert "-v1\n+v2\n" in changes.difference
    assert "d/bin: not text" in changes.difference
    assert changes.replaced_bytes == 5
    assert await layer.changes() == changes
    await layer.merge(changes)
    assert apart.look()["notes.txt"].startswith("v2")


async def test_a_layer_that_waited_is_merged_as_it_was_looked_at_or_not_at_all(apart: Room):
    await apart.call(SCRIPT)
    call = uuid4()
    layer = await apart.layers.open(apart.workspace, call)
    await apart.run("echo v2 >notes.txt", layer.view)
    changes = await layer.changes()
    await layer.park()
    apart.layers.recover()
    await apart.call("echo meanwhile >other.txt")

    waiting = await Layers(apart.workspace.parent.parent / "layers", apart.sandbox).pending(apart.workspace, call)
    assert waiting is not None
    assert await apart.layers.pending(apart.workspace, uuid4()) is None
    (waiting.upper / "notes.txt").write_text("v3\n") if waiting.upper else None
    with pytest.raises(LayerChanged, match="looked at"):
        await waiting.merge(changes)
    changed = await waiting.changes()
    (apart.workspace / "notes.txt").write_text("somebody else's\n")
    with pytest.raises(LayerChanged, match=r"notes\.txt"):
        await waiting.merge(changed)
    assert apart.look()["notes.txt"].startswith("somebody")
    (apart.workspace / "notes.txt").unlink()
    assert (await waiting.merge(await waiting.changes())).number == 4

    assert apart.look()["notes.txt"].startswith("v3")
    assert apart.look()["other.txt"].startswith("meanwhile")
    assert await apart.layers.pending(apart.workspace, call) is None


async def test_what_somebody_else_changed_meanwhile_is_kept_beside_the_calls_own(apart: Room):
    await apart.call(SCRIPT)
    layer = await apart.layers.open(apart.workspace, uuid4())
    await apart.run(
        "echo ours >notes.txt; rm -r gone; echo ours >up.txt; rm src/a.txt; rm -r src/deep; mkdir src/deep", layer.view
    )
    (apart.workspace / "notes.txt").write_text("theirs")
    (apart.workspace / "up.txt").write_text("theirs")
    (apart.workspace / "gone" / "new").write_text("theirs")
    (apart.workspace / "src" / "a.txt").write_text("theirs")
    (apart.workspace / "src" / "deep" / "d.txt").write_text("theirs")

    kept = await layer.merge()

    look = {path: what.partition("|")[0] for path, what in apart.look().items()}
    assert look["notes.txt"] == "theirs"
    assert look["notes~2.txt"] == "ours"
    assert (look["up.txt"], look["up~2.txt"]) == ("theirs", "ours")
    assert look["gone/new"] == "theirs"
    assert "gone/x" not in look
    assert look["src/a.txt"] == "theirs"
    assert look["src/deep/d.txt"] == "theirs"
    assert "src/deep/c.txt" not in look
    assert len([note for note in kept.notes if "meanwhile" in str(note)]) == 4


async def test_links_are_merged_as_links_and_never_followed(room: Room, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "key").write_text("canary")
    await room.call(f"ln -s {outside} out; ln -s {outside}/key key")

    await room.call("rm out; mkdir out; echo hostile >out/key; rm key; echo hostile >key")
    await room.layers.undo(room.workspace)

    assert (outside / "key").read_text() == "canary"
    assert (room.workspace / "out").is_symlink()

    layer = await room.layers.open(room.workspace, uuid4())
    if layer.upper:  # as if another call had swapped a folder for a link between the run and the merge
        (layer.upper / "d").mkdir()
        (layer.upper / "d" / "key").write_text("hostile")
        (room.workspace / "d").symlink_to(outside)
        kept = await layer.merge()
        assert (outside / "key").read_text() == "canary"
        assert any("meanwhile" in str(note) for note in kept.notes)


async def test_devices_fifos_and_set_uid_bits_are_dropped_and_said(apart: Room):
    kept = await apart.call(
        "mkfifo pipe; mkdir d; mkfifo d/pipe; cp /bin/true d/true; chmod 6755 d/true; cp /bin/true t; chmod 4755 t;"
        "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")' || true"
    )

    assert set(apart.look()) <= {"d", "d/true", "t"}
    assert stat.S_IMODE((apart.workspace / "t").stat().st_mode) == 0o755
    assert stat.S_IMODE((apart.workspace / "d" / "true").stat().st_mode) == 0o755
    assert {"pipe", "d/pipe"} <= {str(note).split()[0] for note in kept.notes if "FIFO" in str(note)}
    assert {"t", "d/true"} <= {str(note).split()[0] for note in kept.notes if "set-uid" in str(note)}


async def test_marks_of_the_file_system_never_reach_the_workspace(apart: Room):
    await apart.call("mkdir d; echo x >d/x")
    await apart.call("rm -r d; mkdir d; echo y >d/y; rm -r d; mkdir -p d/e")

    marks = [name for path in apart.workspace.rglob("*") for name in os.listxattr(path)]
    assert marks == []
    assert set(apart.look()) == {"d", "d/e"}


async def test_later_changes_are_not_lost_to_an_undo_unless_that_is_wanted(room: Room):
    await room.call("echo 1 >a; echo 1 >b")
    await room.call("echo 2 >a")
    await room.call("echo 3 >a")

    undone = await room.layers.undo(room.workspace, Which(number=2))

    assert undone.entries == ()
    assert undone.refusal is not None
    assert undone.refusal.paths == ("a",)
    assert undone.refusal.later == (3,)
    assert (room.workspace / "a").read_text() == "3\n"

    forced = await room.layers.undo(room.workspace, Which(number=2), force=True)

    assert (room.workspace / "a").read_text() == "1\n"
    await room.layers.undo(room.workspace, Which(number=forced.number))
    assert (room.workspace / "a").read_text() == "3\n"


async def test_several_are_undone_newest_first_until_one_cannot_be(room: Room):
    await room.call("echo 1 >a")
    await room.call("echo 2 >b")
    await room.call("echo 3 >c")
    (room.workspace / "b").write_text("by hand")

    undone = await room.layers.undo(room.workspace, 3)

    assert [entry.number for entry in undone.entries] == [3]
    assert undone.refusal is not None
    assert undone.refusal.later == ()
    assert {path.name for path in room.workspace.iterdir()} == {"a", "b"}


async def test_all_that_was_done_under_one_approval_is_undone_at_once(room: Room):
    await room.call("echo 1 >a", under="K7QM")
    await room.call("echo 2 >b")
    await room.call("echo 3 >c", under="K7QM")

    undone = await room.layers.undo(room.workspace, Which(under="K7QM"))

    assert [entry.what for entry in undone.entries] == ["echo 3 >c", "echo 1 >a"]
    assert {path.name for path in room.workspace.iterdir()} == {"b"}
    assert (await room.layers.undo(room.workspace, Which(under="K7QM"))).is_missing


async def test_a_file_that_is_written_by_a_tool_is_in_the_same_history(room: Room):
    await room.call("echo 1 >a; ln -s sub link; mkdir sub; echo in >sub/f")
    about = About(person="p", what="a", tool="write_file")

    assert await room.layers.replace(room.workspace, "a", b"2\n", uuid4(), about)
    assert not await room.layers.replace(room.workspace, "new/deep/b", b"b", uuid4(), about)
    assert await room.layers.replace(room.workspace, "link/f", b"changed", uuid4(), about)
    assert (room.workspace / "sub" / "f").read_text() == "changed"

    undone = await room.layers.undo(room.workspace, 3)

    assert len(undone.entries) == 3
    assert (room.workspace / "a").read_text() == "1\n"
    assert (room.workspace / "sub" / "f").read_text() == "in\n"
    assert not (room.workspace / "new").exists()


async def test_what_is_kept_is_bounded_in_space_and_age(tmp_path: Path):
    room = Room(tmp_path, choose(), Keeping(bytes_of_person=3_000))
    await room.call("head -c 2000 /dev/zero >a; head -c 2000 /dev/zero >b; head -c 9000 /dev/zero >large")

    await room.call("rm a")
    await room.call("rm b")
    kept = await room.call("rm large")
    sizes = [entry.kept_bytes for entry in await room.layers.history(room.workspace)]

    assert any("cannot be undone" in str(note) for note in kept.notes)
    assert sizes == [0, 2000, 0]
    assert (await room.layers.undo(room.workspace)).gone is not None
    assert not (room.workspace / "large").exists()
    assert room.layers.clean(time.time() - 60) == 0
    assert room.layers.clean(time.time() + 1) == 3
    assert (await room.layers.undo(room.workspace)).is_missing


async def test_the_difference_of_an_old_entry_is_still_shown_after_later_ones(room: Room):
    await room.call("echo 1 >a; mkdir d; echo x >d/x")
    await room.call("echo 2 >a")
    await room.call("rm -r d a")

    assert "+x\n" in await room.layers.difference(room.workspace, 1)
    assert "-1\n+2\n" in await room.layers.difference(room.workspace, 2)
    assert "-x\n" in await room.layers.difference(room.workspace, 3)


def test_changes_say_nothing_when_there_are_none():
    assert Changes(changes=()).base == ()
