"""The recipe for a plugin does what it says: what the page tells to write is written, built, proposed and called."""

import re
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from agents.plugins.package import plugin_package
from agents.plugins.plugins import Plugins
from agents.tools.tool import ToolContext
from governance.people.people import Person, Role
from governance.values.verdicts import Effect

PAGE = Path(__file__).parents[3] / "docs" / "write-a-plugin.md"
BLOCK = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"


def build(folder: Path) -> Path:
    """Write what the page tells to write, and build it as any builder would."""
    for name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder, check=True, capture_output=True)
    [built] = (folder / "dist").iterdir()
    return built


async def test_the_page_makes_a_plugin_whose_tool_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build(tmp_path)
    assert f"dist/{built.name}" in PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))

    package = plugin_package({built.name: built.read_bytes()}, own="nexora-dice")
    plugins = Plugins(tmp_path / "plugins")
    assert await plugins.add("nexora-dice", package) is None
    alice = Person(id=UUID(int=1), name="alice", role=Role.OPERATOR)
    [roll] = await plugins.tools_for("helper", alice)
    context = ToolContext(person=alice, agent="helper", conversation="c", workspace=tmp_path)

    assert (roll.name, roll.effect) == ("nexora-dice__roll_dice", Effect.NONE)
    assert (await roll.run(context, {"count": 2, "sides": 2})).ok
    assert "between 1 and 100" in (await roll.run(context, {"count": 0})).text
    written = {"__name__": "written"}
    exec((tmp_path / "test_dice.py").read_text(), written)  # the test that the page tells to write
    del sys.modules["nexora_dice"]
