"""The layer of one call: looked at, merged into its workspace, put by for later, or thrown away."""

import asyncio
import hashlib
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import structlog

from agents.layers.copies import plan_of_copy, settle_copy
from agents.layers.difference import bounded, difference
from agents.layers.entries import (
    Entry,
    EntryKind,
    EntryState,
    Hold,
    locked,
    next_folder,
    remove_entry,
    remove_tree,
    shown,
)
from agents.layers.plans import Changes, MergeResult, Plan, changed_beneath, is_opaque, is_whiteout, plan_of
from agents.layers.steps import finish
from agents.sandbox.plans import Overlay
from channels.base import NexoraError
from governance.values.reasons import why

_log = structlog.get_logger(__name__)
MAX_COMPARED = 200
"""So many files are compared for the difference."""
_CHUNK_BYTES = 1 << 20
_TOO_LARGE = why("layer.too_large")
_NEVER = why("layer.never")


class LayerChanged(NexoraError):
    """The layer or the workspace underneath is not what it was when it was looked at."""


class LayerBroken(NexoraError):
    """What the command changed could not be read, so none of it was taken over."""


class LayerListeners(Protocol):
    """Whom a layer tells of its end."""

    def told(self, entry: Entry) -> None:
        """It was merged: its history is locked now, and more is kept than before."""

    def sweep(self, remove: Callable[..., None], *what: Path) -> None:
        """Remove something that nobody needs any more, now or soon; removing folders takes longer than a merge."""


class Layer:
    """What one call changes. `view` is what the sandbox needs; None when the command runs in the workspace itself.

    is_apart: nothing reaches the workspace before `merge`, and `discard` costs nothing. Each layer must be merged,
    discarded or parked.
    """

    def __init__(
        self, entry: Entry | None, workspace: Path, held: Hold | None, keep_bytes: int, around: LayerListeners
    ) -> None:
        self._entry = entry
        self._workspace = workspace
        self._held = held
        self._keep_bytes = keep_bytes
        self._busy = threading.Lock()
        self._told = around.told
        self._sweep = around.sweep

    @property
    def view(self) -> Overlay | None:
        """Where the sandbox puts the changes."""
        return Overlay(upper=self._entry.upper, work=self._entry.work) if self._entry and self.is_apart else None

    @property
    def is_apart(self) -> bool:
        """Whether the workspace stays as it is until the merge."""
        return self._entry is not None and self._entry.kind is not EntryKind.COPY

    @property
    def upper(self) -> Path | None:
        """The folder that grows while the command runs; None when that is the workspace."""
        return self._entry.upper if self._entry and self.is_apart else None

    async def changes(self) -> Changes:
        """What was done, with the difference and digests. Reads every changed file; raises LayerBroken."""
        return await asyncio.to_thread(self._changes)

    async def merge(self, expected: Changes | None = None, *, under: str = "") -> MergeResult:
        """Make the changes part of the workspace, and keep what they replace; `under` is the code of their approval.

        Raises LayerChanged when `expected` was given and layer or workspace are not as they were then, and LayerBroken;
        after either the layer is still there.
        """
        return await asyncio.shield(asyncio.to_thread(self._merge, expected, under))

    async def discard(self) -> None:
        """Throw the changes away. Without a layer apart they stay, and become part of the history."""
        await asyncio.shield(asyncio.to_thread(self._discard))

    async def park(self) -> None:
        """Put the layer by until `Layers.pending` asks for it, also after a restart."""
        if self._entry is not None:
            self._entry = await asyncio.to_thread(self._entry.save, state=EntryState.PARKED)
        self._let_go()

    def settle(self) -> None:
        """Merge what a gateway that died left behind; the history is locked already. Blocks."""
        if self._entry is not None:
            self._merged(self._entry, self._plan(self._entry))

    def _changes(self) -> Changes:
        if self._entry is None:
            return Changes(changes=(), notes=(_NEVER,))
        plan = self._plan(self._entry)
        return Changes(
            changes=tuple(replace(each, path=shown(each.path)) for each in plan.changes),
            left_out=plan.left_out,
            difference=self._difference(self._entry, plan),
            digest=self._digest(self._entry) if self.is_apart else "",
            base=_base(plan),
            replaced_bytes=plan.replaced_bytes,
            notes=tuple(plan.notes),
        )

    def _plan(self, entry: Entry) -> Plan:
        try:
            if entry.kind is EntryKind.COPY:
                return plan_of_copy(entry.before, self._workspace, entry.since_ns)
            return plan_of(entry.upper, self._workspace, entry.since_ns, entry.number)
        except (OSError, RecursionError) as problem:
            _log.warning("layer_unreadable", folder=str(entry.folder), reason=str(problem))
            raise LayerBroken from problem

    @staticmethod
    def _digest(entry: Entry) -> str:
        try:
            return _digest(entry.upper)
        except OSError as problem:
            raise LayerBroken from problem

    def _difference(self, entry: Entry, plan: Plan) -> str:
        texts = []
        after, before = (entry.upper, self._workspace) if self.is_apart else (self._workspace, entry.before)
        for change in [each for each in plan.changes if each.kind != "folder"][:MAX_COMPARED]:
            old = before / change.path if change.how != "added" else None
            new = after / change.path if change.how != "removed" else None
            texts.append(difference(old, new, shown(change.path)))
        return bounded(texts)

    def _merge(self, expected: Changes | None, under: str = "") -> MergeResult:
        if self._entry is None:
            return MergeResult(notes=(_NEVER,))
        with self._busy, locked(self._entry.folder.parent):
            entry = self._entry = newest(self._entry)
            if under:
                entry = self._entry = replace(entry, under=under)
            plan = self._plan(entry)
            if expected is not None:
                self._must_be(expected, plan)
            kept = self._merged(entry, plan)
        self._let_go()
        return kept

    def _must_be(self, expected: Changes, plan: Plan) -> None:
        if self._entry and self._digest(self._entry) != expected.digest:
            raise LayerChanged("the changes are not those that were looked at")
        if _base(plan) != expected.base:
            changed = changed_beneath(dict(expected.base), dict(_base(plan)))
            raise LayerChanged(f"the workspace has changed since then: {', '.join(changed[:5])}")

    def _merged(self, entry: Entry, plan: Plan) -> MergeResult:
        if not plan.steps:
            self._sweep(remove_entry, entry.set_aside())
            self._entry = None
            return MergeResult(notes=tuple(plan.notes))
        is_kept = plan.replaced_bytes <= self._keep_bytes
        notes = (*plan.notes, *(() if is_kept else (_TOO_LARGE,)))
        entry = entry.save(
            state=EntryState.MERGING,
            steps=tuple(plan.steps),
            notes=notes,
            is_kept=is_kept,
            kept_bytes=plan.replaced_bytes if is_kept else 0,
        )
        entry = complete(entry, self._workspace)
        self._sweep(entry.clear)
        self._entry = None
        self._told(entry)
        return MergeResult(number=entry.number, kept_bytes=entry.kept_bytes, notes=notes)

    def _discard(self) -> None:
        """A merge that goes on although nobody waits for it any more is let end first; then there is nothing left."""
        with self._busy:
            if self._entry is not None and self.is_apart:
                self._sweep(remove_entry, self._entry.set_aside())
                self._entry = None
                self._let_go()
        if self._entry is not None:
            self._merge(None)

    def _let_go(self) -> None:
        if self._held:
            self._held.let_go()


