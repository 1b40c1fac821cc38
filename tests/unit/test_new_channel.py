"""`nexora new channel` writes what passes format, lint and types, and a fake that says what is to be done, in order."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from channels.running import catalogue
from gateway.run import new_channel
from gateway.run.cli import main
from gateway.run.new_channel import ROOT, NotMade, make

KIND = "quux"
TREES = ("agents", "channels", "config", "gateway", "governance", "migrations", "tests/contract", "tests/platforms")
FILES = ("pyproject.toml", "tests/__init__.py", "tests/conftest.py")


DRIVEN = f"""
import asyncio
import pytest
from channels.base import ChannelDown
from channels.messages import plain
from tests.contract.drivers import Fault, driver_of
from tests.contract.stage import Stage

async def main():
    async with Stage("{KIND}", "webhook", driver_of("{KIND}")) as stage:
        await stage.driver.say("hello")
        [event] = await stage.hears()
        status = await stage.driver.forge("let me in")
        await stage.send(event.address, parts=plain("and **good day** (https://x.org)"))
        stage.driver.misbehave(Fault.SERVER_ERROR)
        with pytest.raises(ChannelDown):
            await stage.send(event.address, parts=plain("slowly"))
        await stage.send(event.address, parts=plain("slowly"))
        said = await stage.driver.hear(2)
        print(event.text, status, *(each.text for each in said), sep="; ")

try:
    asyncio.run(main())
except BaseException as error:
    print(error)
    raise
"""
"""What the suite does first, without its database."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source, with the skeleton in it."""
    root = tmp_path_factory.mktemp("source")
    for name in TREES:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, root / name)
    (root / "docs" / "channels").mkdir(parents=True)
    make(KIND, root)
    return root


def run(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python in that tree, whose code it sees and no other."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_skeleton_passes_format_lint_and_types(tree: Path) -> None:
    places = [f"channels/{KIND}", f"tests/platforms/{KIND}"]
    for words in (("ruff", "format", "--check", *places), ("ruff", "check", *places), ("mypy", places[0])):
        done = run(tree, "-m", *words)

        assert done.returncode == 0, done.stdout + done.stderr


def test_the_suite_is_told_what_is_to_be_done_first_and_all_of_it_once_done_is_a_channel(tree: Path) -> None:
    first = run(tree, "-c", DRIVEN)
    driver = tree / "tests" / "platforms" / KIND / "driver.py"
    text = driver.read_text(encoding="utf-8")
    driver.write_text(re.sub(r"^        to_do\(\d\)\n", "        ...\n", text, flags=re.MULTILINE), encoding="utf-8")
    last = run(tree, "-c", DRIVEN)

    assert first.stdout.startswith(f"to do, 1 of 6, in tests/platforms/{KIND}/server.py: write `GET /me`"), first.stderr
    assert last.stdout.endswith("hello; 401; and good day (https://x.org); slowly\n"), last.stdout + last.stderr


def test_what_is_written_is_told_with_what_comes_next_and_how_to_undo_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(new_channel, "ROOT", tree)

    assert main(["new", "channel", "two_words"]) == 0
    said = capsys.readouterr().out
    assert "  channels/two_words/adapter.py\n" in said
    assert "pytest tests/contract -x -k two_words" in said
    assert "rm -r channels/two_words tests/platforms/two_words docs/channels/two_words.md" in said
    assert "class TwoWords:" in (tree / "channels/two_words/adapter.py").read_text(encoding="utf-8")
    example = (tree / "config/nexora.example.yaml").read_text(encoding="utf-8")
    blocks = re.findall(r"^#  (\w+):\n#    kind: \1$", example, flags=re.MULTILINE)
    assert blocks.index("two_words") in range(1, len(blocks))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Matrix", "cannot name a kind: use 2 to 16 of a-z"),
        ("a", "cannot name a kind"),
        ("import", "cannot name a kind"),
        ("../etc", "cannot name a kind"),
        ("shared", "channels/shared is there already"),
        ("base", "channels/base.py is there already"),
        (catalogue.kinds()[-1], "is there already: choose another name"),
    ],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_written(tree: Path, name: str, why: str) -> None:
    with pytest.raises(NotMade, match=re.escape(why)):
        make(name, tree)


def test_where_there_is_no_source_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotMade, match="clone the repository first"):
        make(KIND, tmp_path)
