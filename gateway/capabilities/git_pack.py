"""The objects of a git repository, read from a pack in memory; nothing of it is run or written.

The form is that of git's own pages gitformat-pack(5) and gitformat-index: a header, so many objects, each plain or a
difference to another, and a checksum. Every object is named by what it holds, so what a commit names is what it holds.
A git program would do more with what it is sent (hooks, filters, attributes, links); here there is only this reader.
"""

import hashlib
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
_OFS_DELTA, _REF_DELTA = 6, 7
_KINDS = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}
_HEADER = struct.Struct(">4sII")
_SHA = 20
_VERSIONS = (2, 3)
_SLICE = 65_536
_NUMBER_BITS = 64
_WHOLE_COPY = 0x10000


class PackBroken(ValueError):
    """The pack is no pack, ends early, or contradicts itself."""


class PackTooLarge(ValueError):
    """The pack holds more than is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackBounds:
    """How many objects there may be, and how many bytes they may be together once they are unpacked."""

    most_objects: int = 20_000
    most_bytes: int = 128 << 20


@dataclass(frozen=True, slots=True)
class GitObject:
    """One object: its kind, and what it holds."""

    kind: int
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One line of a tree: its mode as git writes it (in octal digits), its name, and the object."""

    mode: str
    name: bytes
    sha: bytes


class _Budget:
    """What may still be unpacked."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise PackTooLarge


def read_pack(data: bytes, bounds: PackBounds = PackBounds()) -> dict[bytes, GitObject]:
    """All objects by their names of 20 bytes. Raises PackBroken or PackTooLarge."""
    if len(data) < _HEADER.size + _SHA or hashlib.sha1(data[:-_SHA], usedforsecurity=False).digest() != data[-_SHA:]:
        raise PackBroken("the checksum differs")
    mark, version, count = _HEADER.unpack_from(data)
    if mark != b"PACK" or version not in _VERSIONS:
        raise PackBroken("it does not begin as a pack")
    if count > bounds.most_objects:
        raise PackTooLarge
    return _Resolver(data, count, _Budget(bounds.most_bytes)).objects


class _Resolver:
    """Plain objects first, then what is a difference to one of them, and so on until nothing is left."""

    def __init__(self, data: bytes, count: int, budget: _Budget) -> None:
        self.objects: dict[bytes, GitObject] = {}
        self._budget = budget
        self._waiting: defaultdict[int | bytes, list[tuple[int, bytes]]] = defaultdict(list)
        plain: list[tuple[int, GitObject]] = []
        at, end = _HEADER.size, len(data) - _SHA
        for _ in range(count):
            start = at
            kind, size, at = _object_head(data, at, end)
            base: int | bytes | None = None
            if kind == _OFS_DELTA:
                back, at = _offset(data, at, end)
                base = start - back
            elif kind == _REF_DELTA:
                base, at = data[at : at + _SHA], at + _SHA
            elif kind not in _KINDS:
                raise PackBroken("an object is of no known kind")
            budget.take(size)
            content, at = _inflated(data, at, end, size)
            if base is None:
                plain.append((start, GitObject(kind, content)))
            else:
                self._waiting[base].append((start, content))
        if at != end:
            raise PackBroken("bytes follow the last object")
        self._resolve(plain)

    def _resolve(self, found: list[tuple[int, GitObject]]) -> None:
        while found:
            start, one = found.pop()
            sha = name_of(one)
            self.objects[sha] = one
            for base in (start, sha):
                for place, delta in self._waiting.pop(base, ()):
                    found.append((place, GitObject(one.kind, _applied(delta, one.content, self._budget))))
        if self._waiting:
            raise PackBroken("an object is a difference to one that is not there")


def name_of(one: GitObject) -> bytes:
    """The 20 bytes by which an object is known."""
    head = b"%s %d\0" % (_KINDS[one.kind], len(one.content))
    return hashlib.sha1(head + one.content, usedforsecurity=False).digest()


def tree_of(commit: GitObject) -> bytes:
    """The tree of a commit. Raises PackBroken."""
    line = commit.content.split(b"\n", 1)[0]
    try:
        word, _, digits = line.decode("ascii").partition(" ")
        sha = bytes.fromhex(digits)
    except ValueError as problem:
        raise PackBroken("a commit names no tree") from problem
    if commit.kind != COMMIT or word != "tree" or len(sha) != _SHA:
        raise PackBroken("a commit names no tree")
    return sha


def target_of(tag: GitObject) -> bytes:
    """The object that an annotated tag is about. Raises PackBroken."""
    word, _, digits = tag.content.split(b"\n", 1)[0].partition(b" ")
    try:
        sha = bytes.fromhex(digits.decode("ascii"))
    except ValueError as problem:
        raise PackBroken("a tag names nothing") from problem
    if word != b"object":
        raise PackBroken("a tag names nothing")
    return sha


def entries_of(tree: GitObject) -> Iterator[TreeEntry]:
    """The lines of a tree. Raises PackBroken."""
    data, at = tree.content, 0
    if tree.kind != TREE:
        raise PackBroken("a folder is none")
    while at < len(data):
        blank, nul = data.find(b" ", at), data.find(b"\0", at)
        if not at < blank < nul or nul + _SHA >= len(data) or blank - at > len("160000"):
            raise PackBroken("a folder cannot be read")
        mode = data[at:blank].decode("ascii", "replace")
        yield TreeEntry(mode=mode, name=data[blank + 1 : nul], sha=data[nul + 1 : nul + 1 + _SHA])
        at = nul + 1 + _SHA


def found(objects: Mapping[bytes, GitObject], sha: bytes) -> GitObject:
    """That object. Raises PackBroken where the pack lacks it."""
    one = objects.get(sha)
    if one is None:
        raise PackBroken("an object is missing")
    return one


def _byte(data: bytes, at: int, end: int) -> int:
    if at >= end:
        raise PackBroken("it ends early")
    return data[at]


def _object_head(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Kind, size and where the content begins: four bits of the size in the first byte, seven in each further one."""
    byte = _byte(data, at, end)
    kind, size, shift = byte >> 4 & 7, byte & 15, 4
    while byte & 0x80:
        at += 1
        byte = _byte(data, at, end)
        size |= (byte & 0x7F) << shift
        shift += 7
        if shift > _NUMBER_BITS:
            raise PackBroken("a number has no end")
    return kind, size, at + 1


