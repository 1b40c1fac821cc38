"""Opens files beneath a workspace and nowhere else, checks what was opened, and replaces files whole.

By openat2(2) where the kernel has it, else by a walk from folder to folder that resolves links itself; both refuse a
link that is absolute or leads out, even into a place that a race has put there since it was judged.
"""

import contextlib
import ctypes
import errno
import os
import secrets
import shutil
import stat
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from channels.base import NexoraError
from channels.text.plain import printable, shortened

_OPENAT2 = 437
"""The number of the call, the same on every architecture."""
_BENEATH, _NO_MAGIC_LINKS = 0x08, 0x02
_ALWAYS = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
"""Without O_NONBLOCK opening a FIFO would wait for its other end."""
_LINE = 120
_MOST_LINKS = 40
_MOST_TRIES = 16
_PATH_ONLY = getattr(os, "O_PATH", os.O_RDONLY)


class PathRefused(NexoraError):
    """The path cannot be used."""


class OutsideWorkspace(PathRefused):
    """The path leads outside the workspace."""


class NotOrdinary(PathRefused):
    """Only ordinary files and folders can be used."""


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def relative_to(workspace: Path, path: str) -> str:
    """The path from the workspace, normalised, `.` for the workspace itself; raises OutsideWorkspace.

    Judged by name alone: opening it is what makes sure.
    """
    written = os.path.normpath(path) if path else "."
    if written.startswith("/"):
        written = os.path.relpath("/" + written.lstrip("/"), os.path.normpath(workspace))
    if written == ".." or written.startswith("../"):
        raise OutsideWorkspace(f"{shown(path)} is outside the workspace; use a path relative to it")
    return written


def shown(path: str) -> str:
    """The path as a sentence shows it: one line, at most 120 characters, nothing invisible."""
    return shortened(printable(path, "�"), _LINE)


def safe_open(workspace: Path, path: str, flags: int, mode: int = 0o600) -> int:
    """A descriptor of an ordinary file or folder in the workspace, which the caller closes.

    Raises FileNotFoundError, IsADirectoryError and the like as `os.open` does, OutsideWorkspace for a path or link that
    leads out, NotOrdinary for a device, FIFO or socket. A new file never gets set-uid bits, whatever `mode` says.
    """
    inner = relative_to(workspace, path)
    if "\0" in inner:
        raise PathRefused("the path holds a NUL character")
    root = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        opened = _open(root, inner, flags | _ALWAYS, mode & 0o777)
    except OSError as problem:
        raise _explained(problem, path) from problem
    finally:
        os.close(root)
    kind = os.fstat(opened).st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        os.close(opened)
        raise NotOrdinary(f"{path} is neither a file nor a folder")
    return opened


def safe_read(workspace: Path, path: str, limit_bytes: int) -> tuple[bytes, int]:
    """At most that many bytes of a file, and its size; raises what `safe_open` does."""
    opened = safe_open(workspace, path, os.O_RDONLY)
    with open(opened, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
        return file.read(limit_bytes), os.fstat(opened).st_size


def safe_replace(workspace: Path, path: str, data: bytes | BinaryIO) -> bool:
    """Put a whole file in the place of another or of nothing, making missing folders; whether there was one before.

    `data` may be an open file, which is copied from where it stands.

    Who reads meanwhile sees the old file or the new one. The permissions of the old one are kept, without set-uid
    bits. Raises NotOrdinary when the name is a folder, a link or a device.
    """
    inner = relative_to(workspace, path)
    name = os.path.basename(inner)  # noqa: PTH119  # a relative name, never looked up
    if name in {"", ".", ".."}:
        raise NotOrdinary(f"{path} is a folder; give the path of a file")
    folder = _safe_folder(workspace, os.path.dirname(inner) or ".")  # noqa: PTH120  # as above
    try:
        mode = _mode_of(folder, name, path)
        _replace(folder, name, data, 0o600 if mode is None else mode)
    finally:
        os.close(folder)
    return mode is not None


def _replace(folder: int, name: str, data: bytes | BinaryIO, mode: int) -> None:
    temporary = f".nexora-{secrets.token_hex(8)}.tmp"
    opened = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
    )
    try:
        with open(opened, "wb") as file:  # noqa: PTH123  # a descriptor, not a path
            if isinstance(data, bytes):
                file.write(data)
            else:
                shutil.copyfileobj(data, file)
            file.flush()
            os.fchmod(opened, mode)
            os.fsync(opened)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _mode_of(folder: int, name: str, path: str) -> int | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(found):
        raise NotOrdinary(f"{path} is a link to {os.readlink(name, dir_fd=folder)}; write to that file instead")
    if not stat.S_ISREG(found):
        raise NotOrdinary(f"{path} is not an ordinary file, so it cannot be replaced")
    return stat.S_IMODE(found) & 0o777


