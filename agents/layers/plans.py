"""Reads the upper folder of a layer, and plans how it becomes part of the workspace. It changes nothing there.

Whatever changed underneath since the layer was opened is never lost: where both sides changed, both are kept, the
workspace's own under its name. Links are taken over as links. Devices, FIFOs and sockets are left out, set-uid bits and
attributes of the file system are dropped.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from agents.layers.entries import MergeStep, shown
from agents.layers.trees import Tree, tree_at
from governance.values.reasons import Why, why

MAX_LISTED = 2_000
"""So many changes are listed one by one."""
_RIGHTS = 0o777
_LOOKING = stat.S_IRUSR | stat.S_IXUSR
_OPAQUE = ("user.overlay.opaque", "trusted.overlay.opaque")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """One entry that a call added, changed or removed (`how`). kind: file, folder or link. Sizes in bytes.

    A folder that was removed is one change; `files` says how many entries went with it.
    """

    path: str
    how: str
    kind: str = "file"
    before_bytes: int = 0
    after_bytes: int = 0
    files: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that a call did in its workspace. left_out: changes beyond those listed.

    difference: the unified difference of text files, bounded. digest: of everything in the layer, content and modes.
    base: what the workspace held underneath, as stamps by path. replaced_bytes: of what a merge would replace or
    remove. notes: sentences about what a merge would leave out or put elsewhere.
    """

    changes: tuple[EntryChange, ...]
    left_out: int = 0
    difference: str = ""
    digest: str = ""
    base: tuple[tuple[str, str], ...] = ()
    replaced_bytes: int = 0
    notes: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """What became of a merge. number: its place in the history, 0 when nothing had changed."""

    number: int = 0
    kept_bytes: int = 0
    notes: tuple[Why, ...] = ()


