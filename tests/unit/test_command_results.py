"""What a model reads of a command: its output without a terminal's signs, both ends of long ones, and how it ended."""

import re
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from agents.layers import Layers
from agents.sandbox import CommandLimits, Sandbox, SandboxLevel, choice
from agents.toolbox import toolbox
from agents.toolbox.output import HEAD, MOST_FILES, TAIL, keep, readable
from agents.toolbox.shell import CommandTimes
from agents.tools.tool import Tool, ToolContext, ToolResult
from governance.egress.egress import AllowList, Egress
from governance.guard.calls import ProposedCall
from governance.guard.contents import bound
from governance.guard.guard import covers, pattern_for
from governance.guard.paths import judge_path
from governance.guard.reading import read_call
from governance.people.people import Person, Role
from governance.shell import read_command
from governance.values.verdicts import Allowed, Ask, Effect
from tests.conftest import unavailable

LIMITS = CommandLimits(file_bytes=8 << 20)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def level(name: str) -> Sandbox:
    for each in choice._candidates(LIMITS):
        if each.level == name and each.works():
            return each
    return unavailable(f"{name} does not work here")


class Desk:
    """The tools at one workspace."""

    def __init__(self, tools: tuple[Tool, ...], layers: Layers, workspace: Path) -> None:
        self.layers = layers
        self.workspace = workspace
        self.context = ToolContext(
            person=Person(id=uuid4(), name="ann", display_name="Ann Lee", role=Role.OPERATOR, language="en"),
            agent="a",
            conversation="c",
            workspace=workspace,
        )
        self._tools = {tool.name: tool for tool in tools}

    async def __call__(self, name: str, **arguments: object) -> ToolResult:
        return await self._tools[name].run(replace(self.context, call=uuid4()), arguments)

    async def sh(self, command: str, **arguments: object) -> str:
        """What is said of a command, without the time that it took, which a busy machine decides about."""
        said = (await self("shell", command=command, **arguments)).text
        return re.sub(r"^(exit \d+) · [\d.]+ s$", r"\1", said, flags=re.MULTILINE)


@pytest.fixture(params=[SandboxLevel.BUBBLEWRAP, SandboxLevel.LANDLOCK])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    sandbox = level(request.param)
    workspace = tmp_path / "workspaces" / "one"
    workspace.mkdir(parents=True)
    layers = Layers(tmp_path / "layers", sandbox)
    async with Egress(AllowList.of([])) as egress:
        tools = toolbox(sandbox, egress, layers, outgoing=tmp_path / "out", times=CommandTimes(usual=20, longest=30))
        yield Desk(tools, layers, workspace)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\x1b[31mred\x1b[0m and \x1b]0;title\x07plain", "red and plain"),
        ("\x1b(B\x1b[?25lhidden cursor\x1b[K", "hidden cursor"),
        ("10 %\r 50 %\r100 %\r\ndone\r\n", "100 %\ndone\n"),
        ("loading\r       \rready", "ready"),
        ("N\bNA\bAM\bME\bE", "NAME"),
        ("ab\b\b\bc", "c"),
        ("a bell\x07 and a \x01", "a bell and a \\x01"),
        ("tabs\tand 中文 stay", "tabs\tand 中文 stay"),
    ],
)
def test_an_output_reads_as_a_terminal_would_show_it_in_the_end(written: str, read: str) -> None:
    assert readable(written) == read


def test_a_line_of_a_hundred_thousand_backspaces_costs_no_more_than_its_length() -> None:
    assert readable("a" * 200_000 + "\b" * 200_000 + "end") == "end"


async def test_bytes_that_are_no_text_are_shown(desk: Desk) -> None:
    assert await desk.sh(r"printf 'caf\351\n'") == "caf\\xe9\nexit 0"


