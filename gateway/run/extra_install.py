"""Makes an extra of the sandbox and takes it away: whole or not at all, one at a time, from packages pinned by hash.

It is made beside its place, tried in the sandbox as a command would use it, and moved there in one step. What was
downloaded stays in the cache of uv or pip, so that a second try goes on where the first one ended.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from agents.sandbox import Sandbox
from agents.sandbox.extras import MARK, Extra
from channels.base import NexoraError

LOCKS = Path(__file__).parents[2] / "deploy" / "lock"
OLDEST, NEWEST = (3, 11), (3, 14)
"""Of Python: for these the locks name packages."""
_PART = ".part-"
_TRY_SECONDS = 120
_WHICH = "import os, sys; print(os.path.realpath(sys.executable), *sys.version_info[:2])"
_LETTERS = """import json, sys
from matplotlib import font_manager as fonts
known = {each.name for each in fonts.fontManager.ttflist}
wanted = json.loads(sys.argv[1])
print(json.dumps([name for name in wanted if name in known]))
"""
_CHINESE = (
    *("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("Droid Sans Fallback", "Noto Sans CJK JP", "AR PL UMing CN", "PingFang SC", "Microsoft YaHei", "SimHei"),
)
"""Typefaces that hold Chinese characters, the best first."""

Say = Callable[[str], object]


class ExtraFailed(NexoraError):
    """The extra could not be made. Nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is known of an extra that is there. `locked` is the digest of its lock, `chinese` a typeface or empty."""

    python: str
    version: str
    machine: str
    locked: str
    megabytes: int
    chinese: str

    @property
    def is_usable(self) -> bool:
        """Whether the Python it was made for is still there, on a machine of this kind."""
        return Path(self.python).exists() and self.machine == platform.machine()


def read(extra: Extra, folder: Path) -> Made | None:
    """What is known of the extra in this folder, if it is there."""
    try:
        return Made(**json.loads((folder / extra.name / MARK).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def digest_of(lock: Path) -> str:
    """By which a lock is known; what was made from another one is out of date."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def add(extra: Extra, folder: Path, sandbox: Sandbox, say: Say, *, lock: Path | None = None) -> Made:
    """Make it, unless it is there as the lock has it. Raises ExtraFailed with what to do; then nothing has changed."""
    lock = lock or LOCKS / f"{extra.name}.txt"
    with _alone(folder):
        python, version = _python(replace(sandbox, extras=None))
        made = read(extra, folder)
        if made and made.is_usable and (made.locked, made.python) == (digest_of(lock), python):
            say(f"{extra.name} is installed already, {made.megabytes} MB in {folder / extra.name}.")
            return made
        download, disk = extra.megabytes
        many = len(set(re.findall(r"^([\w.-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)))
        say(f"Installing {many} packages for Python {version}: about {download} MB to download, {disk} MB on the disk.")
        if shutil.disk_usage(folder).free < 2 * disk << 20:
            raise ExtraFailed(f"{folder} has less than {2 * disk} MB free. Make room, then run the command again.")
        with tempfile.TemporaryDirectory(prefix=_PART, dir=folder) as part:
            place = Path(part, extra.name)
            _run([python, "-I", "-m", "venv", "--without-pip", str(place)], folder)
            _install(place, lock, folder)
            _settle(place)
            made = Made(
                python=python,
                version=version,
                machine=platform.machine(),
                locked=digest_of(lock),
                megabytes=_megabytes(place),
                chinese=_choose_letters(place) if "matplotlib" in extra.modules else "",
            )
            (place / MARK).write_text(json.dumps(asdict(made)), encoding="utf-8")
            _try(extra, replace(sandbox, extras=Path(part)))
            _replace(folder / extra.name, place, Path(part))
    return made


def remove(extra: Extra, folder: Path) -> bool:
    """Take it away, with what broken attempts have left; whether it was there."""
    if not folder.is_dir():
        return False
    with _alone(folder), tempfile.TemporaryDirectory(prefix=_PART, dir=folder) as part:
        place = folder / extra.name
        is_there = place.is_dir()
        if is_there:
            place.rename(Path(part, extra.name))
    return is_there


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folder, made where it is missing and free of what was left half made. Raises ExtraFailed."""
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ExtraFailed(f"{folder} cannot be written: {error.strerror}. Run this as whoever runs Nexora.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ExtraFailed("Another command adds or removes extras at this moment. Wait for its end.") from error
        for left in folder.glob(f"{_PART}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)


def _python(sandbox: Sandbox) -> tuple[str, str]:
    """The Python that commands find by that name, or else the gateway's own; and its version, as 3.12."""
    with tempfile.TemporaryDirectory(prefix="nexora-extra-") as folder:
        command = f'python3 -I -c "{_WHICH}"'
        said = asyncio.run(
            sandbox.run(command, workspace=Path(folder), timeout_seconds=_TRY_SECONDS, approved=True)
        ).output
    words = said.split()
    if len(words) == 3 and OLDEST <= (int(words[1]), int(words[2])) <= NEWEST:  # noqa: PLR2004  # what _WHICH prints
        return words[0], f"{words[1]}.{words[2]}"
    own = getattr(sys, "_base_executable", sys.executable)
    return os.path.realpath(own), f"{sys.version_info.major}.{sys.version_info.minor}"


def _install(place: Path, lock: Path, folder: Path) -> None:
    """By uv, or by pip where that fails or is not there, as the environment of the gateway is made."""
    python = str(place / "bin" / "python3")
    wanted = ["--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    for program in _installers():
        words = (
            [*program, "pip", "install", "--python", python, "--compile-bytecode", *wanted]
            if len(program) == 1
            else [*program, "--python", python, "install", *wanted]
        )
        try:
            _run(words, folder)
        except ExtraFailed:
            continue
        return
    raise ExtraFailed(
        "The packages could not be installed; the lines above say why. Nothing was changed. Run the command again: "
        "what was downloaded is kept."
    )


def _installers() -> Iterator[list[str]]:
    """The words that run them: one for uv, three for pip."""
    for uv in (shutil.which("uv"), str(Path(sys.prefix, "uv", "bin", "uv"))):
        if uv and os.access(uv, os.X_OK):
            yield [uv]
            break
    for python in dict.fromkeys((sys.executable, getattr(sys, "_base_executable", sys.executable), "python3")):
        pip = [python, "-m", "pip"]
        try:
            if not subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:  # noqa: S603  # our own words
                yield pip
                break
        except OSError:
            continue


def _run(words: Sequence[str], folder: Path) -> None:
    """Run it and let its progress be seen. Raises ExtraFailed."""
    try:
        done = subprocess.run(words, cwd=folder, env=_surroundings(folder), check=False)  # noqa: S603  # our own words
    except OSError as error:
        raise ExtraFailed(f"{words[0]} cannot be run: {error.strerror}") from error
    if done.returncode:
        raise ExtraFailed(f"{Path(words[0]).name} could not do it; the lines above say why.")


def _surroundings(folder: Path) -> Mapping[str, str]:
    """The environment, with a place for what is downloaded where the usual one cannot be written."""
    given = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_USER": "0"}
    usual = Path(given.get("XDG_CACHE_HOME") or Path(given.get("HOME") or "/nonexistent", ".cache"))
    nearest = next((each for each in (usual, *usual.parents) if each.exists()), usual)
    own = {} if os.access(nearest, os.W_OK) else {"XDG_CACHE_HOME": str(folder / ".cache")}
    return given | quiet | own


def _settle(place: Path) -> None:
    """Leave `python` alone to be found by name, and let it see what the machine's own Python has besides."""
    for each in (place / "bin").iterdir():
        if not each.name.startswith("python"):
            each.unlink()
    settings = place / "pyvenv.cfg"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("include-system-site-packages = false", "include-system-site-packages = true"))


def _megabytes(place: Path) -> int:
    files = (each.lstat() for each in place.rglob("*"))
    return sum(each.st_blocks * 512 for each in files) >> 20


def _choose_letters(place: Path) -> str:
    """Let charts fall back on a typeface with Chinese characters, where this machine has one; its name."""
    with tempfile.TemporaryDirectory(prefix="nexora-extra-") as folder:
        done = subprocess.run(  # noqa: S603  # our own words
            [str(place / "bin" / "python3"), "-I", "-c", _LETTERS, json.dumps(_CHINESE)],
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin:/bin", "MPLCONFIGDIR": folder, "HOME": folder},
            check=False,
        )
    if done.returncode:
        raise ExtraFailed(f"matplotlib does not start: {done.stderr.strip()[-300:]}")
    first = next(iter(json.loads(done.stdout)), "")
    families = ", ".join(["DejaVu Sans", *([first] if first else [])])
    (place / "matplotlibrc").write_text(f"font.family: {families}\n", encoding="utf-8")
    return first


def _try(extra: Extra, sandbox: Sandbox) -> None:
    """Import all of it as a command would. Raises ExtraFailed."""
    with tempfile.TemporaryDirectory(prefix="nexora-extra-") as folder:
        command = f'python3 -c "import {", ".join(sorted(extra.modules))}"'
        tried = asyncio.run(sandbox.run(command, workspace=Path(folder), timeout_seconds=_TRY_SECONDS, approved=True))
    if tried.exit_code:
        raise ExtraFailed(f"The packages are there, but do not start in the sandbox: {tried.output.strip()[-300:]}")


def _replace(place: Path, made: Path, part: Path) -> None:
    """Put what was made into its place; what was there goes with the rest."""
    if place.exists():
        place.rename(part / ".before")
    made.rename(place)
