"""What a command can and cannot do at each level of containment that works on this machine, tried for real.

Everything hostile here is bounded in count, memory and time, and aims at this test's own files and listeners.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandbox import CommandLimits, FinishedCommand, Sandbox, SandboxLevel, choice
from tests.conftest import unavailable

LIMITS = CommandLimits(memory_bytes=256 << 20, processes=40, file_bytes=8 << 20)


def candidates() -> dict[str, Sandbox]:
    """Every way of containing, by a name for its tests."""
    found = {}
    for each in choice._candidates(LIMITS):
        source = "wheel" if "site-packages" in each.binary else "system"
        name = f"{each.level}-{source}{'' if each.hardened else '-plain'}" if each.binary else str(each.level)
        found[name] = each
    return found


CONTAINED = candidates()
ALL = {**CONTAINED, "none": Sandbox(level=SandboxLevel.NONE, limits=LIMITS)}


def working(name: str, known: dict[str, Sandbox]) -> Sandbox:
    if not known[name].works():
        unavailable(f"{name} does not work here")
    return known[name]


@pytest.fixture(params=CONTAINED)
def contained(request: pytest.FixtureRequest) -> Sandbox:
    return working(request.param, CONTAINED)


@pytest.fixture(params=[name for name in ALL if "plain" not in name and "wheel" not in name])
def any_level(request: pytest.FixtureRequest) -> Sandbox:
    return working(request.param, ALL)


@pytest.fixture
def workspace() -> Iterator[Path]:
    """Beside the gateway's own data, as a conversation's folder is."""
    home = Path(tempfile.mkdtemp(prefix="nexora-sandbox-"))
    (home / "key").write_text("canary")
    (home / "workspaces" / "1").mkdir(parents=True)
    (home / "workspaces" / "2").mkdir()
    (home / "workspaces" / "2" / "notes").write_text("canary")
    yield home / "workspaces" / "1"
    shutil.rmtree(home)


async def run(sandbox: Sandbox, workspace: Path, command: str, *, seconds: float = 10) -> FinishedCommand:
    return await sandbox.run(
        command, workspace=workspace, timeout_seconds=seconds, output_limit_bytes=20_000, approved=True
    )


def names_in(folder: str) -> set[str]:
    return {path.name for path in Path(folder).iterdir()}


def python(program: str) -> str:
    """A command line that runs a program which holds no single quotes."""
    return f"python3 -c '{program}'"


async def test_a_command_works_in_its_workspace_with_the_systems_programs(any_level: Sandbox, workspace: Path):
    done = await run(
        any_level, workspace, "pwd; echo hello > a.txt; cat a.txt; ls; mktemp -u | head -c 5; cat -; [[ a == a ]]"
    )

    assert done == FinishedCommand(exit_code=0, output=f"{workspace}\nhello\na.txt\n/tmp/")
    assert (workspace / "a.txt").read_text() == "hello\n"


async def test_exit_codes_and_both_outputs_come_back(any_level: Sandbox, workspace: Path):
    assert (await run(any_level, workspace, "echo out; echo err >&2; exit 7")).output == "out\nerr\n"
    assert (await run(any_level, workspace, "exit 7")).exit_code == 7
    assert (await run(any_level, workspace, "kill -9 $BASHPID")).exit_code == 137
    assert (await run(any_level, workspace, "no-such-program")).exit_code == 127


async def test_the_environment_is_clean(any_level: Sandbox, workspace: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("BASH_ENV", "/nowhere")

    done = await run(any_level, workspace, "env")

    names = {line.partition("=")[0] for line in done.output.splitlines()}
    kept = {"HOME", "LANG", "PATH", "PWD", "PYTHONUNBUFFERED", "SHLVL", "TERM", "TMPDIR", "_"}
    assert names <= kept | {"GIT_CONFIG_NOSYSTEM", "GIT_PAGER", "GIT_TERMINAL_PROMPT", "NO_COLOR", "PAGER"}
    assert f"HOME={workspace}" in done.output.splitlines()


async def test_nothing_of_the_gateway_or_the_host_is_read(contained: Sandbox, workspace: Path):
    home = workspace.parent.parent
    (workspace / "link").symlink_to(home / "key")
    places = [home / "key", home / "workspaces/2/notes", workspace / "link", "/etc/shadow"]

    for place in places:
        done = await run(contained, workspace, f"cat {place}")
        assert done.exit_code == 1, place
        assert "canary" not in done.output
    assert "canary" not in (await run(contained, workspace, "cat /proc/*/environ")).output
    listed = await run(contained, workspace, f"ls -a {home} {home}/workspaces/2 /home")
    assert "key" not in listed.output
    assert "notes" not in listed.output
    parent = await run(contained, workspace, f"cat /proc/{os.getpid()}/environ /proc/{os.getpid()}/cmdline")
    assert parent.exit_code == 1


async def test_nothing_outside_the_workspace_is_written(contained: Sandbox, workspace: Path):
    home = workspace.parent.parent
    outside = [home / "key", home / "new", home / "workspaces/2/notes", "/etc/nexora-test", "/usr/nexora-test"]

    for place in outside:
        await run(contained, workspace, f"echo taken > {place}; mkdir -p {place}.d; ln -sf /etc/passwd {place}.l")
    await run(
        contained,
        workspace,
        f"chmod 777 {home}/key; touch -d 2001-01-01 {home}/key; mv {home}/key . ; rm -rf {home}/key",
    )
    await run(contained, workspace, "echo taken > /tmp/nexora-sandbox-leak")

    assert (home / "key").read_text() == "canary"
    assert (home / "key").stat().st_mode & 0o777 == 0o644
    assert (home / "key").stat().st_mtime > time.time() - 3600
    assert sorted(path.name for path in home.iterdir()) == ["key", "workspaces"]
    assert (home / "workspaces/2/notes").read_text() == "canary"
    assert not {"nexora-test", "nexora-test.d", "nexora-test.l"} & {*names_in("/etc"), *names_in("/usr")}
    assert "nexora-sandbox-leak" not in names_in("/tmp")


async def test_no_process_outside_is_signalled_or_seen(contained: Sandbox, workspace: Path):
    victim = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        done = await run(contained, workspace, f"kill -9 {victim.pid}; kill -9 -1; true")
        again = await run(
            contained, workspace, f"kill -0 {victim.pid} && echo seen; kill -0 {os.getpid()} && echo seen"
        )
        assert victim.returncode is None
    finally:
        victim.kill()
        await victim.wait()

    assert "seen" not in again.output
    assert done.exit_code in {0, 137}


async def test_a_memory_hog_ends_itself_and_nothing_else(any_level: Sandbox, workspace: Path):
    started = time.monotonic()
    done = await run(any_level, workspace, python("x = bytearray(1 << 30); print(len(x))"))
    many = await run(
        any_level,
        workspace,
        "for i in 1 2 3 4; do "
        + python('x = bytearray(b"x") * (200 << 20); import time; time.sleep(9)')
        + " & done; wait",
    )

    assert done.exit_code != 0
    assert "MemoryError" in done.output
    assert "memory" in many.stopped
    assert many.exit_code == 137
    assert time.monotonic() - started < 9


async def test_a_fork_storm_is_contained(any_level: Sandbox, workspace: Path):
    """300 processes at most, which end by themselves within seconds if nothing ends them."""
    done = await run(any_level, workspace, "for i in $(seq 300); do (exec sleep 5) & done; wait", seconds=20)

    refused_by_kernel = "Resource temporarily unavailable" in done.output
    assert refused_by_kernel or "more than 40 processes" in done.stopped
    assert await left_of(workspace) == []


async def test_a_large_file_is_cut_off(any_level: Sandbox, workspace: Path):
    done = await run(any_level, workspace, "head -c 20000000 /dev/zero > big")

    assert done.exit_code != 0
    assert (workspace / "big").stat().st_size <= LIMITS.file_bytes


ESCAPE = "(setsid sh -c 'sleep 61 & sleep 62' >/dev/null 2>&1 &) ; sleep 63 & "


def alive(workspace: Path) -> list[str]:
    """Processes of this machine whose arguments are the escape's or whose folder is the workspace."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            if (process / "cwd").readlink() == workspace and arguments[0]:
                found.append(b" ".join(arguments).decode())
        except OSError:
            continue
    return found


