"""Does the steps of a merge, each so that doing it again changes nothing, and never through a link.

A file is replaced in one move, so that whoever reads meanwhile sees the old one or the new one. What was there goes to
the folder of what is kept before anything takes its place.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agents.layers.entries import Entry, MergeStep, shown
from governance.values.reasons import Why, why

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def finish(entry: Entry, workspace: Path) -> tuple[Why, ...]:
    """Do every step that is not done yet; sentences about those for which there is no way any more.

    Raises OSError when the disk does not take it; then it can be tried again.
    """
    lost: list[Why] = []
    for step in entry.steps:
        source = entry.folder.parent / step.source if step.source else entry.upper
        try:
            do(step, source=source, workspace=workspace, entry=entry)
        except OSError as problem:
            if problem.errno not in {errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY}:
                raise
            lost.append(why("layer.lost", path=shown(step.path)))
    return tuple(lost)


def do(step: MergeStep, *, source: Path, workspace: Path, entry: Entry) -> None:
    """Do one step, or what is left of it."""
    above, name = _split(step.path)
    given = step.of or step.path
    if step.op == "mode":
        with suppress(FileNotFoundError, NotADirectoryError), parent(workspace, step.path) as folder:
            os.chmod(folder, step.mode)  # noqa: PTH101  # a descriptor, not a path
        return
    if step.op == "put" and not os.path.lexists(source / given):
        return
    with parent(workspace, above, makes=True) as here:
        keep(here, name, entry.kept, step.path, moves=step.op == "remove" or _is_folder(source / given))
        if step.op == "put":
            with parent(source, above) as there:
                _move(_split(given)[1], there, here, name)


def keep(here: int, name: str, kept: Path, path: str, *, moves: bool) -> None:
    """Put what lies at `name` in the folder `here` to what is kept, unless something of this path is there already.

    A folder is always moved; a file stays in place under a second name, unless it `moves`.
    """
    if os.path.lexists(kept / path):
        return
    try:
        about = os.stat(name, dir_fd=here, follow_symlinks=False)
    except FileNotFoundError:
        return
    kept.mkdir(mode=0o700, exist_ok=True)
    with parent(kept, _split(path)[0], makes=True) as there:
        if moves or stat.S_ISDIR(about.st_mode):
            _move(name, here, there, name)
        else:
            _second_name(here, there, name)


def _is_folder(path: Path) -> bool:
    """A folder cannot take a file's place in one move, so that the file has to leave first."""
    return stat.S_ISDIR(path.lstat().st_mode)


def _move(name: str, here: int, there: int, becomes: str) -> None:
    """Move it from folder to folder; a folder that its owner may not write is opened for that, and closed again."""
    try:
        os.rename(name, becomes, src_dir_fd=here, dst_dir_fd=there)
    except PermissionError:
        mode = os.stat(name, dir_fd=here, follow_symlinks=False).st_mode
        if not stat.S_ISDIR(mode):
            raise
        os.chmod(name, stat.S_IMODE(mode) | stat.S_IRWXU, dir_fd=here)
        os.rename(name, becomes, src_dir_fd=here, dst_dir_fd=there)
        os.chmod(becomes, stat.S_IMODE(mode), dir_fd=there)


def _second_name(here: int, there: int, name: str) -> None:
    """A hard link, or a copy on a file system that knows none."""
    try:
        os.link(name, name, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
    except OSError as problem:
        if problem.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV}:
            raise
        source, target = f"/proc/self/fd/{here}/{name}", f"/proc/self/fd/{there}/{name}"
        shutil.copy2(source, target, follow_symlinks=False)


@contextmanager
def parent(top: Path, inner: str, *, makes: bool = False) -> Iterator[int]:
    """A descriptor of a folder below another, reached without following any link; raises OSError where there is one."""
    here = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in filter(None, inner.split("/")):
            if makes:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=here)
            below = os.open(part, _FOLDER, dir_fd=here)
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


def _split(path: str) -> tuple[str, str]:
    above, _, name = path.rpartition("/")
    return above, name