def _offset(data: bytes, at: int, end: int) -> tuple[int, int]:
    """How far back the base of a difference lies; one is added for each byte that follows, so no number has two."""
    byte = _byte(data, at, end)
    back = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = _byte(data, at, end)
        back = (back + 1) << 7 | byte & 0x7F
        if back >> _NUMBER_BITS:
            raise PackBroken("a number has no end")
    return back, at + 1


def _size(delta: bytes, at: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        byte = _byte(delta, at, len(delta))
        size |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not byte & 0x80:
            return size, at
        if shift > _NUMBER_BITS:
            raise PackBroken("a number has no end")


def _inflated(data: bytes, at: int, end: int, size: int) -> tuple[bytes, int]:
    """So many bytes, unpacked, and where they ended; fed in slices, since what is left over is copied each time."""
    reader, out = zlib.decompressobj(), bytearray()
    step = max(512, min(_SLICE, size + 64))
    try:
        while not reader.eof:
            piece = data[at : min(at + step, end)]
            if not piece:
                raise PackBroken("it ends early")
            out += reader.decompress(piece, size + 1 - len(out))
            if len(out) > size or (reader.unconsumed_tail and not reader.eof):
                raise PackBroken("an object is larger than it says")
            at += len(piece) - len(reader.unused_data)
    except zlib.error as problem:
        raise PackBroken("an object cannot be unpacked") from problem
    if len(out) != size:
        raise PackBroken("an object is smaller than it says")
    return bytes(out), at


def _applied(delta: bytes, base: bytes, budget: _Budget) -> bytes:
    """What a difference makes of its base: pieces of it, and bytes of its own."""
    source, at = _size(delta, 0)
    target, at = _size(delta, at)
    if source != len(base):
        raise PackBroken("a difference is to something else")
    budget.take(target)
    out = bytearray()
    while at < len(delta):
        order = delta[at]
        at += 1
        if order & 0x80:
            start, at = _number(delta, at, order & 0x0F, 4)
            length, at = _number(delta, at, order >> 4 & 0x07, 3)
            length = length or _WHOLE_COPY
            if start + length > len(base):
                raise PackBroken("a difference copies what is not there")
            out += base[start : start + length]
        elif order:
            if at + order > len(delta):
                raise PackBroken("it ends early")
            out += delta[at : at + order]
            at += order
        else:
            raise PackBroken("a difference holds an unknown order")
        if len(out) > target:
            break
    if len(out) != target:
        raise PackBroken("a difference makes another size than it says")
    return bytes(out)


def _number(delta: bytes, at: int, present: int, count: int) -> tuple[int, int]:
    """A number of which only the bytes that are not zero are written; bits say which."""
    value = 0
    for index in range(count):
        if present >> index & 1:
            value |= _byte(delta, at, len(delta)) << 8 * index
            at += 1
    return value, at
