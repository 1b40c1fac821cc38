"""The command /undo: what it takes back, for whom, and what it says when it cannot."""

from uuid import uuid4

from agents.layers import About
from agents.workspaces import workspace_name
from gateway import commands
from governance.people.people import Person, Role
from tests.unit.commands.room import Room


async def writes(room: Room, who: Person, path: str, text: str, *, under: str = "", where: str = "") -> None:
    """A call of somebody's agent writes a file in the workspace of their conversation."""
    layers = room.parts.layers
    workspace = layers.workspace(workspace_name(f"chat:{where or who.name}:"))
    workspace.mkdir(parents=True, exist_ok=True)
    about = About(person=str(who.id), agent="assistant", tool="write_file", what=path, under=under)
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
