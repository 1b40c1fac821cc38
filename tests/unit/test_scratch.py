"""The /tmp of a conversation lasts from one command to the next, is bounded, and deceives nobody who approves."""

from dataclasses import replace
from uuid import uuid4

import pytest

from agents.toolbox import scratch
from governance.people.people import Person, Role
from tests.unit.test_command_results import Desk, desk, git

__all__ = ["desk"]

LIST = "ls $TMPDIR | grep -v pytest"
"""These tests have their workspaces below /tmp, where the way to them is seen too."""
PERSON = Person(id=uuid4(), name="ann", display_name="Ann", role=Role.OPERATOR, language="en")


async def approved(desk: Desk, command: str) -> str:
    context = replace(desk.context, call=uuid4(), under="K7QM")
    return (await desk._tools["shell"].run(context, {"command": command})).text


async def test_what_a_command_leaves_there_the_next_one_finds_and_no_history_holds(desk: Desk) -> None:
    await desk.sh("echo kept >$TMPDIR/a; mkdir $TMPDIR/b; mktemp")

    assert await desk.sh(f"cat $TMPDIR/a; ls -d $TMPDIR/b >/dev/null && {LIST} | wc -l") == "kept\n3\nexit 0"
    assert await desk.layers.history(desk.workspace) == []
    assert list(desk.workspace.iterdir()) == []


async def test_another_conversation_has_another_one(desk: Desk) -> None:
    await desk.sh("echo mine >$TMPDIR/a")
    other = desk.workspace.with_name("two")
    other.mkdir()
    context = replace(desk.context, workspace=other)

    seen = await desk._tools["shell"].run(context, {"command": "ls $TMPDIR; ls ..; cat $TMPDIR/../../one/tmp/a"})

    assert "mine" not in seen.text


async def test_an_approved_call_begins_with_an_empty_one_and_leaves_what_it_made(desk: Desk) -> None:
    await desk.sh("echo swapped >$TMPDIR/deploy.sh; echo old >$TMPDIR/both")

    said = await approved(desk, "echo new >$TMPDIR/both; mkdir $TMPDIR/made; cat /tmp/deploy.sh $TMPDIR/deploy.sh")

    assert "swapped" not in said
    assert "begins with an empty /tmp" in said
    after = await desk.sh(f"cd $TMPDIR; cat both deploy.sh; {LIST}")
    assert after == "new\nswapped\nboth\ndeploy.sh\nmade\nexit 0"


async def test_one_that_grows_too_large_ends_the_command_and_is_emptied(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "MOST_FILES", 50)

    said = await desk.sh("cd $TMPDIR; for n in $(seq 100); do echo $n >f$n; done; sleep 15")
    quick = await desk.sh("cd $TMPDIR; mkdir deep; for n in $(seq 60); do echo $n >deep/f$n; done")

    assert "it was stopped because /tmp held more than" in said
    assert "(/tmp held more than" in quick
    assert await desk.sh(f"{LIST} | wc -l") == "0\nexit 0"


async def test_git_knows_the_person_unless_the_repository_says_otherwise(desk: Desk) -> None:
    git(desk.workspace, "init", "-q", "-b", "main", ".")

    shown = await desk.sh("git config user.name; git config user.email; git config init.defaultBranch; echo $PAGER")
    git(desk.workspace, "config", "user.name", "Release Bot")

    assert shown == "Ann Lee\nann@nexora.invalid\nmain\ncat\nexit 0"
    assert await desk.sh("git config user.name") == "Release Bot\nexit 0"


async def test_a_commit_needs_no_word_about_its_author(desk: Desk) -> None:
    if not desk.layers.is_apart:
        git(desk.workspace, "init", "-q", "-b", "main", ".")
    said = await desk.sh(
        "git init -q .; git commit -q --allow-empty -m first; git log -1 --format='%an <%ae> %cn' HEAD"
    )

    assert said.splitlines()[-2:] == ["Ann Lee <ann@nexora.invalid> Ann Lee", "exit 0"]


@pytest.mark.parametrize("label", ['a "quoted\\ name', "line\nbreak [core] pager=evil", "   ", "李雷"])
def test_a_name_can_say_nothing_else_to_git(label: str) -> None:
    person = replace(PERSON, display_name=label, name="li lei")

    text = scratch._identity(person)

    assert text.count("\n") == len(scratch._identity(PERSON).splitlines())
    assert "li-lei@nexora.invalid" in text
    assert text.splitlines()[1].startswith('\tname = "')
    assert text.splitlines()[1].count('"') == 2
    assert "\\" not in text
