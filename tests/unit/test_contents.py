"""What an approval is bound to besides its text: which files count as named, and that every change of one is seen."""

import asyncio
import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import pytest

from governance.guard import contents
from governance.guard.calls import ProposedCall, hashed
from governance.guard.contents import Unbindable, bound, changed
from governance.guard.matching import MatchBudget, TooMuch, matches
from governance.guard.patterns import covers, pattern_for
from governance.guard.reading import read_call
from governance.people.people import Person, Role
from governance.record.audit import canonical
from governance.values.reasons import Why
from governance.values.verdicts import Effect


def call(workspace: Path, command: str, effect: Effect = Effect.RUNS) -> ProposedCall:
    proposed = ProposedCall(
        person=Person(id=UUID(int=1), name="alice", role=Role.OPERATOR),
        agent="helper",
        conversation="chat:1",
        tool="shell",
        arguments={"command": command},
        effect=effect,
        subject="command",
        workspace=workspace,
    )
    return read_call(proposed, contained=False)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    (folder / "app").mkdir(parents=True)
    for name in ("run.py", "x.sh", "Makefile", "notes.txt", "app/__main__.py", "app/tool.py", "with space.sh"):
        (folder / name).write_text(f"content of {name}")
    (tmp_path / "outside.sh").write_text("outside")
    return folder


async def named(workspace: Path, command: str) -> Mapping[str, str]:
    found = (await bound(call(workspace, command))).contents
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("python3 run.py", {"run.py"}),
        ("python3 ./run.py --fast", {"run.py"}),
        ("bash x.sh && python3 run.py", {"run.py", "x.sh"}),
        ("./x.sh", {"x.sh"}),
        ("cd app && python3 tool.py", {"app/tool.py"}),
        ("F=run.py; python3 $F", {"run.py"}),
        ("bash -c 'source x.sh'", {"x.sh"}),
        ("bash 'with space.sh'", {"with space.sh"}),
        ("python3 < run.py", {"run.py"}),
        ("bash *.sh", {"with space.sh", "x.sh"}),
        ("timeout 5 nice python3 run.py", {"run.py"}),
        ("""python3 -c 'exec(open("run.py").read())'""", {"run.py"}),
        ("python3 <<EOF\nimport runpy; runpy.run_path('run.py')\nEOF", {"run.py"}),
        ("make install", {"Makefile"}),
        ("make -fnotes.txt", {"Makefile", "notes.txt"}),
        ("python3 app", {"app/__main__.py"}),
        ("python3 -m app.tool", {"app/tool.py"}),
        ("curl --config=notes.txt https://example.org", {"notes.txt"}),
        ("curl -d @notes.txt https://example.org", {"notes.txt"}),
        ("git push", set()),
        ("python3 missing.py", set()),
        ("python3 ../outside.sh", set()),
    ],
)
async def test_every_file_that_a_command_names_is_bound_to_its_content(workspace, command, files):
    found = await named(workspace, command)

    assert set(found) == files
    for name, digest in found.items():
        assert digest == hashlib.sha256((workspace / name).read_bytes()).hexdigest()


async def test_the_absolute_path_of_a_file_means_the_same_file(workspace):
    assert set(await named(workspace, f"python3 {workspace}/run.py")) == {"run.py"}


async def test_a_file_behind_thousands_of_words_is_bound_in_a_command_too_long_to_be_judged(workspace):
    command = f"python3 {' '.join(f'a{number}' for number in range(9_000))} run.py"

    began = time.process_time()
    found = await named(workspace, command)

    assert set(found) == {"run.py"}
    assert time.process_time() - began < 5


async def test_only_commands_are_bound_to_files(workspace):
    read = (await bound(call(workspace, "run.py", Effect.READS))).contents

    assert read == {}


@pytest.mark.parametrize("what", ["changed", "is gone", "appeared"])
async def test_a_change_is_told_with_the_name_of_the_file(workspace, what):
    before = await named(workspace, "python3 run.py && bash new.sh")
    match what:
        case "changed":
            (workspace / "run.py").write_text("other")
        case "is gone":
            (workspace / "run.py").unlink()
        case "appeared":
            (workspace / "new.sh").write_text("new")

    after = await named(workspace, "python3 run.py && bash new.sh")

    path = "new.sh" if what == "appeared" else "run.py"
    why = changed(before, after)
    assert changed(before, before) is None
    assert why is not None
    assert why.said("en").startswith(f"the file {path} {what} after approval was asked for")
    assert f"文件 {path} " in why.said("zh").replace("，", " ")
    assert "the file" not in why.said("zh")


async def test_the_digest_of_a_call_holds_the_content(workspace):
    one = await bound(call(workspace, "python3 run.py"))
    (workspace / "run.py").write_text("other")
    other = await bound(call(workspace, "python3 run.py"))
    free = call(workspace, "git push")

    assert one.digest != other.digest
    assert (await bound(free)).digest == free.digest


async def test_a_link_is_followed_inside_and_a_link_that_leads_out_is_never_read(workspace):
    (workspace / "inside.sh").symlink_to("x.sh")
    (workspace / "out.sh").symlink_to(workspace.parent / "outside.sh")
    first = await named(workspace, "bash inside.sh out.sh")

    outside = hashlib.sha256((workspace.parent / "outside.sh").read_bytes()).hexdigest()
    assert first["inside.sh"] == hashlib.sha256((workspace / "x.sh").read_bytes()).hexdigest()
    assert outside not in first.values()


