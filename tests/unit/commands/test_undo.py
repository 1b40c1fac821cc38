"""The commands /undo, /redo and /diff: what they take back and show, for whom, and what they say when they cannot."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

from agents.layers import About
from agents.workspaces import workspace_name
from channels.codec import load
from channels.messages import BodyKind, Card, File, Outbound
from gateway import commands
from governance.people.people import Person, Role
from tests.unit.commands.room import Room


async def writes(
    room: Room, who: Person, path: str, text: str, *, under: str = "", where: str = "", turn: str = ""
) -> None:
    """A call of somebody's agent writes a file in the workspace of their conversation."""
    layers = room.parts.layers
    workspace = layers.workspace(workspace_name(f"chat:{where or who.name}:"))
    workspace.mkdir(parents=True, exist_ok=True)
    about = About(person=str(who.id), agent="assistant", tool="write_file", what=path, under=under, turn=turn)
    await layers.replace(workspace, path, text.encode(), uuid4(), about)


def read(room: Room, who: Person, path: str, where: str = "") -> str | None:
    file = room.parts.layers.workspace(workspace_name(f"chat:{where or who.name}:")) / path
    return file.read_text() if file.exists() else None


async def test_the_last_change_is_taken_back_and_brought_back(room: Room):
    alice = await room.person("alice")
    await writes(room, alice, "a.txt", "one")
    await writes(room, alice, "a.txt", "two")

    said = await room.type(alice, "/undo")

    assert read(room, alice, "a.txt") == "one"
    assert "**Taken back.** `/undo #3` would bring it back." in said
    assert "write_file `a.txt`" in said
    [line] = await room.store.fetch(
        "select resource, detail from nexora_audit_events where tag = 'chat:workspace:undone'"
    )
    assert line["resource"] == "#2"
    await room.type(alice, "/undo #3")
    assert read(room, alice, "a.txt") == "two"


async def test_several_and_all_of_an_approval(room: Room):
    alice = await room.person("alice")
    for number in range(4):
        await writes(room, alice, f"{number}", "x", under="K7QM" if number < 2 else "")

    await room.type(alice, "/undo 2")
    assert [read(room, alice, f"{number}") for number in range(4)] == ["x", "x", None, None]
    await room.type(alice, "/undo k7qm")
    assert [read(room, alice, f"{number}") for number in range(4)] == [None] * 4
    assert "nothing of yours" in await room.type(alice, "/undo")


async def test_the_list_says_what_can_be_taken_back_in_both_languages(room: Room):
    alice = await room.person("alice")
    await writes(room, alice, "a.txt", "one")
    await room.type(alice, "/undo")

    said = await room.type(alice, "/undo list")
    await room.type(alice, "/language zh")
    chinese = await room.type(alice, "/撤销 列表")

    assert "#1 · " in said
    assert "write_file `a.txt` · places: 1 · taken back" in said
    assert "#2 · " in said
    assert "已撤销" in chinese
    assert "此处可撤销的更改" in chinese


async def test_a_later_change_is_not_lost_unless_that_is_wanted(room: Room):
    alice = await room.person("alice")
    await writes(room, alice, "a.txt", "one")
    await writes(room, alice, "a.txt", "two")

    refused = await room.type(alice, "/undo #1")
    assert "#1 was not taken back" in refused
    assert "(#2): `a.txt`" in refused
    assert read(room, alice, "a.txt") == "two"

    await room.type(alice, "/undo #1 force")
    assert read(room, alice, "a.txt") is None


async def test_nobody_takes_back_what_somebody_else_did_but_admins(room: Room):
    alice, bob = await room.person("alice"), await room.person("bob")
    root = await room.person("root", Role.ADMIN)
    await writes(room, alice, "a.txt", "alice", where="group")

    assert "nothing of yours" in await room.type(bob, "/undo", room="group")
    assert "nothing of yours" in await room.type(bob, "/undo #1", room="group")
    assert "nothing of yours" in await room.type(bob, "/undo list", room="group")
    assert read(room, alice, "a.txt", "group") == "alice"
    assert "Taken back" in await room.type(root, "/undo", room="group")
    assert read(room, alice, "a.txt", "group") is None


async def test_a_command_that_is_delivered_twice_undoes_once(room: Room):
    alice = await room.person("alice")
    for number in range(3):
        await writes(room, alice, f"{number}", "x")
    await room.type(alice, "/undo 2")
    room.numbers -= 1

    again = await room.type(alice, "/undo 2")

    assert "Taken back" in again
    assert read(room, alice, "0") == "x"