def _safe_folder(workspace: Path, inner: str) -> int:
    """A descriptor of that folder, made with all above it where it is missing."""
    try:
        return safe_open(workspace, inner, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        above = _safe_folder(workspace, os.path.dirname(inner) or ".")  # noqa: PTH120  # as above
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(os.path.basename(inner), 0o700, dir_fd=above)  # noqa: PTH119  # relative to a descriptor
    finally:
        os.close(above)
    return safe_open(workspace, inner, os.O_RDONLY | os.O_DIRECTORY)


def _open(root: int, inner: str, flags: int, mode: int) -> int:
    """By the kernel, else by walking. The filter of a container may answer EPERM for a call that it does not know."""
    if sys.platform == "linux" and not _without_openat2.is_set():
        try:
            return _openat2(root, inner, flags, mode)
        except OSError as problem:
            if problem.errno not in {errno.ENOSYS, errno.EPERM}:
                raise
            if problem.errno == errno.ENOSYS:
                _without_openat2.set()
    return _walk(root, inner, flags, mode)


_without_openat2 = threading.Event()
"""Set once the kernel has said that it does not know the call."""


def _openat2(root: int, inner: str, flags: int, mode: int) -> int:
    """Tried again when something was renamed meanwhile, as the kernel asks with EAGAIN."""
    how = _How(flags, mode if flags & os.O_CREAT else 0, _BENEATH | _NO_MAGIC_LINKS)
    libc = ctypes.CDLL(None, use_errno=True)
    number = errno.EAGAIN
    for _ in range(_MOST_TRIES):
        opened = libc.syscall(
            ctypes.c_long(_OPENAT2), root, os.fsencode(inner), ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how))
        )
        if opened >= 0:
            return int(opened)
        number = ctypes.get_errno()
        if number != errno.EAGAIN:
            break
    raise OSError(number, os.strerror(number), inner)


def _walk(root: int, inner: str, flags: int, mode: int) -> int:
    """Open part by part, each without following links; folders above stay open so that `..` goes where we came from."""
    above = [os.dup(root)]
    parts = [part for part in reversed(inner.split("/")) if part not in {"", "."}] or ["."]
    links = 0
    try:
        while True:
            part = parts.pop()
            if part == "..":
                if len(above) == 1:
                    raise OSError(errno.EXDEV, "leads out", inner)
                os.close(above.pop())
                part = "."
            target = _link_of(above[-1], part)
            if target is not None:
                links += 1
                if links > _MOST_LINKS or target.startswith("/"):
                    raise OSError(errno.ELOOP if links > _MOST_LINKS else errno.EXDEV, "leads out", inner)
                parts.extend(each for each in reversed(target.split("/")) if each not in {"", "."})
                parts = parts or ["."]
            elif not parts:
                return os.open(part, flags | os.O_NOFOLLOW, mode, dir_fd=above[-1])
            elif part != ".":
                above.append(
                    os.open(part, _PATH_ONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above[-1])
                )
    finally:
        for each in above:
            os.close(each)


def _link_of(folder: int, name: str) -> str | None:
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError as problem:
        if problem.errno in {errno.EINVAL, errno.ENOENT}:
            return None
        raise


def _explained(problem: OSError, path: str) -> Exception:
    if problem.errno in {errno.EXDEV, errno.ELOOP}:
        return OutsideWorkspace(f"{path} goes through a link that leads outside the workspace")
    if problem.errno == errno.ENXIO:
        return NotOrdinary(f"{path} is neither a file nor a folder")
    return problem
