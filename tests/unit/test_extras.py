"""Extras of the sandbox: made from pinned packages and seen by commands at once, or not made and without a trace.

The packages here are two tiny ones in a folder, which uv or pip installs as it would from a registry.
"""

import asyncio
import hashlib
import json
import platform
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from agents.layers import Layers
from agents.place import PromptPlace
from agents.sandbox import CommandLimits, FinishedCommand, Sandbox, SandboxLevel, choice, extras
from agents.sandbox.extras import DOCUMENTS, Extra
from agents.toolbox import toolbox
from gateway.run import extra_install
from gateway.run.cli import build_parser
from gateway.run.extra_install import ExtraFailed, add, read, remove
from gateway.run.extras import line
from governance.egress.egress import AllowList, Egress
from tests.conftest import unavailable
from tests.unit.test_command_results import Desk

TINY = Extra(
    name="documents",
    told=("tinytable",),
    modules={"tinytable": "tiny-table", "tinychart": "tiny-chart"},
    megabytes=(1, 1),
)


def wheel(folder: Path, name: str, version: str, word: str) -> str:
    """A package of one module that says a word; its line in a lock."""
    module, info = name.replace("-", ""), f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{module}.py": f"WORD = {word!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{module} = {module}:WORD\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    place = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with ZipFile(place, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(place.read_bytes()).hexdigest()}\n"


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shop = tmp_path / "shop"
    shop.mkdir()
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(shop), "CACHE_DIR": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(f"UV_{name}", value)
        monkeypatch.setenv(f"PIP_{name}", value)
    file = tmp_path / "documents.txt"
    file.write_text(wheel(shop, "tiny-table", "1.0", "first") + wheel(shop, "tiny-chart", "1.0", "chart"))
    return file


@pytest.fixture(params=[SandboxLevel.BUBBLEWRAP, SandboxLevel.LANDLOCK])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    for each in choice._candidates(CommandLimits()):
        if each.level == request.param and each.works():
            return each
    return unavailable(f"{request.param} does not work here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / extras.FOLDER


async def say(sandbox: Sandbox, folder: Path, command: str) -> FinishedCommand:
    workspace = folder.parent / "workspace"
    workspace.mkdir(exist_ok=True, parents=True)
    return await replace(sandbox, extras=folder).run(command, workspace=workspace, timeout_seconds=60)


async def added(sandbox: Sandbox, folder: Path, lock: Path, said: list[str]) -> extra_install.Made:
    """In a thread, since the command of a person has no event loop."""
    return await asyncio.to_thread(add, TINY, folder, sandbox, said.append, lock=lock)


OWN = """
base=$(python3 -c 'import sys; print(sys.base_prefix)'); mkdir -p own/bin
ln -s "$(readlink -f "$(command -v python3)")" own/bin/python; echo "home = $base/bin" >own/pyvenv.cfg
own/bin/python -c 'import tinytable'
"""
ASKS = "python3 -c 'import tinytable, tinychart; print(tinytable.WORD, tinychart.WORD)'"


async def test_commands_have_an_extra_from_its_addition_to_its_removal_and_cannot_change_it(sandbox, folder, lock):
    said: list[str] = []
    before = await say(sandbox, folder, ASKS)
    made = await added(sandbox, folder, lock, said)
    during = await say(sandbox, folder, ASKS)
    change = await say(sandbox, folder, 'cd "$(python3 -c "import sys; print(sys.prefix)")" && touch x bin/x; ls . bin')
    own = await say(sandbox, folder, OWN)
    is_gone = await asyncio.to_thread(remove, TINY, folder)
    after = await say(sandbox, folder, ASKS)

    assert before.exit_code
    assert (during.exit_code, during.output) == (0, "first chart\n")
    assert "Read-only file system" in change.output or "Permission denied" in change.output
    assert "\nx\n" not in change.output
    assert "tinytable\n" not in change.output, "only Python itself is found by name"
    assert "No module named 'tinytable'" in own.output, "an environment of the workspace's own stays its own"
    assert "Installing 2 packages" in said[0]
    assert made.is_usable
    assert is_gone
    assert after.exit_code
    assert not await asyncio.to_thread(remove, TINY, folder)


async def test_a_download_that_breaks_leaves_nothing_and_the_next_try_makes_it_whole(sandbox, folder, lock):
    right = lock.read_text()
    lock.write_text(right.replace("sha256:", "sha256:00")[:-3] + "\n")

    with pytest.raises(ExtraFailed, match="Nothing was changed"):
        await added(sandbox, folder, lock, [])
    assert [each.name for each in folder.iterdir()] == [".lock"]
    assert read(TINY, folder) is None

    lock.write_text(right)
    await added(sandbox, folder, lock, [])
    assert (await say(sandbox, folder, ASKS)).output == "first chart\n"


async def test_adding_again_does_nothing_and_a_newer_lock_replaces_what_is_there(sandbox, folder, lock, tmp_path):
    said: list[str] = []
    first = await added(sandbox, folder, lock, [])
    mark = folder / "documents" / extras.MARK
    written = mark.stat().st_mtime_ns

    assert await added(sandbox, folder, lock, said) == first
    assert mark.stat().st_mtime_ns == written
    assert "installed already" in said[0]

    (folder / ".part-left" / "documents").mkdir(parents=True)
    lock.write_text(
        wheel(tmp_path / "shop", "tiny-table", "2.0", "second") + lock.read_text().partition("tiny-chart")[2]
    )
    lock.write_text(lock.read_text().replace("\n==", "\ntiny-chart=="))
    await added(sandbox, folder, lock, said)
    assert (await say(sandbox, folder, ASKS)).output == "second chart\n"
    assert {each.name for each in folder.iterdir()} == {".lock", "documents"}


async def test_packages_that_do_not_start_in_the_sandbox_are_not_put_at_hand(sandbox, folder, lock):
    broken = replace(TINY, modules={**TINY.modules, "tinyword": "tiny-word"})

    with pytest.raises(ExtraFailed, match=r"do not start in the sandbox[^$]*tinyword"):
        await asyncio.to_thread(add, broken, folder, sandbox, print, lock=lock)
    assert [each.name for each in folder.iterdir()] == [".lock"]


def test_two_commands_at_a_time_are_one_too_many(folder, lock):
    with extra_install._alone(folder), pytest.raises(ExtraFailed, match="Wait for its end"):
        add(TINY, folder, Sandbox(level=SandboxLevel.NONE), print, lock=lock)


def test_pip_installs_where_uv_is_not_at_hand(folder, lock, monkeypatch):
    pips = [words for words in extra_install._installers() if len(words) > 1]
    if not pips:
        unavailable("no Python here has pip")
    monkeypatch.setattr(extra_install, "_installers", lambda: iter(pips))

    add(TINY, folder, Sandbox(level=SandboxLevel.NONE), print, lock=lock)
    place = folder / "documents" / "bin" / "python3"
    words = [place, "-c", "import tinytable; print(tinytable.WORD)"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)

    assert done.stdout == "first\n"


async def test_whoever_misses_a_package_is_told_who_can_bring_it(tmp_path, sandbox):
    (tmp_path / "workspace").mkdir()
    layers = Layers(tmp_path / "layers", sandbox)
    missed = "echo \"ModuleNotFoundError: No module named 'pptx.util'\"; exit 1"
    async with Egress(AllowList.of([])) as egress:
        desk = Desk(toolbox(sandbox, egress, layers, outgoing=tmp_path / "out"), layers, tmp_path / "workspace")
        told = await desk.sh(missed)
        other = await desk.sh("echo \"No module named 'fastapi'\"; exit 1")

    assert "(python-pptx is not installed here; an admin can install it: nexora sandbox add documents)" in told
    assert "admin" not in other


def test_an_extra_counts_while_its_python_is_there_and_is_told_to_models_and_to_who_checks(folder):
    place = folder / "documents"
    (place / "bin").mkdir(parents=True)
    model = PromptPlace(Sandbox(level=SandboxLevel.BUBBLEWRAP, extras=folder))
    made = extra_install.Made(
        python=sys.executable,
        version="3.11",
        machine=platform.machine(),
        locked=extra_install.digest_of(extra_install.LOCKS / "documents.txt"),
        megabytes=1,
        chinese="",
    )
    assert "pandas" not in model.words(["shell"])
    assert line(DOCUMENTS, folder)[0]
    assert "nexora sandbox add documents" in line(DOCUMENTS, folder)[1]

    (place / "bin" / "python3").symlink_to(sys.executable)
    (place / extras.MARK).write_text(json.dumps(asdict(made)))
    assert "python3 (with pandas, matplotlib, openpyxl, docx, pptx, pypdf)" in model.words(["shell"])
    assert line(DOCUMENTS, folder) == (True, f"documents ({', '.join(DOCUMENTS.told)}) for Python 3.11")
    assert extras.missing("No module named 'PIL'", folder) == "python3 has pillow, called by that plain name"

    (place / extras.MARK).write_text(json.dumps({**asdict(made), "locked": "older"}))
    assert "older than this version has them: nexora sandbox add documents" in line(DOCUMENTS, folder)[1]

    (place / extras.MARK).write_text(json.dumps({**asdict(made), "python": "/gone/python"}))
    (place / "bin" / "python3").unlink()
    (place / "bin" / "python3").symlink_to("/gone/python")
    assert extras.found(folder) == ()
    assert line(DOCUMENTS, folder)[0] is False
    assert "nexora sandbox remove documents" in line(DOCUMENTS, folder)[1]


def test_every_extra_can_be_named_on_the_command_line_and_has_a_lock():
    for name in extras.EXTRAS:
        assert build_parser().parse_args(["sandbox", "add", name]).run == "gateway.run.extras:add"
        assert build_parser().parse_args(["sandbox", "remove", name]).run == "gateway.run.extras:remove"
        assert (extra_install.LOCKS / f"{name}.txt").exists()
    assert build_parser().parse_args(["sandbox", "list"]).run == "gateway.run.extras:show"
