"""Which files an agent may touch, and that nothing is opened outside the workspace, by either way of opening."""

import errno
import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from governance.guard.paths import (
    NotOrdinary,
    OutsideWorkspace,
    PathRefused,
    judge_path,
    safe_open,
    safe_read,
    safe_replace,
)
from governance.shell import read_command
from governance.values import safe_files
from governance.values.verdicts import Allowed, Ask, Refused


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (tmp_path / "outside").write_text("canary")
    (folder / "inside").write_text("ours")
    (folder / "sub").mkdir()
    (folder / "sub" / "deep").write_text("deep")
    return folder


@pytest.fixture(params=["openat2", "walk"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of opening; the second as on a kernel that does not know the call."""
    if request.param == "walk":

        def unknown(*_: object) -> int:
            raise OSError(errno.ENOSYS, "not implemented")

        monkeypatch.setattr(safe_files, "_openat2", unknown)
        monkeypatch.setattr(safe_files, "_without_openat2", threading.Event())
    return str(request.param)


def content(workspace: Path, path: str) -> str:
    return safe_read(workspace, path, 1000)[0].decode()


@pytest.mark.parametrize(
    "path", ["inside", "./sub/../inside", "sub//deep", ".", "报告（1）.txt", "a b.txt", "new/folder/x"]
)
@pytest.mark.parametrize("writes", [True, False])
def test_ordinary_files_of_the_workspace_are_free(workspace: Path, path: str, writes: bool):
    assert isinstance(judge_path(path, workspace, writes=writes), Allowed)
    assert isinstance(judge_path(str(workspace / path), workspace, writes=writes), Allowed)


@pytest.mark.parametrize(
    "path",
    [
        *("", " ", "../outside", "sub/../../outside", "/etc/passwd", "//etc/passwd", "/proc/self/environ", "a\0b"),
        *("~/.ssh/id_rsa", "~root", "..\\outside", "C:\\x", "．．/outside", "sub／..／..／outside", "a\nb", "a\u202eb"),
        *("in\u200bside", "x" * 5_000, "/proc/1/root/etc/passwd", "../workspace2/x", "\ud800"),
    ],
)
@pytest.mark.parametrize("writes", [True, False])
def test_what_leads_out_or_deceives_is_refused(workspace: Path, path: str, writes: bool):
    verdict = judge_path(path, workspace, writes=writes)

    assert isinstance(verdict, Refused)
    assert verdict.because


@pytest.mark.parametrize(
    "path",
    [
        *(".env", ".ENV", "sub/.env.production", ".env.", ".env ", "id_rsa", ".ssh/config", ".npmrc", ".pypirc"),
        *(".netrc", "credentials.json", ".aws/credentials", "server.key", "．env", ".e\u200dnv"),
    ],
)
def test_where_secrets_are_kept_even_reading_asks(workspace: Path, path: str):
    assert isinstance(judge_path(path, workspace, writes=False), Ask)
    assert isinstance(judge_path(path, workspace, writes=True), Ask)


@pytest.mark.parametrize(
    "path",
    [
        *(".bashrc", ".profile", ".git/hooks/pre-commit", ".GIT/Hooks/x", ".git/config", ".github/workflows/ci.yml"),
        *(".gitlab-ci.yml", "AGENTS.md", "claude.md", ".cursorrules", ".vscode/tasks.json", "sub/.vimrc"),
    ],
)
def test_what_other_programs_obey_may_be_read_but_writing_it_asks(workspace: Path, path: str):
    assert isinstance(judge_path(path, workspace, writes=False), Allowed)
    assert isinstance(judge_path(path, workspace, writes=True), Ask)


def test_a_link_is_judged_by_what_it_leads_to(workspace: Path):
    (workspace / ".env").write_text("TOKEN=x")
    (workspace / "harmless").symlink_to(".env")
    (workspace / "out").symlink_to("../outside")
    (workspace / "up").symlink_to("..")
    (workspace / "round").symlink_to("round")

    assert isinstance(judge_path("harmless", workspace, writes=False), Ask)
    assert isinstance(judge_path("out", workspace, writes=False), Refused)
    assert isinstance(judge_path("up/outside", workspace, writes=True), Refused)
    assert isinstance(judge_path("round", workspace, writes=False), Allowed)
    with pytest.raises(PathRefused):
        safe_open(workspace, "round", os.O_RDONLY)


def test_where_the_workspace_lies_says_nothing_of_the_files_in_it(tmp_path: Path):
    workspace = tmp_path / ".nexora" / "workspaces" / "1"
    workspace.mkdir(parents=True)
    own = [tmp_path / ".nexora"]

    assert isinstance(judge_path("a.txt", workspace, writes=True), Allowed)
    assert isinstance(read_command("cat a.txt > b.txt", workspace, contained=True, protected=own).verdict, Allowed)
    assert isinstance(read_command("cat .env", workspace, contained=True, protected=own).verdict, Ask)


@pytest.mark.usefixtures("way")
def test_files_are_opened_by_any_honest_path(workspace: Path):
    (workspace / "sub" / "link").symlink_to("../inside")
    (workspace / "folder").symlink_to("sub")
    (workspace / "chain").symlink_to("folder/link")

    assert content(workspace, "inside") == "ours"
    assert content(workspace, "sub/../inside") == "ours"
    assert content(workspace, str(workspace / "sub" / "deep")) == "deep"
    assert content(workspace, "folder/deep") == "deep"
    assert content(workspace, "chain") == "ours"


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/etc/passwd", "link"),
        ("../outside", "link"),
        ("..", "link/outside"),
        ("/", "link/etc/passwd"),
        ("sub/../../outside", "link"),
        ("/proc/self/cwd", "link/x"),
    ],
)
def test_no_link_leads_out(workspace: Path, link: str, path: str):
    (workspace / "link").symlink_to(link)

    with pytest.raises(OutsideWorkspace):
        safe_open(workspace, path, os.O_RDONLY)
    with pytest.raises(PathRefused):
        safe_replace(workspace, path, b"taken")
    assert (workspace.parent / "outside").read_text() == "canary"


@pytest.mark.usefixtures("way")
def test_a_missing_file_and_a_file_used_as_a_folder_are_the_systems_errors(workspace: Path):
    with pytest.raises(FileNotFoundError):
        safe_open(workspace, "gone", os.O_RDONLY)
    with pytest.raises(NotADirectoryError):
        safe_open(workspace, "inside/x", os.O_RDONLY)


@pytest.mark.usefixtures("way")
def test_fifos_and_sockets_are_refused_without_waiting(workspace: Path, monkeypatch: pytest.MonkeyPatch):
    os.mkfifo(workspace / "fifo")
    monkeypatch.chdir(workspace)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")

        for name in ("fifo", "socket"):
            for flags in (os.O_RDONLY, os.O_WRONLY):
                with pytest.raises(NotOrdinary):
                    safe_open(workspace, name, flags)
            with pytest.raises(NotOrdinary):
                safe_replace(workspace, name, b"x")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
@pytest.mark.usefixtures("way")
def test_devices_are_refused(workspace: Path):
    os.mknod(workspace / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))

    with pytest.raises(NotOrdinary):
        safe_open(workspace, "zero", os.O_RDONLY)


@pytest.mark.usefixtures("way")
def test_a_file_is_replaced_whole_and_keeps_its_permissions_without_set_uid(workspace: Path):
    (workspace / "script").write_text("old")
    (workspace / "script").chmod(0o4755)
    (workspace / "same").hardlink_to(workspace / "script")

    assert safe_replace(workspace, "script", b"new") is True
    assert safe_replace(workspace, "a/b/c", b"fresh") is False
    assert (workspace / "script").read_text() == "new"
    assert stat.S_IMODE((workspace / "script").stat().st_mode) == 0o755
    assert (workspace / "same").read_text() == "old", "who held the old file still sees it whole"
    assert (workspace / "a/b/c").read_text() == "fresh"
    assert [path.name for path in workspace.rglob("*.tmp")] == []


@pytest.mark.parametrize("path", [".", "sub", "link", "", "sub/.."])
def test_only_ordinary_files_are_replaced(workspace: Path, path: str):
    (workspace / "link").symlink_to("inside")

    with pytest.raises(NotOrdinary):
        safe_replace(workspace, path, b"x")
    assert (workspace / "inside").read_text() == "ours"


@pytest.mark.usefixtures("way")
def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(workspace: Path):
    """A race that is run for real, a few thousand turns: a folder is swapped with a link that leads out."""
    (workspace.parent / "target").mkdir()
    (workspace.parent / "target" / "deep").write_text("canary")
    (workspace / "trap").symlink_to("../target")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (workspace / "sub").rename(workspace / "spare")
            (workspace / "trap").rename(workspace / "sub")
            (workspace / "sub").rename(workspace / "trap")
            (workspace / "spare").rename(workspace / "sub")

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen: set[str] = set()
    try:
        for _ in range(2_000):
            try:
                seen.add(content(workspace, "sub/deep"))
            except (OSError, OutsideWorkspace) as problem:
                seen.add(type(problem).__name__)
    finally:
        stop.set()
        swapping.join()

    assert "deep" in seen
    assert "canary" not in seen
