"""The wheel: it holds the sentences, has the command `nexora`, and that runs where nothing else of the checkout is."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gateway import __version__

ROOT = Path(__file__).parents[2]
PARTS = ("agents", "channels", "config", "gateway", "governance", "migrations")
FILES = ("LICENSE", "README.md", "pyproject.toml")
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
COMMAND = """
import sys
from importlib.metadata import distribution
[command] = distribution("nexora").entry_points.select(group="console_scripts", name="nexora")
sys.argv = ["nexora", *sys.argv[1:]]
sys.exit(command.load()())
"""
SENTENCE = """
from channels import locales
print(locales.__file__)
print(locales.languages())
print(locales.say("steps.counted", "de", count=2))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what the wheel holds, built from a copy of the checkout without any download."""
    copy, built, place = (tmp_path_factory.mktemp(name) for name in ("copy", "built", "place"))
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", "nexora.yaml"))
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    subprocess.run([sys.executable, "-c", BUILD, str(built)], cwd=copy, check=True, capture_output=True, timeout=300)
    [wheel] = built.glob("nexora-*.whl")
    zipfile.ZipFile(wheel).extractall(place)
    return place


def run(installed: Path, tmp_path: Path, program: str, *words: str) -> str:
    """What it prints in a folder of its own."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", program, *words]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout.decode()


def test_the_command_of_the_wheel_runs(installed, tmp_path):
    assert run(installed, tmp_path, COMMAND, "--version") == f"nexora {__version__}\n"
    assert "A chat-ops gateway" in run(installed, tmp_path, COMMAND, "--help")


def test_the_sentences_travel_in_the_wheel(installed, tmp_path):
    where, known, sentence = run(installed, tmp_path, SENTENCE).splitlines()

    assert Path(where).is_relative_to(installed)
    assert known == "('en', 'de', 'zh')"
    assert sentence == "2 Schritte"


def test_everything_that_the_checkout_loads_by_path_is_in_the_wheel(installed):
    suffixes = {".sql", ".html", ".css", ".js", ".svg", ".txt", ".toml"}
    wanted = [
        path.relative_to(ROOT)
        for part in ("agents", "channels", "gateway", "governance", "migrations", "config/locales")
        for path in (ROOT / part).rglob("*")
        if path.suffix in {*suffixes, ".json", ".py"} and "__pycache__" not in path.parts
    ]

    assert [str(path) for path in wanted if not (installed / path).is_file()] == []
