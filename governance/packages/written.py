"""A package put onto the disk whole or not at all, read-only, and taken away again."""

import os
import secrets
import shutil
import stat
from pathlib import Path

from governance.packages.package import PROGRAM_MODE, Package

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def write_to(package: Package, folder: Path) -> None:
    """Write the package as that folder, which must not be there yet; files and folders can then only be read.

    It appears under its name when all of it is on the disk. Raises OSError, FileExistsError where something is there.
    """
    above = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    temporary = f".nexora-{secrets.token_hex(8)}.tmp"
    try:
        if _is_there(folder.name, above):
            raise FileExistsError(f"{folder} is there already")
        os.mkdir(temporary, 0o700, dir_fd=above)
        try:
            _fill(package, temporary, above)
            os.rename(temporary, folder.name, src_dir_fd=above, dst_dir_fd=above)
        except BaseException:
            remove_written(folder.with_name(temporary))
            raise
        os.fsync(above)
    finally:
        os.close(above)


def remove_written(folder: Path) -> None:
    """Remove a folder that `write_to` wrote, out of sight at once; one that is not there is no error."""
    hidden = folder.with_name(f".nexora-{secrets.token_hex(8)}.tmp")
    try:
        folder.rename(hidden)
    except FileNotFoundError:
        return
    for path, _, _ in os.walk(hidden):
        os.chmod(path, 0o700, follow_symlinks=os.chmod not in os.supports_follow_symlinks)  # noqa: PTH101  # as `os.walk` gives it
    shutil.rmtree(hidden)


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _fill(package: Package, name: str, above: int) -> None:
    top = os.open(name, _FOLDER, dir_fd=above)
    folders = {"": top}
    try:
        for file in package.files:
            inside, _, last = file.path.rpartition("/")
            _write(last, file.content, 0o555 if file.mode == PROGRAM_MODE else 0o444, _made(inside, folders))
        for each in reversed(folders.values()):
            os.fchmod(each, stat.S_IRUSR | stat.S_IXUSR | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
            os.fsync(each)
    finally:
        for each in folders.values():
            os.close(each)


def _made(path: str, folders: dict[str, int]) -> int:
    if path not in folders:
        above, _, name = path.rpartition("/")
        inside = _made(above, folders)
        os.mkdir(name, 0o700, dir_fd=inside)
        folders[path] = os.open(name, _FOLDER, dir_fd=inside)
    return folders[path]


def _write(name: str, content: bytes, mode: int, folder: int) -> None:
    opened = os.open(name, _NEW, 0o600, dir_fd=folder)
    with open(opened, "wb") as file:  # noqa: PTH123  # a descriptor, not a path
        file.write(content)
        file.flush()
        os.fchmod(opened, mode)
        os.fsync(opened)
