"""A backup's file: one tar with a manifest, the dump of the database, the data folder, and a digest of each member.

It is read to its end and every digest compared before anything of it is used. What cannot be kept as a file of its own
folder (a link that leads out, a pipe, a device) is left out and named.
"""

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from channels.base import NexoraError

MANIFEST, DUMP, DIGESTS, HOME = "nexora-backup.json", "database.dump", "digests.json", "home"
FORMAT = 1
PIECE = 1 << 20


class ArchiveBroken(NexoraError):
    """The file is no backup of Nexora, or not a whole one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup is of. `made_at` is an ISO time in UTC, `revision` the schema's, `server` PostgreSQL's major."""

    made_at: str
    nexora: str
    revision: str
    server: int
    format: int = FORMAT


@dataclass(slots=True)
class ArchiveContents:
    """What went into an archive: the digest of each member, and what was left out with the reason."""

    digests: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """What of the data folder goes into an archive.

    `skip` are names directly below `home` that do not; `first` holds copies that win over the same names in `home`;
    `elsewhere` are the folders directly below it that lie in another place.
    """

    home: Path
    first: Path
    skip: frozenset[str]
    elsewhere: Mapping[str, Path] = field(default_factory=dict)


def write(file: Path, manifest: Manifest, dump: Path, folders: Folders) -> ArchiveContents:
    """Write the archive, readable by its owner alone. Raises OSError when there is no room; then no file is left."""
    written = ArchiveContents()
    partial = file.with_name(f"{file.name}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as tar:
                _add_text(tar, MANIFEST, json.dumps(asdict(manifest)), written)
                _add_file(tar, DUMP, dump, written)
                for path, name in _members(folders):
                    _add(tar, path, name, written)
                _add_text(tar, DIGESTS, json.dumps({"digests": written.digests, "left_out": written.left_out}))
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return written


def _members(folders: Folders) -> Iterator[tuple[Path, str]]:
    """Every file, folder and link, parents first, with its name in the archive."""
    unwanted = folders.skip | folders.elsewhere.keys()
    for path, inside in _below(folders.home, PurePosixPath(), unwanted):
        earlier = folders.first / inside
        yield (earlier if earlier.is_file() else path), f"{HOME}/{inside}"
    for name, root in sorted(folders.elsewhere.items()):
        if root.is_dir():
            yield root, f"{HOME}/{name}"
            for path, inside in _below(root, PurePosixPath(name)):
                yield path, f"{HOME}/{inside}"


def _below(
    root: Path, inside: PurePosixPath, unwanted: frozenset[str] = frozenset()
) -> Iterator[tuple[Path, PurePosixPath]]:
    """What lies below a folder, with its place there after `inside`; nothing that bears an unwanted name at its top."""
    for folder, names, files in os.walk(root):
        here = Path(folder)
        left_out = unwanted if here == root else frozenset()
        links = [name for name in names if (here / name).is_symlink()]
        names[:] = sorted(name for name in names if name not in links and name not in left_out)
        for name in (*names, *sorted(name for name in (*files, *links) if name not in left_out)):
            yield here / name, inside / (here / name).relative_to(root).as_posix()


def _add(tar: tarfile.TarFile, path: Path, name: str, written: ArchiveContents) -> None:
    try:
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            _add_file(tar, name, path, written)
        elif stat.S_ISDIR(mode):
            info = tarfile.TarInfo(name)
            info.type, info.mode = tarfile.DIRTYPE, stat.S_IMODE(mode)
            tar.addfile(info)
        elif stat.S_ISLNK(mode) and _stays_inside(name, str(path.readlink())):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, str(path.readlink())
            tar.addfile(info)
        else:
            written.left_out[name] = "a link that leads out" if stat.S_ISLNK(mode) else "neither file nor folder"
    except FileNotFoundError:
        written.left_out[name] = "it went away meanwhile"


def _stays_inside(name: str, target: str) -> bool:
    """Whether a link leads to something in the same folder of the data folder, as a conversation's workspace."""
    if target.startswith("/"):
        return False
    depth = len(PurePosixPath(name).parts) - 4  # home, workspaces, the conversation's folder, and the link itself
    for part in PurePosixPath(target).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return False
    return True


class _Reader(io.RawIOBase):
    """Reads exactly `size` bytes and takes their digest; a file that has become shorter is filled up and told of."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source, self._left = source, size
        self.digest = hashlib.sha256()
        self.is_short = False

    def read(self, size: int = -1, /) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        piece = self._source.read(wanted)
        if len(piece) < wanted:
            self.is_short = True
            piece = piece.ljust(wanted, b"\0")
        self._left -= len(piece)
        self.digest.update(piece)
        return piece


def _add_file(tar: tarfile.TarFile, name: str, path: Path, written: ArchiveContents) -> None:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as source:
        facts = os.fstat(source.fileno())
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = facts.st_size, stat.S_IMODE(facts.st_mode), int(facts.st_mtime)
        reader = _Reader(source, facts.st_size)
        tar.addfile(info, reader)
    written.digests[name] = reader.digest.hexdigest()
    if reader.is_short:
        written.left_out[name] = "it was cut while it was read"


def _add_text(tar: tarfile.TarFile, name: str, text: str, written: ArchiveContents | None = None) -> None:
    body = text.encode()
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(body), 0o600
    tar.addfile(info, io.BytesIO(body))
    if written is not None:
        written.digests[name] = hashlib.sha256(body).hexdigest()


def verify(file: Path) -> Manifest:
    """Read the whole archive and compare every digest. Raises ArchiveBroken, or OSError when it cannot be opened."""
    seen: dict[str, str] = {}
    texts: dict[str, bytes] = {}
    with _opened(file) as tar:
        for member in tar:
            _require_safe(member)
            source = tar.extractfile(member) if member.isreg() else None
            if source is None:
                continue
            digest = hashlib.sha256()
            while piece := source.read(PIECE):
                digest.update(piece)
                if member.name in {MANIFEST, DIGESTS}:
                    texts[member.name] = texts.get(member.name, b"") + piece
            if member.name != DIGESTS:
                seen[member.name] = digest.hexdigest()
    try:
        promised: Mapping[str, str] = json.loads(texts[DIGESTS])["digests"]
        manifest = Manifest(**json.loads(texts[MANIFEST]))
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveBroken(f"{file} is no backup of Nexora, or its end is missing.") from error
    if seen != promised or DUMP not in seen:
        odd = sorted(set(seen.items()) ^ set(promised.items()))
        raise ArchiveBroken(f"{file} was changed or damaged: {odd[0][0] if odd else DUMP}. Nothing was restored.")
    if manifest.format > FORMAT:
        raise ArchiveBroken(f"{file} was made by Nexora {manifest.nexora}, which is newer. Nothing was restored.")
    return manifest


def extract(file: Path, dump: Path, home: Path) -> None:
    """Lay the dump at `dump` and the data folder at `home`, which must be an empty folder. Call `verify` first."""
    links: list[tuple[Path, str]] = []
    with _opened(file) as tar:
        for member in tar:
            _require_safe(member)
            parts = PurePosixPath(member.name).parts
            target = dump if member.name == DUMP else home.joinpath(*parts[1:])
            if member.name in {MANIFEST, DIGESTS}:
                continue
            if member.isdir():
                target.mkdir(mode=0o700, exist_ok=True)
                target.chmod(member.mode & 0o777)
            elif member.issym():
                links.append((target, member.linkname))
            else:
                _lay(tar, member, target)
    for path, leads_to in links:  # last, so that nothing is written through one
        path.symlink_to(leads_to)


def _lay(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    source = tar.extractfile(member)
    if source is None:
        raise ArchiveBroken
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, member.mode & 0o777)
    with os.fdopen(descriptor, "wb") as sink:
        while piece := source.read(PIECE):
            sink.write(piece)
    os.utime(target, (member.mtime, member.mtime))


def _require_safe(member: tarfile.TarInfo) -> None:
    """Only what `write` makes: plain files at the top, and files, folders and inner links below `home/`."""
    parts = PurePosixPath(member.name).parts
    is_top = member.name in {MANIFEST, DUMP, DIGESTS} and member.isreg()
    is_home = parts[:1] == (HOME,) and len(parts) > 1 and ".." not in parts and "\0" not in member.name
    is_kind = member.isreg() or member.isdir() or (member.issym() and _stays_inside(member.name, member.linkname))
    if not is_top and not (is_home and is_kind):
        raise ArchiveBroken(f"The backup holds {member.name!r}, which no backup of Nexora has. Nothing was restored.")


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, mode="r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise ArchiveBroken(f"{file} is no backup of Nexora, or not a whole one: {error}.") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise ArchiveBroken(f"{file} is no backup of Nexora: {error}.") from error  # gzip's own word
