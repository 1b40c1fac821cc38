"""What a command wrote, as a model reads it: without the signs of a terminal, and of what is long both ends.

The whole is then in `.nexora/out/N.txt` of the workspace, which no history holds and git does not see. It runs nothing.
"""

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from agents.layers import Layers
from agents.layers.steps import parent
from agents.sandbox import CommandLimits, FinishedCommand
from agents.tools.tool import ToolContext

_log = structlog.get_logger(__name__)
HEAD, TAIL = 4_000, 12_000
"""Of a longer output so many characters of its beginning and its end are shown."""
OWN, OUT = ".nexora", ".nexora/out"
MOST_FILES = 20
"""So many whole outputs are kept in a workspace, the newest."""
_SLOW_SECONDS, _LONG_SECONDS = 1.0, 10.0
_TIMED_OUT, _SIGNALLED = 124, 128

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_HINTS = {
    "SIGXCPU": "it used all the processor time that it had",
    "SIGXFSZ": "a file grew beyond {megabytes} MB, the most that one may have; write several smaller ones",
    "SIGSYS": "it asked the system for something that is forbidden here",
}


def readable(text: str) -> str:
    r"""The text as it would stand on a terminal in the end: colours gone, progress lines as they were last.

    Control signs that mean nothing to a reader are shown as `\x00`; bells are left out.
    """
    if not _ODD.search(text):
        return text
    plain = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\x07", "")
    if "\r" in plain or "\b" in plain:
        plain = "\n".join(_as_it_ended(line) for line in plain.split("\n"))
    return _UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}", plain)


def _as_it_ended(line: str) -> str:
    """A line of which parts were written over."""
    last = next((part for part in reversed(line.split("\r")) if part.strip()), "")
    if "\b" not in last:
        return last
    kept: list[str] = []
    for sign in last:
        if sign != "\b":
            kept.append(sign)
        elif kept:
            kept.pop()
    return "".join(kept)


def how_it_ended(finished: FinishedCommand, seconds: float, limits: CommandLimits, longest: float) -> Iterator[str]:
    """`exit 1 · 3.2 s`, and why it was ended and what to do then. `longest`: seconds that a call may ask for."""
    code = finished.exit_code
    name = "" if finished.stopped else _signal(code)
    lasted = "" if seconds < _SLOW_SECONDS else f" · {seconds:.{1 if seconds < _LONG_SECONDS else 0}f} s"
    yield f"exit {code}{f' ({name})' if name else ''}{lasted}"
    if finished.timed_out:
        yield f"({finished.stopped}; a call may ask for up to {longest:g} s by timeout)"
    elif finished.stopped:
        yield f"({finished.stopped}; do it in smaller parts)"
    elif hint := _HINTS.get(name, ""):
        yield f"({hint.format(megabytes=limits.file_bytes >> 20)})"
    if finished.left:
        which = "1 process" if finished.left == 1 else f"{finished.left} processes"
        yield f"({which} still ran when the command had ended, and had to end with it)"


def _signal(code: int) -> str:
    try:
        return signal.Signals(code - _SIGNALLED).name if code > _SIGNALLED else ""
    except ValueError:
        return ""


async def shown(layers: Layers, context: ToolContext, output: str) -> str:
    """The output as a model is shown it; where that is not all of it, the whole is written into a file first."""
    text = (await asyncio.to_thread(readable, output)).strip("\n").rstrip()
    if len(text) <= HEAD + TAIL:
        return text or "(no output)"
    head, tail = _apart(text)
    lines = text.count("\n", len(head), len(text) - len(tail))
    left_out = f"{len(text) - len(head) - len(tail):,} characters, {lines:,} lines"
    where = await _kept(layers, context, text)
    way_on = (
        f"the whole is in {where}, where line {head.count(chr(10)) + 1} goes on"
        if where
        else "they are not kept; write the output into a file to read it all"
    )
    return f"{head.rstrip()}\n[… {left_out} left out; {way_on} …]\n{tail.lstrip(chr(10))}"


def _apart(text: str) -> tuple[str, str]:
    """Beginning and end, cut between lines where there is a line end near."""
    head, tail = text[:HEAD], text[-TAIL:]
    cut = head.rfind("\n") + 1
    head = head[:cut] if cut > HEAD // 2 else head
    cut = tail.find("\n") + 1
    return head, tail[cut:] if 0 < cut < TAIL // 2 else tail


async def _kept(layers: Layers, context: ToolContext, text: str) -> str:
    """The path of the file that holds it all; empty where none may be written."""
    if context.tries or await layers.lack(context.workspace, str(context.person.id)):
        return ""
    try:
        return await asyncio.to_thread(keep, context.workspace, text)
    except OSError as problem:
        _log.warning("output_not_kept", conversation=context.conversation, reason=str(problem))
        return ""


def keep(workspace: Path, text: str) -> str:
    """Write it into a file of its own and forget the oldest; its path. Follows no links. Raises OSError; blocks."""
    with parent(workspace, OWN, makes=True) as own, suppress(FileExistsError):
        # A folder that ignores itself needs no word in the settings of a repository.
        _write(own, ".gitignore", "*\n")
    with parent(workspace, OUT, makes=True) as folder:
        numbers = sorted(int(name[:-4]) for name in os.listdir(folder) if re.fullmatch(r"\d{1,9}\.txt", name))  # noqa: PTH208  # a descriptor
        number = numbers[-1] + 1 if numbers else 1
        while True:
            try:
                _write(folder, f"{number}.txt", text)
            except FileExistsError:
                number += 1
            else:
                break
        for old in numbers[: -(MOST_FILES - 1)]:
            with suppress(OSError):
                os.unlink(f"{old}.txt", dir_fd=folder)
    return f"{OUT}/{number}.txt"


def _write(folder: int, name: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    opened = os.open(name, flags, 0o600, dir_fd=folder)
    with open(opened, "w", encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # a descriptor
        file.write(text)