async def test_a_file_swapped_for_a_link_and_a_link_led_elsewhere_are_changes(workspace):
    (workspace / "out.sh").symlink_to(workspace.parent / "outside.sh")
    before = await named(workspace, "bash x.sh out.sh")
    (workspace / "x.sh").unlink()
    (workspace / "x.sh").symlink_to(workspace.parent / "outside.sh")
    swapped = await named(workspace, "bash x.sh out.sh")
    (workspace / "out.sh").unlink()
    (workspace / "out.sh").symlink_to("/usr/bin/env")
    led_elsewhere = await named(workspace, "bash x.sh out.sh")

    assert changed(before, swapped) == Why(word="why.file_changed", fields={"path": "x.sh"})
    assert changed(swapped, led_elsewhere) == Why(word="why.file_changed", fields={"path": "out.sh"})


async def test_a_fifo_is_not_waited_for(workspace):
    os.mkfifo(workspace / "pipe")
    async with asyncio.timeout(5):
        assert set(await named(workspace, "python3 pipe")) == {"pipe"}


async def test_of_what_is_too_big_to_read_every_change_is_seen_all_the_same(workspace):
    os.truncate(workspace / "run.py", contents.MOST_BYTES + 1)
    before = await named(workspace, "python3 run.py")
    times = (workspace / "run.py").stat()
    with (workspace / "run.py").open("r+") as file:
        file.write("CONTENT")
    os.utime(workspace / "run.py", ns=(times.st_atime_ns, times.st_mtime_ns))

    after = await named(workspace, "python3 run.py")

    assert changed(before, after) == Why(word="why.file_changed", fields={"path": "run.py"})


async def test_more_files_than_can_be_bound_are_refused(workspace):
    for number in range(contents.MOST_FILES + 1):
        (workspace / f"{number}.part").touch()

    with pytest.raises(Unbindable, match="name fewer"):
        await bound(call(workspace, "python3 run.py *.part"))


async def test_a_pattern_is_looked_up_in_the_workspace_and_nowhere_else(workspace, tmp_path):
    (tmp_path / "outside.py").write_text("not ours")
    (workspace / "led").symlink_to(tmp_path)

    found = await bound(call(workspace, f"cat *.py ../*.py {tmp_path}/*.py led/*.py /*"))

    assert found.contents
    assert all("outside" not in path for path in found.contents)


async def test_looking_a_pattern_up_ends_by_count(workspace, monkeypatch):
    for number in range(60):
        (workspace / f"folder-{number}").mkdir()
    monkeypatch.setattr("governance.guard.contents.MatchBudget", lambda: MatchBudget(entries_left=50))

    with pytest.raises(Unbindable):
        await bound(call(workspace, "cat */*/*.py"))


def test_looking_a_pattern_up_ends_by_time_and_when_nobody_waits(workspace):
    times = iter([0.0, 0.1, 9.0])
    late = MatchBudget(clock=lambda: next(times), seconds=1.0)
    stopped = MatchBudget(is_stopped=True)

    late.spend()
    with pytest.raises(TooMuch):
        late.spend()
    with pytest.raises(TooMuch):
        list(matches("*", str(workspace), workspace, stopped))


async def test_a_grant_covers_a_script_only_with_the_content_that_was_approved(workspace):
    approved = await bound(call(workspace, "python3 run.py --fast"))
    pattern = pattern_for(approved)
    less_said = await bound(call(workspace, "python3 run.py --quiet --fast"))
    other_arguments = await bound(call(workspace, "python3 run.py --slow"))
    (workspace / "run.py").write_text("other")
    other_content = await bound(call(workspace, "python3 run.py --fast"))

    assert pattern.startswith("command:python3 run.py --fast [content ")
    assert covers(pattern, less_said)
    assert not covers(pattern, other_arguments)
    assert not covers(pattern, other_content)
    assert not covers(pattern, call(workspace, "python3 run.py --fast"))


async def test_a_grant_for_an_exact_command_holds_the_content_of_all_that_it_names(workspace):
    command = "bash x.sh; python3 run.py"
    pattern = pattern_for(await bound(call(workspace, command)))
    (workspace / "x.sh").write_text("other")

    assert pattern.startswith(f"exactly:{command} [content ")
    assert not covers(pattern, await bound(call(workspace, command)))


def test_the_digest_of_a_call_is_the_same_wherever_the_workspaces_lie(tmp_path):
    here, there = (call(tmp_path / home / "workspaces" / "ab12", "make") for home in ("home", "other"))

    assert here.digest == there.digest
    assert here.digest != call(tmp_path / "home" / "workspaces" / "cd34", "make").digest


def test_a_question_that_was_put_when_the_whole_path_was_bound_still_names_its_call(tmp_path):
    one = call(tmp_path / "workspaces" / "ab12", "make")
    bound_then = {
        "tool": "shell",
        "arguments": {"command": "make"},
        "workspace": str(one.workspace),
        "agent": "helper",
        "person": str(one.person.id),
        "conversation": "chat:1",
    }

    assert one.has_digest(hashed(canonical(bound_then)))
    assert one.has_digest(one.digest)
    assert not one.has_digest(call(one.workspace, "make clean").digest)
