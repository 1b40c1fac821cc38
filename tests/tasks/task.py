"""What a task is: files, a person's words, the calls of a good model, and what must be so in the end.

A route is a generator. It yields calls and is sent their results, so that what a model would take from a result is
taken from there; a text that it yields ends its turn, and the last answer is what it returns.
"""

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias


class Astray(Exception):
    """A result does not show what the next step needs, so a model would have to look for it in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. `fails`: that it ends badly is what the model wants to know, or a mistake that it makes and mends.

    `raw` is what it writes in place of well-formed arguments.
    """

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fails: bool = False
    raw: str = ""


Step: TypeAlias = Call | Sequence[Call] | str
Route: TypeAlias = Generator[Step, Any, str]
"""Sent the text of the result of each call that it yields, a list of them for several at once, None after a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Where a task is done: the address of its web pages, without a slash at the end."""

    web: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How things are in the end. `sent`: the files that the person was sent, by name."""

    folder: Path
    answer: str
    sent: Mapping[str, bytes] = field(default_factory=dict)

    def text(self, path: str) -> str:
        """What a file holds, with its line ends; empty where there is none."""
        return self.data(path).decode()

    def data(self, path: str) -> bytes:
        file = self.folder / path
        return file.read_bytes() if file.is_file() else b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task. `words` are what the person says, one text for each turn; `{web}` in them is where pages are.

    `check` asserts what must be so, and fails for a folder in which nothing was done. `needs`: programs.
    most_tokens: what all results together may take.
    """

    name: str
    words: Sequence[str]
    setup: Callable[[Path], None]
    route: Callable[[Here], Route]
    check: Callable[[Done], None]
    needs: Sequence[str] = ()
    most_tokens: int = 400


def task(
    *words: str,
    check: Callable[[Done], None],
    setup: Callable[[Path], None] | None = None,
    needs: Sequence[str] = (),
    most_tokens: int = 400,
) -> Callable[[Callable[[Here], Route]], Task]:
    """Makes a task of its route, whose name becomes that of the task."""

    def made(route: Callable[[Here], Route]) -> Task:
        return Task(
            name=route.__name__,
            words=words,
            setup=setup or files({}),
            route=route,
            check=check,
            needs=needs,
            most_tokens=most_tokens,
        )

    return made


def files(content: Mapping[str, str | bytes]) -> Callable[[Path], None]:
    """Lays these files into the folder."""

    def write(folder: Path) -> None:
        for name, each in content.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(each.encode() if isinstance(each, str) else each)

    return write


def call(tool: str, /, *, fails: bool = False, **arguments: Any) -> Call:
    return Call(tool=tool, arguments=arguments, fails=fails)


def shell(command: str, *, fails: bool = False, **arguments: Any) -> Call:
    return Call(tool="shell", arguments={"command": command, **arguments}, fails=fails)


def read(path: str, **arguments: Any) -> Call:
    return Call(tool="read_file", arguments={"path": path, **arguments})


def edit(path: str, old: str, new: str, **arguments: Any) -> Call:
    return Call(tool="edit_file", arguments={"path": path, "old": old, "new": new, **arguments})


def search(pattern: str, **arguments: Any) -> Call:
    return Call(tool="search_files", arguments={"pattern": pattern, **arguments})


def found(pattern: str, result: str) -> str:
    """What a model takes from a result: the first group of this expression. Raises Astray where it is not there."""
    match = re.search(pattern, result, re.MULTILINE)
    if match is None:
        raise Astray(f"{pattern!r} is not in {result[:1500]!r}")
    return match[1]


def answers(*words: str) -> Callable[[Done], None]:
    """Checks that each of these stands in the answer."""

    def check(done: Done) -> None:
        for each in words:
            assert each in done.answer, f"the answer lacks {each!r}"

    return check


def holds(path: str, wanted: str | bytes) -> Callable[[Done], None]:
    """Checks that a file is so, to the byte."""

    def check(done: Done) -> None:
        assert done.data(path) == (wanted.encode() if isinstance(wanted, str) else wanted), (
            f"{path} is not as it should be"
        )

    return check


def both(*checks: Callable[[Done], None]) -> Callable[[Done], None]:
    def check(done: Done) -> None:
        for each in checks:
            each(done)

    return check
