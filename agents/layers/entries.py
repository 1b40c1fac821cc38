"""One entry of a workspace's history as it lies on disk: a folder with what it is about, its steps, and what was kept.

    layers/WORKSPACE/00000012-CALL/about.json   what it is, and how far it has come
                                   upper, work  the layer while the call runs
                                   kept         what its merge replaced or removed
                                   before       a copy of the workspace, where there are no layers

`about.json` is replaced whole. It says what a merge will do before the merge does anything, so that one that was
interrupted is finished at the next start.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import structlog

from agents.sandbox.overlays import remove_work
from governance.values.reasons import Why, why_of

_log = structlog.get_logger(__name__)

ABOUT = "about.json"
ALIVE = "alive"
"""Locked by whoever is at work on an entry."""
GONE = ".gone-"
"""Begins the names of entries that are to be removed."""
_SURROGATES = "surrogateescape"


class EntryState(StrEnum):
    """How far an entry has come. Alphabetical."""

    MERGED = "merged"
    MERGING = "merging"
    OPEN = "open"
    PARKED = "parked"
    UNDONE = "undone"
    WRITING = "writing"


MAX_ENTRIES = 1_000
"""So many entries of one workspace are kept."""
ENDED = frozenset({EntryState.MERGED, EntryState.UNDONE})
"""The states of an entry whose call is over."""


class EntryKind(StrEnum):
    """What made an entry. Alphabetical. `redo` takes an undo back."""

    CALL = "call"
    COPY = "copy"
    REDO = "redo"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeStep:
    """One thing that a merge does: `put` something at a path, `remove` what is there, or change a folder's `mode`.

    of: its path in the layer, where that is another. source: where it comes from, below the workspace's folder of
    history; the entry's own layer when empty. stamp: of what is there afterwards, as made by `trees`. was: the mode
    before.
    """

    op: str
    path: str
    of: str = ""
    source: str = ""
    stamp: str = "-"
    mode: int = 0
    was: int = 0

    @property
    def shown(self) -> str:
        """The path for people."""
        return shown(self.path)


def shown(path: str) -> str:
    """A path as it can be stored and shown; bytes that are no text are replaced."""
    return path.encode("utf-8", _SURROGATES).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call, or one undo. at: ISO 8601. what: the command or path. under: code of the approval or grant.

    turn: the id of the turn that made it; an undo has the turn of what it takes back.

    notes: sentences about what could not be merged as it was. since_ns: when the layer was opened, by the clock of the
    file system.
    """

    folder: Path
    call: UUID
    kind: EntryKind = EntryKind.CALL
    state: EntryState = EntryState.OPEN
    at: str = ""
    person: str = ""
    agent: str = ""
    tool: str = ""
    what: str = ""
    under: str = ""
    conversation: str = ""
    turn: str = ""
    since_ns: int = 0
    steps: tuple[MergeStep, ...] = ()
    notes: tuple[Why, ...] = ()
    kept_bytes: int = 0
    is_kept: bool = True
    undoes: str = ""

    @property
    def number(self) -> int:
        """Its place in the history of its workspace, from 1 on."""
        return int(self.folder.name.partition("-")[0])

    @property
    def upper(self) -> Path:
        """What the call changed, until it is merged."""
        return self.folder / "upper"

    @property
    def work(self) -> Path:
        """The kernel's own folder."""
        return self.folder / "work"

    @property
    def kept(self) -> Path:
        """What was replaced or removed."""
        return self.folder / "kept"

    @property
    def before(self) -> Path:
        """The workspace as it was, where it was copied."""
        return self.folder / "before"

    @property
    def can_be_undone(self) -> bool:
        """Whether what it replaced is still there to be put back."""
        return self.state is EntryState.MERGED and self.is_kept

    @property
    def is_change(self) -> bool:
        """Whether it is something that a plain undo takes back: a call, or an undo that was undone."""
        return self.kind is not EntryKind.UNDO

    def touches(self, path: str) -> bool:
        """Whether a step of it is about that path, or about a folder above or something below it."""
        return any(_overlap(step.path, path) for step in self.steps)

    def save(self, **changes: Any) -> Self:
        """Write it down, changed; on disk it is the old one or the new one."""
        changed = replace(self, **changes)
        values = {name: getattr(changed, name) for name in _FIELDS}
        values["steps"] = [{name: getattr(step, name) for name in _STEP_FIELDS} for step in changed.steps]
        values["notes"] = [note.stored for note in changed.notes]
        temporary = self.folder / f".{ABOUT}"
        data = json.dumps(values | {"call": str(self.call)}, ensure_ascii=False).encode("utf-8", _SURROGATES)
        temporary.write_bytes(data)
        temporary.replace(self.folder / ABOUT)
        return changed

    def clear(self) -> None:
        """Remove what only a running call needs."""
        remove_work(self.work)
        for each in (self.upper, self.before):
            remove_tree(each)

    @property
    def is_cleared(self) -> bool:
        """Whether nothing is left of what only a running call needs."""
        return not any(os.path.lexists(each) for each in (self.upper, self.work, self.before))

    def forget(self) -> None:
        """Remove all of it."""
        remove_entry(self.set_aside())

    def set_aside(self) -> Path:
        """Take it out of the history at once; the folder that is to be removed then."""
        aside = self.folder.with_name(f"{GONE}{self.folder.name}")
        self.folder.rename(aside)
        return aside