async def test_of_a_long_output_both_ends_are_shown_and_the_file_with_the_whole_reads_on(desk: Desk) -> None:
    said = await desk.sh("seq -f 'line %05.0f' 1 10000")

    assert said.startswith("line 00001\n")
    assert "line 10000\nexit 0" in said
    assert len(said) < HEAD + TAIL + 300
    middle = next(line for line in said.splitlines() if line.startswith("[…"))
    first = said.split("\n[…")[0].splitlines()
    last = said.split("…]\n")[1].splitlines()[:-1]
    assert f"{10_000 - len(first) - len(last):,} lines left out" in middle
    assert f".nexora/out/1.txt, where line {len(first) + 1} goes on" in middle
    whole = (desk.workspace / ".nexora/out/1.txt").read_text().splitlines()
    assert whole == [f"line {number:05}" for number in range(1, 10_001)]
    assert "line 05000" in (await desk("search_files", pattern="line 05000", path=".nexora/out")).text
    assert "line 05000" in (await desk("read_file", path=".nexora/out/1.txt", start_line=5000, end_line=5000)).text


async def test_one_line_without_an_end_is_cut_with_a_true_count(desk: Desk) -> None:
    said = await desk.sh("head -c 100000 /dev/zero | tr '\\0' x")

    assert f"[… {100_000 - HEAD - TAIL:,} characters, 0 lines left out" in said


async def test_whole_outputs_are_in_no_list_of_undo_and_not_in_the_status_of_git(desk: Desk) -> None:
    git(desk.workspace, "init", "-q", ".")
    await desk.sh("seq 10000")

    assert (desk.workspace / ".nexora/out/1.txt").exists()
    assert git(desk.workspace, "status", "--porcelain") == ""
    changed = [step.path for entry in await desk.layers.history(desk.workspace) for step in entry.steps]
    assert not [path for path in changed if path.startswith(".nexora")]
    assert ".nexora/" in (await desk("list_files")).text
    assert "out/1.txt" not in (await desk("list_files")).text


def test_only_the_newest_whole_outputs_are_kept(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 5):
        keep(tmp_path, f"output {number}")

    names = {path.name for path in (tmp_path / ".nexora/out").iterdir()}
    assert names == {f"{number}.txt" for number in range(6, MOST_FILES + 6)}


async def test_a_folder_that_is_a_link_takes_no_output(desk: Desk) -> None:
    outside = desk.workspace.parent / "outside"
    outside.mkdir()
    (desk.workspace / ".nexora").symlink_to(outside)

    said = await desk.sh("seq 10000")

    assert "they are not kept; write the output into a file" in said
    assert list(outside.iterdir()) == []


async def test_a_signal_is_called_by_its_name(desk: Desk) -> None:
    assert (await desk.sh("kill -SEGV $$")).splitlines()[-1] == "exit 139 (SIGSEGV)"


async def test_a_file_that_grew_too_large_says_so(desk: Desk) -> None:
    said = await desk.sh("exec dd if=/dev/zero of=big bs=1M count=20 2>/dev/null")

    assert "SIGXFSZ" in said
    assert "8 MB, the most that one may have" in said


async def test_a_program_whose_reader_has_gone_ends_in_silence(desk: Desk) -> None:
    assert await desk.sh("yes | head -1; echo ${PIPESTATUS[0]}") == "y\n141\nexit 0"


async def test_a_time_that_ran_out_says_which_bound_it_was_and_what_to_do(desk: Desk) -> None:
    said = await desk.sh("echo begun; sleep 60", timeout=1)

    assert said.startswith("begun\nexit 124\n")
    assert "stopped after 1 s" in said
    assert "up to 30 s by timeout" in said


async def test_a_timeout_beyond_the_most_is_capped_and_that_is_said(desk: Desk) -> None:
    assert "timeout was 4000 s; 30 s is the most" in await desk.sh("true", timeout=4000)


