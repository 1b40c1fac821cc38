"""One state of a repository taken over https, without a git program and without writing anything.

Protocol version 2 as gitprotocol-v2(5), gitprotocol-http(5) and gitprotocol-pack(5) have it: who is there, which
commit a branch or tag is, and that commit alone with its files (depth 1). Every request is judged like a page that an
agent fetches. Links, modules of other repositories and files that are kept elsewhere are told, never followed.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.capabilities import git_pack
from gateway.capabilities.git_pack import GitObject, PackBroken, PackTooLarge, TreeEntry
from gateway.capabilities.reaching import Bounds, Reached, reach
from gateway.capabilities.wrong import SourceWrong
from governance.egress.egress import Egress
from governance.packages.bounds import PackageBounds, ReadTally
from governance.packages.naming import FileNames
from governance.packages.refused import PackageRefused

COMMIT_DIGITS = 40
_VERSION = {"Git-Protocol": "version=2"}
_ADVERTISED = "/info/refs?service=git-upload-pack"
_ASKING = "application/x-git-upload-pack-request"
_FLUSH, _DELIMITER = b"0000", b"0001"
_DATA, _FATAL = 1, 3
_MOST_NAMES = 4 << 20
"""More bytes than all branches and tags that begin alike ever need."""
_ENVELOPE = 1 << 20
_LARGE_FILES = b"version https://git-lfs.", b"/spec/v1\n"
_LARGEST_POINTER = 1_024
_PROGRAM, _LINK, _MODULE, _FOLDER = "100755", "120000", "160000", "40000"
_DEEPEST = 64
_SKILL_FILE = "SKILL.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitPlace:
    """Where files lie in a repository. Without `ref` it is the state that the host shows first.

    `joined` is a branch or tag with a folder behind it, as links to web pages have them: only the names that there are
    tell where one ends and the other begins.
    """

    url: str
    ref: str = ""
    folder: str = ""
    joined: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """What was there: the commit, the branch or tag it was found by (empty for none), and modes and contents by path.

    `is_tag` says that the name is a tag's. `elsewhere` are the files that are mere pointers (Git LFS).
    """

    url: str
    commit: str
    ref: str
    is_tag: bool
    folder: str
    files: Mapping[str, tuple[int, bytes]]
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Name:
    """A branch or tag, and the commit it is."""

    full: str
    commit: str

    @property
    def short(self) -> str:
        return self.full.removeprefix("refs/heads/").removeprefix("refs/tags/")


async def fetch_repository(egress: Egress, place: GitPlace, bounds: Bounds = Bounds()) -> Checkout:  # noqa: B008  # a frozen value
    """The files of that place. Raises SourceWrong or PackageRefused with what to do."""
    try:
        async with asyncio.timeout(bounds.seconds):
            host = await _Host.met(egress, place.url, bounds)
            name, written = await _chosen(host, place)
            folder = _folder_of(written)
            objects = await _objects(host, name.commit, folder)
            return await asyncio.to_thread(_checked_out, objects, place.url, name, folder)
    except TimeoutError as problem:
        raise SourceWrong("silent", host=_host(place.url), seconds=f"{bounds.seconds:g}") from problem


def is_commit(ref: str) -> bool:
    """Whether it is the whole name of a commit, which means the same files for ever."""
    return len(ref) == COMMIT_DIGITS and all(digit in "0123456789abcdef" for digit in ref)


class _Host:
    """A server that speaks the protocol, at the address to which it redirected."""

    def __init__(self, egress: Egress, url: str, bounds: Bounds, *, can_filter: bool) -> None:
        self._egress, self.url, self._bounds = egress, url, bounds
        self.can_filter = can_filter

    @classmethod
    async def met(cls, egress: Egress, url: str, bounds: Bounds) -> "_Host":
        """Ask what it can. Raises SourceWrong where it is no git server, or speaks no version 2."""
        few = Bounds(most_bytes=_MOST_NAMES, seconds=bounds.seconds)
        answer = await reach(egress, url + _ADVERTISED, few, headers=_VERSION)
        _require_answer(answer, url)
        place, found, _ = answer.url.partition(_ADVERTISED)
        if not found or answer.media_type != "application/x-git-upload-pack-advertisement":
            raise SourceWrong("no_repository", url=url)
        lines = [line.rstrip(b"\n") for line in _lines(answer.body, url)]
        if b"version 2" not in lines:
            raise SourceWrong("old_git", host=_host(url))
        if b"object-format=sha256" in lines:
            raise SourceWrong("sha256", url=url)
        can = next((line for line in lines if line.startswith(b"fetch=")), b"").partition(b"=")[2].split()
        return cls(egress, place, bounds, can_filter=b"filter" in can)

    async def names(self, prefixes: Sequence[str]) -> dict[str, str]:
        """Commits by the full names that begin so; a tag is the commit that it is about."""
        lines = [b"peel\n", *(f"ref-prefix {prefix}\n".encode() for prefix in prefixes)]
        answer = await self._ask("ls-refs", lines, _MOST_NAMES)
        found: dict[str, str] = {}
        for line in _lines(answer.body, self.url):
            sha, _, rest = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
            name, *attributes = rest.split(" ")
            peeled = next((one.removeprefix("peeled:") for one in attributes if one.startswith("peeled:")), sha)
            if is_commit(peeled) and name:
                found[name] = peeled
        return found

    async def pack(self, wanted: Sequence[str], *how: bytes) -> bytes:
        """The pack with those objects; a commit comes with its files unless `how` says otherwise."""
        wants = [f"want {sha}\n".encode() for sha in wanted]
        lines = [b"no-progress\n", b"ofs-delta\n", *how, *wants, b"done\n"]
        answer = await self._ask("fetch", lines, self._bounds.most_bytes + _ENVELOPE)
        pack, is_inside = bytearray(), False
        for line in _lines(answer.body, self.url):
            if not is_inside:
                is_inside = line == b"packfile\n"
            elif line[:1] == bytes([_DATA]):
                pack += line[1:]
            elif line[:1] == bytes([_FATAL]):
                raise SourceWrong("host_says", host=_host(self.url), says=line[1:].decode("utf-8", "replace").strip())
        if not is_inside:
            raise SourceWrong("garbled", host=_host(self.url))
        return bytes(pack)

    async def _ask(self, command: str, lines: Sequence[bytes], most: int) -> Reached:
        body = b"".join(
            (
                _line(f"command={command}\n".encode()),
                _line(b"agent=nexora\n"),
                _line(b"object-format=sha1\n"),
                _DELIMITER,
                *map(_line, lines),
                _FLUSH,
            )
        )
        headers = {**_VERSION, "Content-Type": _ASKING, "Accept": "application/x-git-upload-pack-result"}
        bounds = Bounds(most_bytes=most, seconds=self._bounds.seconds)
        url = f"{self.url}/git-upload-pack"
        answer = await reach(self._egress, url, bounds, method="POST", headers=headers, body=body)
        _require_answer(answer, self.url)
        return answer


def _require_answer(answer: Reached, url: str) -> None:
    if answer.status in {401, 403, 407}:
        raise SourceWrong("password", host=_host(url), url=url)
    if answer.status in {404, 410}:
        raise SourceWrong("no_repository", url=url)
    if answer.status != 200:  # noqa: PLR2004  # as HTTP has it
        raise SourceWrong("status", host=_host(url), status=str(answer.status))


async def _chosen(host: _Host, place: GitPlace) -> tuple[_Name, str]:
    """Which commit is meant, and which folder of it."""
    first = place.joined.split("/", 1)[0]
    if is_commit(place.ref or first):
        folder = place.folder if place.ref else place.joined[COMMIT_DIGITS + 1 :]
        return _Name("", place.ref or first), folder
    if not place.ref and not first:
        names = await host.names(["HEAD"])
        if "HEAD" not in names:
            raise SourceWrong("empty_repository", url=place.url)
        return _Name("", names["HEAD"]), place.folder
    wanted = place.ref or first
    full = [wanted] if wanted.startswith("refs/") else [f"refs/heads/{wanted}", f"refs/tags/{wanted}"]
    names = await host.names(full)
    if place.ref:
        return _one([_Name(name, names[name]) for name in full if name in names], wanted, place), place.folder
    fitting = [
        _Name(name, commit)
        for name, commit in names.items()
        if f"{place.joined}/".startswith(f"{_Name(name, '').short}/")
    ]
    longest = max((len(one.short) for one in fitting), default=0)
    name = _one([one for one in fitting if len(one.short) == longest], first, place)
    return name, place.joined[len(name.short) + 1 :]


def _folder_of(written: str) -> str:
    """The folder that is meant: a skill is named by its file as well."""
    folder, _, last = written.strip("/").rpartition("/")
    return folder if last == _SKILL_FILE else written.strip("/")


def _one(names: Sequence[_Name], wanted: str, place: GitPlace) -> _Name:
    if not names:
        raise SourceWrong("no_ref", ref=wanted, url=place.url)
    if len({one.commit for one in names}) > 1:
        raise SourceWrong("two_refs", ref=wanted, names=", ".join(one.full for one in names))
    return names[0]


async def _objects(host: _Host, commit: str, folder: str) -> dict[bytes, GitObject]:
    """Everything of a commit; of one folder only its files, where the host can leave out the others."""
    is_partial = bool(folder) and host.can_filter
    how = (b"deepen 1\n", b"filter blob:none\n") if is_partial else (b"deepen 1\n",)
    objects = await asyncio.to_thread(_read, await host.pack([commit], *how), host.url)
    if is_partial:
        missing = await asyncio.to_thread(_missing, objects, commit, folder, host.url)
        if missing:
            objects |= await asyncio.to_thread(_read, await host.pack(missing), host.url)
    return objects


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """What is wrong with the objects of a host, as a sentence."""
    try:
        yield
    except PackTooLarge as problem:
        bounds = git_pack.PackBounds()
        most = {"objects": str(bounds.most_objects), "megabytes": str(bounds.most_bytes >> 20)}
        raise SourceWrong("large_repository", url=url, **most) from problem
    except PackBroken as problem:
        raise SourceWrong("garbled", host=_host(url)) from problem


def _read(pack: bytes, url: str) -> dict[bytes, GitObject]:
    with _explained(url):
        return git_pack.read_pack(pack)


def _missing(objects: Mapping[bytes, GitObject], commit: str, folder: str, url: str) -> list[str]:
    """The files of the folder that were left out, by name."""
    with _explained(url):
        _, top = _commit(objects, commit)
        wanted = {entry.sha for _, entry in _Files(objects, url).entries(top, folder)}
    return sorted(sha.hex() for sha in wanted - objects.keys())


def _commit(objects: Mapping[bytes, GitObject], sha: str) -> tuple[GitObject, GitObject]:
    """The commit of that name, or that a tag of that name is about, and its top folder. Raises PackBroken."""
    commit = git_pack.found(objects, bytes.fromhex(sha))
    if commit.kind == git_pack.TAG:
        commit = git_pack.found(objects, git_pack.target_of(commit))
    return commit, git_pack.found(objects, git_pack.tree_of(commit))


def _checked_out(objects: Mapping[bytes, GitObject], url: str, name: _Name, folder: str) -> Checkout:
    """The files of the folder, or the one file that it names; raises SourceWrong."""
    with _explained(url):
        commit, top = _commit(objects, name.commit)
        files = dict(_Files(objects, url).of(top, folder))
    return Checkout(
        url=url,
        commit=git_pack.name_of(commit).hex(),
        ref=name.short,
        is_tag=name.full.startswith("refs/tags/"),
        folder=folder,
        files=files,
        elsewhere=tuple(path for path, (_, content) in files.items() if _is_pointer(content)),
    )


class _Files:
    """The files of a tree. The same tree may stand in another a thousand times, so what is read is counted."""

    def __init__(self, objects: Mapping[bytes, GitObject], url: str) -> None:
        self._objects, self._url = objects, url
        self._names, self._tally = FileNames(), ReadTally(bounds=PackageBounds())

    def of(self, top: GitObject, folder: str) -> Iterator[tuple[str, tuple[int, bytes]]]:
        """All below that folder, or the one file that it names. Raises SourceWrong, PackageRefused, PackBroken."""
        for path, entry in self.entries(top, folder):
            yield self._file(path, entry)

    def entries(self, top: GitObject, folder: str) -> Iterator[tuple[str, TreeEntry]]:
        """The same as the lines of its trees, whose files need not be there. Raises as `of` does."""
        tree, parts = top, folder.split("/") if folder else []
        for index, part in enumerate(parts):
            entry = next((each for each in git_pack.entries_of(tree) if each.name == part.encode()), None)
            if entry is None or entry.mode in {_LINK, _MODULE}:
                raise SourceWrong("no_folder", folder=folder, url=self._url)
            if entry.mode != _FOLDER:
                if index < len(parts) - 1:
                    raise SourceWrong("no_folder", folder=folder, url=self._url)
                yield part, entry
                return
            tree = git_pack.found(self._objects, entry.sha)
        yield from self._below(tree, "", _DEEPEST)

    def _below(self, tree: GitObject, start: str, deep: int) -> Iterator[tuple[str, TreeEntry]]:
        if not deep:
            raise PackTooLarge
        for entry in git_pack.entries_of(tree):
            self._tally.entry()
            path = start + entry.name.decode("utf-8", "replace")
            if entry.mode == _LINK:
                raise PackageRefused("link", file=path)
            if entry.mode == _MODULE:
                raise SourceWrong("module", file=path)
            if entry.mode == _FOLDER:
                yield from self._below(git_pack.found(self._objects, entry.sha), f"{path}/", deep - 1)
            else:
                yield path, entry

    def _file(self, path: str, entry: TreeEntry) -> tuple[str, tuple[int, bytes]]:
        content = git_pack.found(self._objects, entry.sha).content
        self._tally.content(path, len(content))
        return self._names.taken(path), (0o755 if entry.mode == _PROGRAM else 0o644, content)


def _is_pointer(content: bytes) -> bool:
    return len(content) <= _LARGEST_POINTER and content.startswith(_LARGE_FILES[0]) and _LARGE_FILES[1] in content


def _line(content: bytes) -> bytes:
    return b"%04x%s" % (len(content) + 4, content)


def _lines(body: bytes, url: str) -> Iterator[bytes]:
    """The lines of an answer, each with its length before it. Raises SourceWrong for others, and for an error."""
    at = 0
    while at < len(body):
        try:
            length = int(body[at : at + 4].decode("ascii"), 16)
        except ValueError as problem:
            raise SourceWrong("garbled", host=_host(url)) from problem
        if length < 4:  # noqa: PLR2004  # marks between lines have no content
            at += 4
            continue
        line = body[at + 4 : at + length]
        if len(line) != length - 4:
            raise SourceWrong("garbled", host=_host(url))
        if line.startswith(b"ERR "):
            raise SourceWrong("host_says", host=_host(url), says=line[4:].decode("utf-8", "replace").strip())
        yield line
        at += length


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