def remove_entry(folder: Path) -> None:
    """Remove the folder of an entry that was set aside."""
    remove_work(folder / "work")
    remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder, however deep it is and whatever rights its folders have."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        _log.info("deep_folder", folder=str(folder))
    if os.path.lexists(folder):
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(folder)], stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603  # our own folder


_FIELDS = tuple(each.name for each in fields(Entry) if each.name != "folder")
_STEP_FIELDS = tuple(each.name for each in fields(MergeStep))


def read(folder: Path) -> Entry | None:
    """The entry in that folder; None when it never got so far."""
    try:
        values = json.loads((folder / ABOUT).read_bytes().decode("utf-8", _SURROGATES))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    steps = tuple(MergeStep(**each) for each in values.pop("steps"))
    notes = tuple(note for stored in values.pop("notes") if (note := why_of(stored)))
    call, kind, state = UUID(values.pop("call")), EntryKind(values.pop("kind")), EntryState(values.pop("state"))
    return Entry(folder=folder, call=call, kind=kind, state=state, steps=steps, notes=notes, **values)


def names_in(history: Path) -> list[str]:
    """The names of all entries of a workspace, oldest first."""
    try:
        return sorted(name for name in os.listdir(history) if name[:1].isdigit())  # noqa: PTH208  # names are wanted
    except FileNotFoundError:
        return []


def entries_in(history: Path) -> list[Entry]:
    """All entries of a workspace, oldest first."""
    return [entry for name in names_in(history) if (entry := read(history / name))]


def next_folder(history: Path, call: UUID) -> Path:
    """The path of the newest entry, which the caller makes; the history must be locked."""
    names = names_in(history)
    return history / f"{int(names[-1].partition('-')[0]) + 1 if names else 1:08d}-{call.hex}"


@dataclass(slots=True)
class Hold:
    """A lock on a file, for as long as this process lives or until it is let go; another process sees who is alive."""

    descriptor: int = field(default=-1)

    def let_go(self) -> None:
        """Give it up; doing so twice does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def hold(path: Path, *, waits: bool) -> Hold | None:
    """Take a lock; None when somebody else has it and we do not wait."""
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(opened)
        return None
    return Hold(opened)


@contextmanager
def locked(history: Path) -> Iterator[None]:
    """Nobody else changes this workspace's history meanwhile. Blocks."""
    with suppress(FileExistsError):
        history.mkdir(mode=0o700, parents=True)
    held = hold(history / ".lock", waits=True)
    try:
        yield
    finally:
        if held:
            held.let_go()


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