def changed_beneath(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The paths at which the workspace held something else before than after, by its stamps."""
    return [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]


@dataclass(slots=True, kw_only=True)
class Plan:
    """The steps of a merge, and what is to be told of it."""

    steps: list[MergeStep] = field(default_factory=list)
    changes: list[EntryChange] = field(default_factory=list)
    left_out: int = 0
    replaced_bytes: int = 0
    notes: list[Why] = field(default_factory=list)
    base: dict[str, str] = field(default_factory=dict)

    def tell(self, change: EntryChange) -> None:
        """Note a change, unless there are too many already."""
        if len(self.changes) < MAX_LISTED:
            self.changes.append(change)
        else:
            self.left_out += 1


def plan_of(upper: Path, workspace: Path, since_ns: int, number: int) -> Plan:
    """How that layer is merged. `number` marks the name of what is put beside something newer."""
    planner = _Planner(upper, workspace, since_ns, number)
    planner.read("")
    return planner.plan


def is_whiteout(about: os.stat_result) -> bool:
    """Whether this stands for something that was removed."""
    return stat.S_ISCHR(about.st_mode) and about.st_rdev == 0


def is_opaque(folder: Path) -> bool:
    """Whether a folder of a layer replaces the one beneath instead of adding to it."""
    for name in _OPAQUE:
        try:
            return os.getxattr(folder, name, follow_symlinks=False) == b"y"
        except OSError:
            continue
    return False


class _Planner:
    def __init__(self, upper: Path, workspace: Path, since_ns: int, number: int) -> None:
        self.plan = Plan()
        self._upper = upper
        self._workspace = workspace
        self._since = since_ns
        self._number = number

    def read(self, inner: str) -> None:
        """Plan for one folder of the layer that adds to one of the workspace."""
        for each in sorted(os.scandir(self._upper / inner), key=lambda found: found.name):
            path = f"{inner}/{each.name}" if inner else each.name
            about = each.stat(follow_symlinks=False)
            if is_whiteout(about):
                self._removed(path)
            elif stat.S_ISDIR(about.st_mode):
                self._folder(path, about)
            elif stat.S_ISREG(about.st_mode) or stat.S_ISLNK(about.st_mode):
                self._file(path, about)
            else:
                self._left_out(path)

    def _file(self, path: str, about: os.stat_result) -> None:
        old = tree_at(self._workspace / path)
        self._clean(path, about)
        new = tree_at(self._upper / path)
        if new.stamp == old.stamp:
            return  # opened for writing, and never written
        self.plan.base[path] = old.stamp
        kind = "link" if stat.S_ISLNK(about.st_mode) else "file"
        if old.is_absent or self._is_newer(old):
            self._put(path, new, old)
            self.plan.tell(EntryChange(path=path, how="added", kind=kind, after_bytes=new.size_bytes))
            return
        self._put(path, new, old)
        change = EntryChange(
            path=path, how="changed", kind=kind, before_bytes=old.size_bytes, after_bytes=new.size_bytes
        )
        self.plan.tell(change)

    def _folder(self, path: str, about: os.stat_result) -> None:
        """A new folder is moved as a whole; one that adds to another is read further."""
        about = self._opened(path, about)
        below = self._workspace / path
        try:
            under = below.lstat()
        except (FileNotFoundError, NotADirectoryError):
            under = None
        if under is not None and stat.S_ISDIR(under.st_mode):
            old = tree_at(below) if is_opaque(self._upper / path) else None
            if old is None:
                self._mode(path, about, under)
                self.read(path)
                return
            if self._is_newer(old):
                self._emptied(path)
                self._mode(path, about, under)
                self.read(path)
                return
        self._whole(path, about)

    def _opened(self, path: str, about: os.stat_result) -> os.stat_result:
        """Give a folder's owner the rights to look into it, without which nobody could take it over."""
        if about.st_mode & _LOOKING == _LOOKING:
            return about
        folder = self._upper / path
        folder.chmod(stat.S_IMODE(about.st_mode) | _LOOKING)
        self.plan.notes.append(why("layer.opened", path=shown(path)))
        return folder.lstat()

    def _whole(self, path: str, about: os.stat_result) -> None:
        """A folder in the place of nothing, of a file, or of a folder that was removed before."""
        old = tree_at(self._workspace / path)
        self._clean(path, about)
        added = list(self._cleaned_below(path))
        self.plan.base[path] = old.stamp
        if not old.is_absent and not self._is_newer(old):
            kind = "folder" if old.stamp.startswith("d:") else "file"
            self.plan.tell(
                EntryChange(path=path, how="removed", kind=kind, before_bytes=old.size_bytes, files=max(1, old.files))
            )
        self._put(path, tree_at(self._upper / path), old)
        self.plan.tell(EntryChange(path=path, how="added", kind="folder"))
        for each in added:
            self.plan.tell(each)

    def _put(self, path: str, new: Tree, old: Tree) -> None:
        if not old.is_absent and self._is_newer(old):
            self.plan.steps.append(MergeStep(op="put", path=self._beside(path), of=path, stamp=new.stamp))
        else:
            self.plan.replaced_bytes += old.size_bytes
            self.plan.steps.append(MergeStep(op="put", path=path, stamp=new.stamp))

    def _beside(self, path: str) -> str:
        """Another name for what cannot take its own, because something newer has it."""
        name = PurePosixPath(path)
        other = str(name.with_name(f"{name.stem}~{self._number}{name.suffix}"))
        self.plan.notes.append(why("layer.beside", path=shown(path), other=shown(other)))
        return other

    def _removed(self, path: str) -> None:
        old = tree_at(self._workspace / path)
        if old.is_absent:
            return
        self.plan.base[path] = old.stamp
        if self._is_newer(old):
            if old.stamp.startswith("d:"):
                self._emptied(path)
            self.plan.notes.append(why("layer.not_removed", path=shown(path)))
            return
        self.plan.replaced_bytes += old.size_bytes
        self.plan.steps.append(MergeStep(op="remove", path=path))
        kind = {"d": "folder", "l": "link"}.get(old.stamp[0], "file")
        self.plan.tell(EntryChange(path=path, how="removed", kind=kind, before_bytes=old.size_bytes, files=old.files))

    def _emptied(self, path: str) -> None:
        """Remove from a folder of the workspace what did not change meanwhile and is not in the layer."""
        for each in sorted(os.scandir(self._workspace / path), key=lambda found: found.name):
            inner = f"{path}/{each.name}"
            if os.path.lexists(self._upper / inner):
                continue
            old = tree_at(self._workspace / inner)
            if self._is_newer(old):
                if old.stamp.startswith("d:"):
                    self._emptied(inner)
                continue
            self.plan.replaced_bytes += old.size_bytes
            self.plan.steps.append(MergeStep(op="remove", path=inner))
            self.plan.tell(EntryChange(path=inner, how="removed", before_bytes=old.size_bytes, files=old.files))

    def _mode(self, path: str, about: os.stat_result, under: os.stat_result) -> None:
        mode, was = about.st_mode & _RIGHTS, under.st_mode & _RIGHTS
        if mode != was:
            self.plan.base[path] = f"m:{was:o}"
            self.plan.steps.append(MergeStep(op="mode", path=path, mode=mode, was=was))
            self.plan.tell(EntryChange(path=path, how="changed", kind="folder"))

    def _is_newer(self, old: Tree) -> bool:
        return old.newest_ns > self._since

    def _left_out(self, path: str) -> None:
        (self._upper / path).unlink()
        self.plan.notes.append(why("layer.left_out", path=shown(path)))

    def _cleaned_below(self, path: str) -> Iterator[EntryChange]:
        """Make a new folder fit to be moved as a whole, and say what is in it."""
        for each in sorted(os.scandir(self._upper / path), key=lambda found: found.name):
            inner = f"{path}/{each.name}"
            about = each.stat(follow_symlinks=False)
            if is_whiteout(about):
                (self._upper / inner).unlink()
            elif stat.S_ISDIR(about.st_mode):
                self._clean(inner, self._opened(inner, about))
                yield EntryChange(path=inner, how="added", kind="folder")
                yield from self._cleaned_below(inner)
            elif stat.S_ISREG(about.st_mode) or stat.S_ISLNK(about.st_mode):
                self._clean(inner, about)
                kind = "link" if stat.S_ISLNK(about.st_mode) else "file"
                yield EntryChange(path=inner, how="added", kind=kind, after_bytes=about.st_size)
            else:
                self._left_out(inner)

    def _clean(self, path: str, about: os.stat_result) -> None:
        """Drop set-uid and set-gid bits, and every attribute but those that a person may set."""
        file = self._upper / path
        if stat.S_ISLNK(about.st_mode):
            return
        if about.st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX):
            file.chmod(about.st_mode & _RIGHTS)
            if not stat.S_ISDIR(about.st_mode):
                self.plan.notes.append(why("layer.set_uid", path=shown(path)))
        try:
            names = os.listxattr(file, follow_symlinks=False)
        except OSError:
            return
        for name in names:
            if not name.startswith("user.") or name.startswith("user.overlay."):
                os.removexattr(file, name, follow_symlinks=False)