async def left_of(workspace: Path) -> list[str]:
    """What is still alive of a command a second after its end: the kernel takes a moment to end a whole tree."""
    for _ in range(50):
        if not alive(workspace):
            return []
        await asyncio.sleep(0.02)
    return alive(workspace)


async def test_what_is_left_in_the_background_ends_with_the_command(any_level: Sandbox, workspace: Path):
    started = time.monotonic()
    done = await run(any_level, workspace, f"{ESCAPE} echo done")

    assert done.output == "done\n"
    assert time.monotonic() - started < 5
    assert await left_of(workspace) == []


async def test_a_time_out_ends_the_whole_tree(any_level: Sandbox, workspace: Path):
    started = time.monotonic()
    done = await run(
        any_level, workspace, f"{ESCAPE} trap '' TERM INT HUP; echo begun; sleep 60; sleep 60", seconds=0.6
    )

    assert done.timed_out
    assert (done.exit_code, done.output) == (124, "begun\n")
    assert "after 0.6 s" in done.stopped
    assert time.monotonic() - started < 2.5
    assert await left_of(workspace) == []


async def test_a_cancelled_command_is_gone_within_a_second(any_level: Sandbox, workspace: Path):
    begun = asyncio.Event()

    async def heard(_: str) -> None:
        begun.set()

    task = asyncio.create_task(
        any_level.run(
            f"{ESCAPE} trap '' TERM; echo begun; sleep 60; sleep 60",
            workspace=workspace,
            timeout_seconds=30,
            on_output=heard,
            approved=True,
        )
    )
    await asyncio.wait_for(begun.wait(), 10)
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - started < 1
    assert await left_of(workspace) == []


