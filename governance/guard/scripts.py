"""What a command runs besides its own text: the scripts that it names, and what those take from the workspace.

Python's imports are found by its own parser, what a shell script sources or starts by ours, recipes by their names.
Nothing is run, nothing outside the workspace is opened, and only texts of a bounded size are looked at.
"""

import ast
import os
import posixpath
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from governance.guard.matching import MatchBudget
from governance.shell.families.interpreters import INTERPRETERS
from governance.shell.scope import UNKNOWN, Named, Word
from governance.values.safe_files import PathRefused, safe_open

MOST_SCRIPTS = 40
_MOST_FOLDERS = 8
MOST_BYTES = 200_000
"""A longer text is no script that a person reads; its digest stands in its place."""
_RUN_BY_SHELL = re.compile(r"(?:ba|da|k|z)?sh|source|\.")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_LAUNCHERS = frozenset(
    {"env", "nice", "nohup", "setsid", "stdbuf", "time", "timeout", "xargs", "sudo", "exec", "command"}
)
_RECIPES = frozenset(
    {"Dockerfile", "GNUmakefile", "Justfile", "Makefile", "Rakefile", "Taskfile.yml", "build.rs", "conftest.py"}
    | {"justfile", "makefile", "noxfile.py", "package.json", "rakefile", "setup.py", "tox.ini"}
)
_SHEBANG_SHELL = re.compile(rb"#!\s*\S*(?:/|\s)(?:ba|da|k|z)?sh\b")
_SHEBANG_PYTHON = re.compile(rb"#!\s*\S*(?:/|\s)python[\d.]*\b")


def run_by(named: Sequence[Named], found: Iterable[str], workspace: Path) -> list[str]:
    """Which of the files that a command names it also runs or obeys, by their paths from the workspace, in order."""
    known = set(found)
    run: dict[str, None] = {}
    for one in named:
        for place in sorted(one.places or {str(workspace)}):
            for path in _run_by_words(one.words):
                if (inner := _inner(place, path, workspace)) in known:
                    run[inner] = None
    run |= dict.fromkeys(path for path in sorted(known) if PurePosixPath(path).name in _RECIPES)
    return list(run)


def _run_by_words(words: Sequence[Word]) -> Iterator[str]:
    """What the words of one command may run: a program with a path, and whatever an interpreter is given."""
    texts = [word.text for word in words if UNKNOWN not in word.text]
    for index, text in enumerate(texts):
        name = PurePosixPath(text).name or text
        if index == 0 and "/" in text:
            yield text
        if INTERPRETERS.fullmatch(name) or _RUN_BY_SHELL.fullmatch(name) or _PYTHON.fullmatch(name):
            yield from _given(texts[index + 1 :])
            return
        if index and texts[0] not in _LAUNCHERS:
            return


def _given(arguments: Sequence[str]) -> Iterator[str]:
    """The files that an interpreter may run: its arguments, modules by their paths, folders by their entrance."""
    for index, text in enumerate(arguments):
        if index and arguments[index - 1] == "-m":
            path = text.replace(".", "/")
            yield from (f"{path}.py", f"{path}/__init__.py", f"{path}/__main__.py")
        elif not text.startswith("-"):
            yield from (text, f"{text}/__main__.py", f"{text}/index.js", f"{text}/package.json")


def folders_of(named: Sequence[Named], begins: Path) -> tuple[Path, ...]:
    """Where a command that `begins` in this folder may stand when it runs something; at most a few of them."""
    places = {Path(place) for one in named for place in one.places or ()}
    return tuple(dict.fromkeys((begins, *sorted(places))))[:_MOST_FOLDERS]