async def test_what_makes_no_sense_is_answered_with_the_usage(room: Room):
    alice = await room.person("alice")

    for words in ("/undo 0", "/undo 51", "/undo a b", "/undo #x"):
        assert "Type `/undo" in await room.type(alice, words)
    assert commands.parse("/撤销 3") == ("undo", "3")
    assert commands.parse("/撤回 7QX4") == ("cancel", "7QX4")


async def sent(room: Room) -> list[Any]:
    """What commands have sent beside their answers, oldest first."""
    rows = await room.store.fetch("select body from nexora_outbox where key like 'diff:%' order by key")
    messages = [load(Outbound, row["body"]) for row in rows]
    return [each.card or each.parts[0] for each in messages]


async def test_a_turn_is_shown_before_it_is_taken_back_and_brought_back_as_one(room: Room):
    alice = await room.person("alice")
    await writes(room, alice, "a.txt", "zero\n", turn="t1")
    await writes(room, alice, "a.txt", "one\n", turn="t2")
    await writes(room, alice, "b.txt", "two\n", turn="t2")

    said = await room.type(alice, "/undo turn")

    assert "`/undo turn #3` does it" in said
    [card] = await sent(room)
    assert isinstance(card, Card)
    assert "-zero\n+one\n" in card.body
    assert "+two" in card.body
    assert (read(room, alice, "a.txt"), read(room, alice, "b.txt")) == ("one\n", "two\n")

    assert "Taken back" in await room.type(alice, "/undo turn #3")
    assert (read(room, alice, "a.txt"), read(room, alice, "b.txt")) == ("zero\n", None)

    assert "Brought back" in await room.type(alice, "/redo")
    assert (read(room, alice, "a.txt"), read(room, alice, "b.txt")) == ("one\n", "two\n")
    room.numbers -= 1
    assert "Brought back" in await room.type(alice, "/redo")
    assert "no undo of yours" in await room.type(alice, "/redo")
    assert "Taken back" in await room.type(alice, "/撤销 本轮 #2")
    assert (read(room, alice, "a.txt"), read(room, alice, "b.txt")) == ("zero\n", None)


async def test_undoes_are_brought_back_newest_first(room: Room):
    alice = await room.person("alice")
    await writes(room, alice, "a.txt", "one")
    await writes(room, alice, "a.txt", "two")
    await room.type(alice, "/undo")
    await room.type(alice, "/undo")

    await room.type(alice, "/redo")
    assert read(room, alice, "a.txt") == "one"
    await room.type(alice, "/redo")
    assert read(room, alice, "a.txt") == "two"


async def test_a_difference_is_a_card_and_a_file_where_it_is_long(room: Room):
    alice, bob = await room.person("alice"), await room.person("bob")
    await writes(room, alice, "a.txt", "one\n", where="group")
    await writes(room, alice, "a.txt", "".join(f"line {number}\n" for number in range(100)), where="group")

    said = await room.type(alice, "/diff", room="group")
    await room.type(alice, "/差异 #1", room="group")

    assert "#2 · " in said
    long, file, short = await sent(room)
    assert isinstance(long, Card)
    assert isinstance(file, File)
    assert isinstance(short, Card)
    assert long.body_kind is BodyKind.DIFF
    assert [fact.value for fact in long.facts] == ["#2 write_file a.txt", "+100 −1"]
    assert long.note == "64 more lines stand in the file."
    assert (await asyncio.to_thread(Path(file.locator).read_text)).endswith("+line 99\n")
    assert short.body == "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+one"
    assert "nothing of yours" in await room.type(bob, "/diff", room="group")
    assert "nothing of yours" in await room.type(bob, "/diff #1", room="group")
    assert "nothing of yours" in await room.type(bob, "/undo turn", room="group")


async def test_a_difference_shows_nothing_of_a_later_change_that_was_taken_back(room: Room):
    alice = await room.person("alice")
    await writes(room, alice, "a.txt", "one\n")
    await writes(room, alice, "a.txt", "two\n")
    await room.type(alice, "/undo")

    await room.type(alice, "/diff")
    await room.type(alice, "/redo")
    await room.type(alice, "/diff #1")

    first, second = await sent(room)
    assert first.body == second.body == "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+one"