def newest(entry: Entry) -> Entry:
    """The entry under the newest number, as what is merged last is undone first; the history must be locked."""
    folder = next_folder(entry.folder.parent, entry.call)
    if int(folder.name.partition("-")[0]) == entry.number + 1:
        return entry
    entry.folder.rename(folder)
    return replace(entry, folder=folder)


def complete(entry: Entry, workspace: Path) -> Entry:
    """Bring a merge that was begun to its end, from wherever it stands; the history must be locked.

    What only the call needed is left to be cleared.
    """
    if entry.kind is EntryKind.COPY:
        settle_copy(entry)
    else:
        lost = finish(entry, workspace)
        entry = replace(entry, notes=(*entry.notes, *lost))
    entry = entry.save(state=EntryState.MERGED)
    if not entry.is_kept:
        remove_tree(entry.kept)
    return entry


def _base(plan: Plan) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((shown(path), shown(stamp)) for path, stamp in plan.base.items()))


def _digest(upper: Path) -> str:
    """Of names, kinds, modes and content of everything in a layer."""
    lines: list[str] = []
    left = [""]
    while left:
        inner = left.pop()
        for each in os.scandir(upper / inner):
            path = f"{inner}{each.name}"
            about = each.stat(follow_symlinks=False)
            if is_whiteout(about):
                lines.append(f"removed {path}")
            elif stat.S_ISDIR(about.st_mode):
                opaque = " alone" if is_opaque(upper / path) else ""
                lines.append(f"folder {path} {about.st_mode:o}{opaque}")
                left.append(f"{path}/")
            elif stat.S_ISLNK(about.st_mode):
                lines.append(f"link {path} {os.readlink(upper / path)}")  # noqa: PTH115  # kept as it is written
            elif stat.S_ISREG(about.st_mode):
                lines.append(f"file {path} {about.st_mode:o} {_content(upper / path)}")
    return hashlib.sha256("\0".join(sorted(lines)).encode("utf-8", "surrogateescape")).hexdigest()


def _content(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(_CHUNK_BYTES):
            digest.update(data)
    return digest.hexdigest()
