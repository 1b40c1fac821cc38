"""The recipes do what they say: what a page tells to write is written into a copy, registered there, and runs."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TREES = ("agents", "channels", "config", "gateway", "governance", "migrations", "tests")
BLOCK = re.compile(r"^`([\w/.]+)`[^\n]*:\n\n```(python|diff|json)\n(.*?)^```", re.DOTALL | re.MULTILINE)
DESK = """
import asyncio, pathlib, sys
from tests.unit.test_counting import test_words_are_counted_inside_the_workspace_alone as does
asyncio.run(does(pathlib.Path(sys.argv[1])))
"""
CHAT = """
import asyncio, pathlib, sys
import gateway.run.needs
from gateway.database.pool import connect
from governance.record.transaction import Store
from tests.unit.commands.room import open_room
from tests.unit.commands.test_waiting import test_everybody_counts_their_own as does

async def main():
    pool = await connect(sys.argv[2])
    await does(await open_room(Store(pool), sys.argv[2], pathlib.Path(sys.argv[1])))
    await pool.close()

asyncio.run(main())
"""


def written(page: str, tree: Path) -> list[str]:
    """Do what the page says, block by block; the files that are new."""
    new = []
    for place, language, text in BLOCK.findall((ROOT / "docs" / page).read_text("utf-8")):
        path = tree / place
        if language == "json":
            sentences = {**json.loads(path.read_text("utf-8")), **json.loads(text)}
            path.write_text(json.dumps(sentences, ensure_ascii=False, sort_keys=True), "utf-8")
        elif language == "diff":
            lines = text.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if line[0] != "+")
            whole = path.read_text("utf-8")
            assert whole.count(before) == 1, f"{place} has no such place:\n{before}"
            path.write_text(whole.replace(before, "".join(line[1:] for line in lines if line[0] != "-")), "utf-8")
        else:
            assert not path.exists()
            path.write_text(text, "utf-8")
            new.append(place)
    return new


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source."""
    root = tmp_path / "source"
    for name in TREES:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "browser", "platforms"))
    shutil.copy(ROOT / "pyproject.toml", root / "pyproject.toml")
    return root


def run(tree: Path, *words: str) -> None:
    """Python in that tree, whose code it sees and no other; it must end well."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_tool_is_written_by_its_recipe_and_called_through_guard_and_sandbox(tree: Path, tmp_path: Path) -> None:
    new = written("write-a-tool.md", tree)

    run(tree, "-m", "ruff", "check", *new, "agents/toolbox/__init__.py")
    run(tree, "-m", "ruff", "format", "--check", *new)
    (tmp_path / "desk").mkdir()
    run(tree, "-c", DESK, str(tmp_path / "desk"))


def test_a_command_is_written_by_its_recipe_and_answered_in_chat(tree: Path, tmp_path: Path, dsn: str) -> None:
    new = written("write-a-command.md", tree)

    run(tree, "-m", "ruff", "check", *new, "gateway/commands/table.py", "gateway/run/needs.py")
    run(tree, "-m", "ruff", "format", "--check", *new)
    (tmp_path / "home").mkdir()
    run(tree, "-c", CHAT, str(tmp_path / "home"), dsn)