def taken_along(workspace: Path, scripts: Sequence[str], folders: Sequence[Path], budget: MatchBudget) -> list[str]:
    """What these scripts import or source from the workspace, and what that does, by their paths; without themselves.

    `folders` are those in which they may run. Raises TooMuch.
    """
    queue, seen = deque(scripts), dict.fromkeys(scripts)
    while queue and len(seen) < MOST_SCRIPTS:
        path = queue.popleft()
        text = text_of(workspace, path)
        if text is None:
            continue
        for wanted in _wanted(workspace, path, text, folders):
            budget.spend()
            if wanted not in seen and text_of(workspace, wanted) is not None:
                seen[wanted] = None
                queue.append(wanted)
    return [path for path in seen if path not in set(scripts)]


def text_of(workspace: Path, path: str) -> str | None:
    """The text of a script; None for what is no file of the workspace, too long, or no text."""
    try:
        opened = safe_open(workspace, path, os.O_RDONLY)
    except (OSError, PathRefused):
        return None
    try:
        with open(opened, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
            content = file.read(MOST_BYTES + 1)
    except OSError:  # a folder
        return None
    if len(content) > MOST_BYTES or b"\0" in content:
        return None
    return content.decode("utf-8", "surrogateescape")


def contents_below(workspace: Path) -> Callable[[str], str | None]:
    """What tells the text of a file by its whole path: an empty one where there is none, else as `text_of`."""

    def contents(path: str) -> str | None:
        inner = _inner("/", path, workspace)
        if not inner:
            return None
        return text_of(workspace, inner) if os.path.lexists(workspace / inner) else ""

    return contents


def is_python(path: str, text: str) -> bool:
    """Whether Python would run it."""
    return path.endswith((".py", ".pyw")) or _SHEBANG_PYTHON.match(text[:80].encode("utf-8", "replace")) is not None


def is_shell(path: str, text: str) -> bool:
    """Whether a shell would run it."""
    begins = text[:80].encode("utf-8", "replace")
    return path.endswith((".bash", ".sh")) or _SHEBANG_SHELL.match(begins) is not None


def _wanted(workspace: Path, path: str, text: str, folders: Sequence[Path]) -> Iterator[str]:
    """The paths of what one script may take from the workspace; many of them are no file."""
    if is_python(path, text):
        yield from _imported(path, text)
    elif is_shell(path, text):
        yield from _sourced(workspace, text, folders)


def _imported(path: str, text: str) -> Iterator[str]:
    """The files of the modules that a Python file imports, beside it and from the workspace's own folder."""
    try:
        tree = ast.parse(text)
    except (RecursionError, SyntaxError, ValueError):
        return
    folder = str(PurePosixPath(path).parent)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (
                file for name in node.names for base in sorted({folder, "."}) for file in _module(base, name.name)
            )
        elif isinstance(node, ast.ImportFrom):
            bases = sorted({folder, "."}) if not node.level else ["/".join((folder, *[".."] * (node.level - 1)))]
            inner = f"{node.module}." if node.module else ""
            for base in bases:
                if node.module:
                    yield from _module(base, node.module)
                yield from (file for name in node.names for file in _module(base, f"{inner}{name.name}"))


def _module(base: str, name: str) -> Iterator[str]:
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        path = posixpath.normpath("/".join((base, *parts[:count])))
        yield from (f"{path}/__init__.py", f"{path}.py") if count == len(parts) else (f"{path}/__init__.py",)


def _sourced(workspace: Path, text: str, folders: Sequence[Path]) -> Iterator[str]:
    """The files that a shell script sources or starts, in whichever of the folders it runs."""
    from governance.shell import read_command  # noqa: PLC0415  # the parser loads with the first script

    for folder in folders:
        for one in read_command(text, workspace, contained=True, folder=folder).named:
            for place in sorted(one.places or {str(folder)}):
                for path in _run_by_words(one.words):
                    if inner := _inner(place, path, workspace):
                        yield inner


def _inner(place: str, path: str, workspace: Path) -> str:
    """The path from the workspace; empty for what is outside."""
    whole = posixpath.normpath(posixpath.join(place, path))
    inner = os.path.relpath(whole, workspace)
    return "" if inner.startswith("..") or inner == "." else inner
