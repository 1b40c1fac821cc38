"""What an approval of a command is bound to besides its text: the content of the files that the text names.

Whatever a word of the command may mean in the workspace is bound: scripts, the files they are given, the recipes that
a build tool obeys without being told, and what those scripts import or source (`scripts`). What a program finds for
itself (files that `find` comes across) is not; and nothing outside the workspace is, since a command in the sandbox
cannot change it.
"""

import asyncio
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from pathlib import Path, PurePosixPath

from channels.base import NexoraError
from governance.guard.calls import ProposedCall
from governance.guard.matching import MatchBudget, TooMuch, matches
from governance.guard.scripts import folders_of, run_by, taken_along
from governance.shell.families.interpreters import INTERPRETERS
from governance.shell.scope import UNKNOWN, Named, Word
from governance.values.reasons import Why
from governance.values.safe_files import NotOrdinary, OutsideWorkspace, PathRefused, relative_to, safe_open, shown
from governance.values.verdicts import Effect

MOST_FILES = 500
MOST_BYTES = 64 << 20
"""So much is read; of what is beyond, identity, size and time of the last change are bound instead of the content."""
_MOST_MATCHES = 2_000

_TOKEN = re.compile(r"[^\s'\"`$;&|<>(){}\[\]*?!#,=:@\\]+")
"""What may be a file's name in any text, code between quotes included."""
_OBEYED: dict[str, tuple[str, ...]] = {
    "ant": ("build.xml",),
    "cargo": ("Cargo.toml", "build.rs", ".cargo/config.toml"),
    "cmake": ("CMakeLists.txt",),
    "docker": ("Dockerfile", "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"),
    "gradle": ("build.gradle", "build.gradle.kts", "settings.gradle"),
    "just": ("justfile", "Justfile", ".justfile"),
    "make": ("GNUmakefile", "makefile", "Makefile"),
    "mvn": ("pom.xml",),
    "node": ("package.json",),
    "npm": ("package.json", ".npmrc"),
    "pip": ("setup.py", "setup.cfg", "pyproject.toml"),
    "pre-commit": (".pre-commit-config.yaml",),
    "pytest": ("conftest.py", "pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"),
    "rake": ("Rakefile", "rakefile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "terraform": ("main.tf",),
    "tox": ("tox.ini", "pyproject.toml"),
}
_SAME = {
    **dict.fromkeys(("bun", "bunx", "npx", "pnpm", "yarn"), "npm"),
    **dict.fromkeys(("gradlew", "./gradlew"), "gradle"),
    **dict.fromkeys(("mvnw", "./mvnw"), "mvn"),
    **dict.fromkeys(("hatch", "pip3", "poetry", "uv"), "pip"),
    **dict.fromkeys(("nox", "py.test"), "pytest"),
    "gmake": "make",
}
_ENTRANCES = ("__main__.py", "index.js", "package.json")
"""What an interpreter runs of a folder that it is given."""
_PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[\d.]*")


class Unbindable(NexoraError):
    """It names more files than an approval can be bound to; name fewer of them, or their folder."""


async def bound(call: ProposedCall) -> ProposedCall:
    """The call, whose command was read, with the content of what it names, as it is now; raises Unbindable.

    It is looked at once: a call that has its contents keeps them.
    """
    if call.contents is not None:
        return call
    if call.effect is not Effect.RUNS:
        return replace(call, contents={})
    named = call.as_read.named
    budget = MatchBudget()
    try:
        found = await asyncio.to_thread(_contents, call, named, budget)
    except TooMuch as problem:
        raise Unbindable from problem
    finally:
        budget.is_stopped = True  # a thread cannot be cancelled, so it is told that nobody waits
    contents, scripts = found
    return replace(call, contents=contents, scripts=scripts)


def changed(asked: Mapping[str, str], now: Mapping[str, str]) -> Why | None:
    """What has become of a file since the question was put; None when all are the same."""
    for path, digest in asked.items():
        if path not in now:
            return Why(word="why.file_gone", fields={"path": shown(path)})
        if now[path] != digest:
            return Why(word="why.file_changed", fields={"path": shown(path)})
    new = next((path for path in now if path not in asked), None)
    return None if new is None else Why(word="why.file_appeared", fields={"path": shown(new)})


def _contents(
    call: ProposedCall, named: Sequence[Named], budget: MatchBudget
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The digests of what a command names and takes along, and which of these it runs."""
    workspace = call.workspace
    reading = _Reading(workspace=workspace)
    for path in dict.fromkeys(_paths(call, named, budget)):
        budget.spend()
        reading.add(path)
    run = run_by(named, reading.found, workspace)
    along = taken_along(workspace, run, folders_of(named, call.folder), budget)
    for path in along:
        reading.add(os.path.join(workspace, path))  # noqa: PTH118  # as below
    return dict(sorted(reading.found.items())), (*run, *along)


def _paths(call: ProposedCall, named: Sequence[Named], budget: MatchBudget) -> Iterator[str]:
    """Every path that the command may mean, absolute; most of them are no file at all."""
    workspace = call.workspace
    for token in _TOKEN.finditer(call.subject_value):
        for folder in {workspace, call.folder}:
            yield os.path.join(folder, token[0])  # noqa: PTH118  # pathlib would normalise
    for one in named:
        places = sorted(one.places or {str(workspace)})
        for place in places:
            for word in one.words:
                yield from _meant(word, place, workspace, budget)
            yield from (os.path.join(place, path) for path in _unsaid(one.words))  # noqa: PTH118  # as above


def _meant(word: Word, place: str, workspace: Path, budget: MatchBudget) -> Iterator[str]:
    text = word.text
    if UNKNOWN in text:
        return
    if word.glob:
        found = list(islice(matches(text, place, workspace, budget), _MOST_MATCHES + 1))
        if len(found) > _MOST_MATCHES:
            raise Unbindable
        yield from found
    forms = [text, text.partition("=")[2], text.lstrip("@")]
    if text.startswith("-") and not text.startswith("--"):
        forms.append(text[2:])
    yield from (os.path.join(place, form) for form in forms if form)  # noqa: PTH118  # as above


def _unsaid(words: Sequence[Word]) -> Iterator[str]:
    """What a program obeys without being told, beside it and in the folders that it is given."""
    name = words[0].text
    folders = ["", *(word.text for word in words[1:] if UNKNOWN not in word.text and not word.text.startswith("-"))]
    plain = PurePosixPath(name).name if name.startswith("/") else name
    obeyed = _OBEYED.get(_SAME.get(plain, plain), ())
    entrances = _ENTRANCES if INTERPRETERS.fullmatch(plain) else ()
    for folder in folders:
        yield from (os.path.join(folder, file) for file in (*obeyed, *(entrances if folder else ())))  # noqa: PTH118  # as above
    if _PYTHON.fullmatch(name):
        for flag, module in pairwise(words):
            if flag.text == "-m" and UNKNOWN not in module.text:
                path = module.text.replace(".", "/")
                yield from (f"{path}.py", f"{path}/__init__.py", f"{path}/__main__.py")


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What has been found so far, by its path from the workspace."""

    workspace: Path
    found: dict[str, str] = field(default_factory=dict)
    bytes_left: int = MOST_BYTES

    def add(self, path: str) -> None:
        """Take in the file of that path, where there is one."""
        try:
            inner = relative_to(self.workspace, path)
        except OutsideWorkspace:
            return
        if inner in self.found:
            return
        digest = self._digest(inner)
        if digest:
            self.found[inner] = digest
        if len(self.found) > MOST_FILES:
            raise Unbindable

    def _digest(self, inner: str) -> str:
        """The digest of a file, or of where it leads if it cannot be read; empty for a folder and for nothing."""
        try:
            opened = safe_open(self.workspace, inner, os.O_RDONLY)
        except (NotOrdinary, OutsideWorkspace, PermissionError) as problem:
            leads_to = os.path.relpath(os.path.realpath(self.workspace / inner), os.path.realpath(self.workspace))
            return _hex(f"{type(problem).__name__} {leads_to}")
        except (OSError, PathRefused):
            return ""
        facts = os.fstat(opened)
        if stat.S_ISDIR(facts.st_mode):
            os.close(opened)
            return ""
        with open(opened, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
            if facts.st_size > self.bytes_left:
                return _hex(f"{facts.st_dev} {facts.st_ino} {facts.st_size} {facts.st_ctime_ns}")
            self.bytes_left -= facts.st_size
            return hashlib.file_digest(file, "sha256").hexdigest()


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
