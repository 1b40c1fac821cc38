"""Takes entries of a workspace's history back. Each undo is an entry itself, so that it can be undone in its turn."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from agents.layers.difference import bounded, difference
from agents.layers.entries import (
    Entry,
    EntryKind,
    EntryState,
    MergeStep,
    entries_in,
    locked,
    next_folder,
    remove_tree,
    shown,
)
from agents.layers.layer import complete
from agents.layers.trees import tree_at

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRefusal:
    """Why an entry was not taken back: these paths changed after it, by these later entries or by somebody else."""

    entry: Entry
    paths: tuple[str, ...]
    later: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What became of an undo. entries: those that were taken back, newest first. number: of the last undo's own entry.

    paths: what was changed by it. gone: an entry that was too large to be kept.
    """

    entries: tuple[Entry, ...] = ()
    number: int = 0
    paths: tuple[str, ...] = ()
    refusal: UndoRefusal | None = None
    gone: Entry | None = None

    @property
    def is_missing(self) -> bool:
        """Whether there was nothing to undo."""
        return not (self.entries or self.refusal or self.gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """What is to be undone: the last `count` changes, the entry of a `number`, or all that was done `under` a code.

    Or all of a `turn`, or all undoes that were made `by` one order, which brings back what they took.

    Only the calls of this `person` unless it is empty, and only what touches this `path` unless that is empty.
    """

    count: int | None = None
    number: int = 0
    under: str = ""
    person: str = ""
    path: str = ""
    turn: str = ""
    by: UUID | None = None

    def among(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those of all entries of a workspace, newest first."""
        found = [each for each in reversed(entries) if each.state is EntryState.MERGED and self._is_meant(each)]
        return found[: self.count]

    def _is_meant(self, entry: Entry) -> bool:
        if self.person and entry.person != self.person:
            return False
        if self.number:
            return entry.number == self.number
        if self.by:
            return not entry.is_change and entry.call == self.by
        if (self.turn and entry.turn != self.turn) or not entry.is_change or (self.under and entry.under != self.under):
            return False
        return not self.path or entry.touches(self.path)


def undo(history: Path, workspace: Path, which: Which, about: Entry, *, force: bool = False) -> Undone:
    """Take back what is chosen, newest first, until one cannot be; `about` says by whom. Blocks; raises OSError.

    Without `force` an entry is left alone when something that it made was changed later. What `about.call` has taken
    back already, before a crash, counts as done and is not done again.
    """
    with locked(history):
        done = _done_before(entries_in(history), about)
        left = None if which.count is None else max(0, which.count - len(done.entries))
        for entry in replace(which, count=left).among(entries_in(history)):
            if not entry.is_kept:
                return replace(done, gone=entry)
            later = [each for each in entries_in(history) if each.number > entry.number]
            if not force and (refusal := _refusal(entry, workspace, later)):
                return replace(done, refusal=refusal)
            done = _with(done, entry, _taken_back(entry, history, workspace, about))
    return done


def _done_before(entries: Sequence[Entry], about: Entry) -> Undone:
    done = Undone()
    by_name = {each.folder.name: each for each in entries}
    for made in entries:
        if made.call == about.call and made.undoes in by_name:
            done = _with(done, by_name[made.undoes], made)
    return done


def _with(done: Undone, entry: Entry, made: Entry) -> Undone:
    paths = tuple(step.shown for step in made.steps)
    return Undone(entries=(*done.entries, entry), number=made.number, paths=(*done.paths, *paths))


def settle(entry: Entry, workspace: Path) -> Entry:
    """Bring an undo that was begun to its end; the history must be locked."""
    finished = complete(entry, workspace)
    finished.clear()
    for other in entries_in(entry.folder.parent):
        if other.folder.name == entry.undoes:
            remove_tree(other.kept)
            other.save(state=EntryState.UNDONE, kept_bytes=0)
    return finished


def difference_of(history: Path, workspace: Path, numbers: Collection[int]) -> str:
    """What these entries changed in text files, taken together, as far as both sides are still there. Blocks."""
    entries = entries_in(history)
    chosen = [each for each in entries if each.number in numbers and each.can_be_undone]
    if not chosen:
        return ""
    later = [each for each in entries if each.number > chosen[-1].number]
    taken = {each.folder.name for each in later if each.state is EntryState.UNDONE and each.is_change}
    later = [entry for entry in later if entry.kind is not EntryKind.UNDO or entry.undoes not in taken]
    texts: dict[str, str] = {}
    for place, entry in enumerate(chosen):
        for step in entry.steps:
            for name, old in _before(step, entry, _found(step.path, later, workspace)):
                if name not in texts:
                    new = None if _is_removed(name, chosen[place:]) else _file(_found(name, later, workspace))
                    texts[name] = difference(old, new, shown(name)) if old or new else ""
    return bounded(list(texts.values()))


def _before(step: MergeStep, entry: Entry, newer: Path) -> list[tuple[str, Path | None]]:
    """The files of a step by their paths, each with what it was before; None where nothing was."""
    if step.op == "mode":
        return []
    before = entry.kept / step.path
    return [
        (f"{step.path}/{path}" if path else step.path, _file(before / path if path else before))
        for path in _files_of(before, newer)
    ]


def _found(path: str, later: Sequence[Entry], workspace: Path) -> Path:
    """Where what was left at a path is now: kept by whoever changed it next, or in the workspace."""
    kept = (each.kept / path for each in later)
    return next((each for each in kept if os.path.lexists(each)), workspace / path)


def _is_removed(name: str, chosen: Sequence[Entry]) -> bool:
    """Whether nothing was at that path once these were done."""
    steps = [step for each in chosen for step in each.steps if step.op != "mode"]
    last = next((step for step in reversed(steps) if name == step.path or name.startswith(f"{step.path}/")), None)
    return last is not None and last.op == "remove"


def _refusal(entry: Entry, workspace: Path, later: Sequence[Entry]) -> UndoRefusal | None:
    changed = tuple(step.path for step in entry.steps if _is_changed(step, workspace))
    if not changed:
        return None
    numbers = [
        each.number for each in later if each.state is EntryState.MERGED and any(each.touches(path) for path in changed)
    ]
    return UndoRefusal(entry=entry, paths=tuple(map(shown, changed[:_MOST_NAMED])), later=tuple(numbers))


def _is_changed(step: MergeStep, workspace: Path) -> bool:
    """Whether something else is there now than what the entry left."""
    path = workspace / step.path
    if step.op == "mode":
        try:
            return path.lstat().st_mode & 0o777 != step.mode
        except OSError:
            return True
    return tree_at(path).stamp != step.stamp


def _taken_back(entry: Entry, history: Path, workspace: Path, about: Entry) -> Entry:
    steps = tuple(_inverse(step, entry) for step in reversed(entry.steps))
    replaced = sum(tree_at(workspace / step.path).size_bytes for step in steps if step.op != "mode")
    folder = next_folder(history, about.call)
    folder.mkdir(mode=0o700)
    kind = EntryKind.REDO if entry.kind is EntryKind.UNDO else EntryKind.UNDO
    begun = replace(about, folder=folder, kind=kind, undoes=entry.folder.name, turn=entry.turn, is_kept=True)
    return settle(begun.save(state=EntryState.MERGING, steps=steps, kept_bytes=replaced), workspace)


def _inverse(step: MergeStep, entry: Entry) -> MergeStep:
    if step.op == "mode":
        return replace(step, mode=step.was, was=step.mode)
    kept = entry.kept / step.path
    if os.path.lexists(kept):
        return MergeStep(op="put", path=step.path, source=f"{entry.folder.name}/kept", stamp=tree_at(kept).stamp)
    return MergeStep(op="remove", path=step.path)


def _files_of(before: Path, after: Path) -> list[str]:
    """The paths of files on either side, below the two; just the two themselves when they are files."""
    found: set[str] = set()
    for top in (before, after):
        if top.is_symlink() or top.is_file():
            found.add("")
        elif top.is_dir():
            for folder, _, names in os.walk(top):
                inner = os.path.relpath(folder, top)
                found.update(os.path.normpath(f"{inner}/{name}") for name in names)
                if len(found) > _MOST_NAMED * 5:
                    break
    return sorted(found)


def _file(path: Path) -> Path | None:
    return path if path.is_symlink() or path.is_file() else None