async def test_the_tree_dies_with_the_gateway(any_level: Sandbox, workspace: Path):
    """A process that runs a command as the gateway does is killed by -9, which it cannot see coming."""
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from agents.sandbox import CommandLimits, Sandbox, SandboxLevel\n"
        f"s = Sandbox(level=SandboxLevel({any_level.level.value!r}), binary={any_level.binary!r})\n"
        "async def heard(text): print(text, end='', flush=True)\n"
        f"asyncio.run(s.run({ESCAPE + ' echo begun; sleep 60'!r}, workspace=Path({str(workspace)!r}), "
        "timeout_seconds=60, on_output=heard, approved=True))"
    )
    gateway = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(workspace.parent)},
    )
    assert gateway.stdout is not None
    assert await asyncio.wait_for(gateway.stdout.readline(), 10) == b"begun\n"
    assert alive(workspace)
    gateway.kill()
    await gateway.wait()
    for _ in range(150):
        if not alive(workspace):
            break
        await asyncio.sleep(0.02)  # nobody is left to tell us

    assert await left_of(workspace) == []


async def test_a_long_output_keeps_its_head_and_its_tail(any_level: Sandbox, workspace: Path):
    done = await any_level.run(
        "echo first; seq 100000; echo last",
        workspace=workspace,
        timeout_seconds=10,
        output_limit_bytes=1_000,
        approved=True,
    )

    assert done.truncated
    assert done.output.startswith("first\n1\n")
    assert done.output.endswith("last\n")
    assert "bytes left out" in done.output
    assert len(done.output) < 1_100


async def test_output_comes_while_the_command_runs_and_need_not_be_text(any_level: Sandbox, workspace: Path):
    heard: list[str] = []

    async def hear(text: str) -> None:
        heard.append(text)

    done = await any_level.run(
        r"printf '\xe4\xbd'; sleep 0.1; printf '\xa0\xff\n'",
        workspace=workspace,
        timeout_seconds=10,
        on_output=hear,
        approved=True,
    )

    assert done.output == "你\\xff\n"
    assert "".join(heard) == "你�\n"


async def test_a_command_that_is_too_long_is_told_so(any_level: Sandbox, workspace: Path):
    done = await run(any_level, workspace, "echo " + "x" * 200_000)

    assert done.exit_code == 126
    assert "too long" in done.output
