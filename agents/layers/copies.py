"""What stands in for a layer where there is none: a copy of the workspace before the call, if it is small enough."""

import fcntl
import os
import shutil
import stat
from pathlib import Path

from agents.layers.entries import Entry, MergeStep
from agents.layers.plans import EntryChange, Plan
from agents.layers.trees import tree_at

MAX_BYTES = 256 << 20
MAX_FILES = 20_000
_CLONE = 0x40049409
"""FICLONE of linux/fs.h: both files share their content until one is written."""


def copied(workspace: Path, before: Path) -> bool:
    """Copy a workspace; False, with nothing left, when it is too large or too odd."""
    try:
        tree = tree_at(workspace)
        if tree.size_bytes > MAX_BYTES or tree.files > MAX_FILES:
            return False
        shutil.copytree(workspace, before, symlinks=True, copy_function=_copy, ignore=_only_ordinary)
    except (OSError, RecursionError):
        return False
    return True


def plan_of_copy(before: Path, workspace: Path, since_ns: int) -> Plan:
    """What a command did in the workspace itself, as steps that are done already."""
    plan = Plan()
    _compare(plan, before, workspace, "", since_ns)
    return plan


def settle_copy(entry: Entry) -> None:
    """Of the copy keep only what was replaced or removed; doing it again changes nothing."""
    if entry.before.exists():
        entry.before.rename(entry.kept)
    if entry.kept.exists():
        _tidy(entry, "")


def _tidy(entry: Entry, inner: str) -> None:
    for each in os.scandir(entry.kept / inner):
        path = f"{inner}{each.name}"
        if any(step.op != "mode" and (path == step.path or path.startswith(f"{step.path}/")) for step in entry.steps):
            continue
        if each.is_dir(follow_symlinks=False) and any(step.path.startswith(f"{path}/") for step in entry.steps):
            _tidy(entry, f"{path}/")
        elif each.is_dir(follow_symlinks=False):
            shutil.rmtree(each.path, ignore_errors=True)
        else:
            Path(each.path).unlink()


def _compare(plan: Plan, before: Path, workspace: Path, inner: str, since_ns: int) -> None:
    old, new = _listing(before / inner), _listing(workspace / inner)
    for name in sorted(old.keys() | new.keys()):
        path = f"{inner}{name}"
        was, now = old.get(name), new.get(name)
        if was and now and stat.S_ISDIR(was.st_mode) and stat.S_ISDIR(now.st_mode):
            if stat.S_IMODE(was.st_mode) != stat.S_IMODE(now.st_mode):
                plan.steps.append(
                    MergeStep(op="mode", path=path, mode=stat.S_IMODE(now.st_mode), was=stat.S_IMODE(was.st_mode))
                )
            _compare(plan, before, workspace, f"{path}/", since_ns)
        elif now is None:
            tree = tree_at(before / path)
            plan.replaced_bytes += tree.size_bytes
            plan.steps.append(MergeStep(op="remove", path=path))
            plan.tell(
                EntryChange(path=path, how="removed", kind=_kind(was), before_bytes=tree.size_bytes, files=tree.files)
            )
        elif was is None or (now.st_ctime_ns > since_ns and not _is_same(before / path, workspace / path)):
            tree, earlier = tree_at(workspace / path), tree_at(before / path)
            plan.replaced_bytes += earlier.size_bytes
            plan.steps.append(MergeStep(op="put", path=path, stamp=tree.stamp))
            plan.tell(
                EntryChange(
                    path=path,
                    how="changed" if was else "added",
                    kind=_kind(now),
                    before_bytes=earlier.size_bytes,
                    after_bytes=tree.size_bytes,
                    files=tree.files,
                )
            )


def _listing(folder: Path) -> dict[str, os.stat_result]:
    return {each.name: each.stat(follow_symlinks=False) for each in os.scandir(folder)}


def _kind(about: os.stat_result | None) -> str:
    if about is None or stat.S_ISREG(about.st_mode):
        return "file"
    return "folder" if stat.S_ISDIR(about.st_mode) else "link"


def _is_same(old: Path, new: Path) -> bool:
    return tree_at(old).stamp == tree_at(new).stamp


def _only_ordinary(folder: str, names: list[str]) -> set[str]:
    """The names that are not copied: devices, FIFOs, sockets."""
    left_out = set()
    for name in names:
        mode = Path(folder, name).lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            left_out.add(name)
    return left_out


def _copy(source: str, target: str) -> str:
    """Share the content where the file system can, else copy it; times and modes are kept."""
    opened = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.ioctl(made, _CLONE, opened)
        except OSError:
            with open(opened, "rb", closefd=False) as old, open(made, "wb", closefd=False) as new:
                shutil.copyfileobj(old, new)
        finally:
            os.close(made)
    finally:
        os.close(opened)
    shutil.copystat(source, target)
    return target
