"""Which way of containing commands is chosen, and what is kept of an output."""

from pathlib import Path

import pytest

from agents.sandbox import SandboxLevel, SandboxUnavailable, Unapproved, choice, choose
from agents.sandbox.running import Capture
from tests.conftest import unavailable


def test_something_contains_commands_here_or_the_machine_says_so():
    chosen = choose("auto")
    if not chosen.contained:
        unavailable("neither bubblewrap nor Landlock works here")

    assert chosen.works()
    assert "bubblewrap" in chosen.describe() or "Landlock" in chosen.describe()
    assert chosen.describe("zh") != chosen.describe("en")


def test_the_settings_may_name_a_level_and_one_that_does_not_work_is_refused(monkeypatch: pytest.MonkeyPatch):
    assert choose("approval").level is SandboxLevel.NONE
    assert not choose("approval").contained

    monkeypatch.setattr(choice.shutil, "which", lambda _: "/bin/false")
    monkeypatch.setattr(choice, "_wheel_binary", lambda: None)
    with pytest.raises(SandboxUnavailable, match="bubblewrap"):
        choose("bubblewrap")
    assert choose("auto").level is not SandboxLevel.BUBBLEWRAP


async def test_without_a_sandbox_only_an_approved_command_runs(tmp_path: Path):
    with pytest.raises(Unapproved):
        await choose("approval").run("touch ran", workspace=tmp_path, timeout_seconds=5)

    assert not (tmp_path / "ran").exists()


def test_a_capture_holds_no_more_than_it_may():
    capture = Capture(100)
    for number in range(10_000):
        capture.feed(f"{number:06d}\n".encode())

    assert capture.truncated
    assert capture.text().startswith("000000\n")
    assert capture.text().endswith("009999\n")
    assert f"[… {70_000 - 100:,} bytes left out …]" in capture.text()
    assert capture._tail_bytes < 200