async def test_what_still_ran_when_the_command_ended_is_told(desk: Desk) -> None:
    one = await desk.sh("sleep 1000 & echo done")
    two = await desk.sh("sleep 1000 >/dev/null 2>&1 & nohup sleep 1000 >/dev/null 2>&1 & echo done")
    none = await desk.sh("sleep 0.05 & echo done")

    assert one.startswith("done\nexit 0")
    assert "(1 process still ran" in one
    assert "(2 processes still ran" in two
    assert "still ran" not in none


async def test_a_command_begins_in_the_folder_that_it_names(desk: Desk) -> None:
    (desk.workspace / "src/deep").mkdir(parents=True)
    (desk.workspace / "link").symlink_to("src")

    assert await desk.sh("echo x >made; basename $PWD", cwd="src/deep") == "deep\nexit 0"
    assert (desk.workspace / "src/deep/made").exists()
    assert (await desk.sh("basename $(pwd -P)", cwd="link")).startswith("src\n")
    assert await desk.sh("basename $PWD", cwd=".") == "one\nexit 0"


@pytest.mark.parametrize(("cwd", "why"), [("gone", "no folder gone"), ("..", "outside"), ("/etc", "outside")])
async def test_a_folder_that_is_not_there_or_outside_is_refused_with_a_way_on(desk: Desk, cwd: str, why: str) -> None:
    assert why in await desk.sh("pwd", cwd=cwd)


async def test_a_folder_that_leads_outside_by_a_link_is_refused(desk: Desk) -> None:
    (desk.workspace / "away").symlink_to("/etc")

    assert "outside" in await desk.sh("pwd", cwd="away")


@pytest.mark.parametrize("command", ["grep -n failed .nexora/out/3.txt", "tail -5 $HOME/.nexora/out/12.txt"])
def test_reading_a_whole_output_by_a_command_asks_nobody(command: str, tmp_path: Path) -> None:
    assert isinstance(read_command(command, tmp_path, contained=True).verdict, Allowed)


@pytest.mark.parametrize(
    "path", [".nexora/keys/master.key", ".nexora", ".nexora/output", ".nexora/out/../keys/master.key"]
)
def test_what_else_lies_under_that_name_is_a_place_of_secrets(path: str, tmp_path: Path) -> None:
    assert isinstance(read_command(f"cat ~/{path}", tmp_path, contained=True).verdict, Ask)
    assert isinstance(judge_path(path, tmp_path, writes=False), Ask)


def test_a_command_is_judged_from_the_folder_in_which_it_begins(tmp_path: Path) -> None:
    def judged(command: str, cwd: str) -> object:
        folder = tmp_path / cwd
        return read_command(command, tmp_path, contained=True, folder=folder).verdict

    assert isinstance(judged("cat hooks/pre-push", "src"), Allowed)
    assert isinstance(judged("echo x >hooks/pre-push", ".git"), Ask)
    assert isinstance(judged("echo x >hooks/pre-push", "src"), Allowed)
    assert isinstance(judged("cat ../../notes", "src"), type(judged("cat ../notes", "")))
    assert isinstance(judged("cat ../notes", "src"), Allowed)


async def test_an_approval_is_bound_to_the_folder_and_to_what_is_named_from_there(desk: Desk) -> None:
    (desk.workspace / "src").mkdir()
    (desk.workspace / "src/run.py").write_text("print(1)")
    there = ProposedCall(
        person=desk.context.person,
        agent="a",
        conversation="c",
        tool="shell",
        arguments={"command": "python run.py", "cwd": "src"},
        effect=Effect.RUNS,
        subject="command",
        workspace=desk.workspace,
    )
    call = read_call(there, contained=False)
    elsewhere = read_call(replace(there, arguments={"command": "python run.py"}), contained=False)
    nowhere = read_call(replace(there, arguments={"command": "python run.py", "cwd": ""}), contained=False)

    assert list((await bound(call)).contents or ()) == ["src/run.py"]
    assert (await bound(elsewhere)).contents == {}
    assert call.digest != elsewhere.digest
    assert not covers(pattern_for(elsewhere), call)
    assert pattern_for(nowhere) == pattern_for(elsewhere)
