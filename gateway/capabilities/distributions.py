"""Fetches the wheels of a plugin and of what it needs beyond ours, by pip with its own settings; it builds nothing.

Which index, proxy and certificate pip uses stands in its configuration, as for everything that this machine installs.
What Nexora has itself is never fetched again, and never in another version: whoever cannot live with it is refused.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

from agents.plugins.refused import PluginRefused

_SECONDS = 300
_CHECK_SECONDS = 60
_MOST_BYTES = 56 << 20


def wheels_of(name: str, version: str) -> Mapping[str, bytes]:
    """The wheels of a distribution by file name. Raises PluginRefused."""
    return _wheels(f"{name}=={version}" if version else name, name)


def wheels_with(file: str, content: bytes) -> Mapping[str, bytes]:
    """That wheel, and those that it needs. Raises PluginRefused."""
    with tempfile.TemporaryDirectory(prefix="nexora-wheel-") as folder:
        place = Path(folder, Path(file).name)
        place.write_bytes(content)
        return {place.name: content, **_wheels(str(place), file, given=place.name)}


def _wheels(wanted: str, shown: str, *, given: str = "") -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="nexora-plugin-") as folder:
        place = Path(folder)
        pip = _pip(place)
        found = _resolved(pip, wanted, shown, place)
        others = [line for url, line in found if not (given and url.rpartition("/")[2] == given)]
        into = place / "wheels"
        into.mkdir()
        if others:
            (place / "wanted.txt").write_text("\n".join(others) + "\n", encoding="utf-8")
            words = ["download", "--no-deps", "--require-hashes", "--dest", str(into), "-r", str(place / "wanted.txt")]
            _run([*pip, *words, *_ALWAYS], shown, place)
        files = sorted(into.iterdir())
        if sum(file.stat().st_size for file in files) > _MOST_BYTES:
            raise PluginRefused("large", name=shown, megabytes=str(_MOST_BYTES >> 20))
        return {file.name: file.read_bytes() for file in files}


_ALWAYS = ("--only-binary", ":all:", "--quiet", "--no-input", "--disable-pip-version-check")


def _resolved(pip: Sequence[str], wanted: str, shown: str, place: Path) -> list[tuple[str, str]]:
    """What would have to be installed beside what is: the address of each wheel, and its line with its hash."""
    installed = {each.metadata["Name"]: each.version for each in distributions() if each.metadata["Name"]}
    constraints, report = place / "constraints.txt", place / "report.json"
    lines = [f"{name}=={version}" for name, version in sorted(installed.items()) if name.lower() != "nexora"]
    constraints.write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = ["install", "--dry-run", "--report", str(report), "--constraint", str(constraints), wanted]
    _run([*pip, "--python", sys.executable, *words, *_ALWAYS], shown, place)
    found = []
    for one in json.loads(report.read_text(encoding="utf-8"))["install"]:
        hashes = one["download_info"].get("archive_info", {}).get("hashes", {})
        if "sha256" not in hashes:
            raise PluginRefused("not_found", name=shown, because=f"{one['metadata']['name']} has no hash")
        line = f"{one['metadata']['name']}=={one['metadata']['version']} --hash=sha256:{hashes['sha256']}"
        found.append((one["download_info"]["url"], line))
    return found


def _pip(place: Path) -> list[str]:
    """The words that run pip: of a Python that has it, else one that uv puts into a folder of its own."""
    for python in dict.fromkeys((sys.executable, getattr(sys, "_base_executable", sys.executable), "python3")):
        words = [python, "-m", "pip"]
        if _succeeds([*words, "--version"]):
            return words
    for uv in (shutil.which("uv"), str(Path(sys.prefix, "uv", "bin", "uv"))):
        into = place / "pip"
        if uv and _succeeds(
            [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(into), "pip"]
        ):
            return [sys.executable, str(into / "pip")]
    raise PluginRefused("no_installer")


def _succeeds(words: Sequence[str]) -> bool:
    try:
        return not subprocess.run(words, capture_output=True, timeout=_CHECK_SECONDS, check=False).returncode  # noqa: S603  # our own words
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(words: Sequence[str], shown: str, place: Path) -> None:
    """Run pip where it finds no project of anybody. Raises PluginRefused with its last line."""
    surroundings = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONPATH"}}
    try:
        done = subprocess.run(  # noqa: S603  # our own words
            words, cwd=place, env=surroundings, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise PluginRefused("not_found", name=shown, because=str(problem)) from problem
    if done.returncode:
        lines = [line for line in done.stderr.strip().splitlines() if line.startswith("ERROR")] or [
            str(done.returncode)
        ]
        raise PluginRefused("not_found", name=shown, because=lines[-1].removeprefix("ERROR:").strip())
