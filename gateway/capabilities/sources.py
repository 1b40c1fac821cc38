"""Takes a capability from where somebody says it lies: the package as values, and what is known of where it came from.

Nothing of it is written or run. Where it may be read from depends on who asks: a path of this machine only at its
terminal, a path in a chat only inside the workspace of that conversation. What comes over the network passes the rules
for pages that agents fetch.
"""

import asyncio
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from agents.plugins.package import plugin_package, read_plugin
from agents.plugins.wheel import read_wheel
from gateway.capabilities import git_fetch
from gateway.capabilities.catalogue import Catalogues
from gateway.capabilities.distributions import wheels_of, wheels_with
from gateway.capabilities.git_fetch import Checkout, GitPlace
from gateway.capabilities.reaching import Bounds, reach
from gateway.capabilities.source_text import (
    ARCHIVES,
    AttachedFile,
    Distribution,
    IndexName,
    LocalPath,
    WebFile,
    canonical,
    form_of,
    publisher_of,
)
from gateway.capabilities.wrong import SourceWrong
from governance.egress.egress import Egress
from governance.packages.archive import read_archive
from governance.packages.folder import read_folder, read_opened
from governance.packages.package import Package, package_of
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import Why, why
from governance.values.safe_files import PathRefused, safe_open, safe_read

SINGLE = {
    CapabilityKind.SKILL: ("SKILL.md", (".md",)),
    CapabilityKind.AGENT: ("", (".yaml", ".yml")),
    CapabilityKind.MCP: ("", (".json", ".yaml", ".yml")),
}
"""Kinds that one file makes: the name that it has in the package (empty: its own), and how its name may end."""
ATTACHED = "attached:"
"""The only file that came with the order, as a source."""
WORKSPACE = "workspace:"
"""Begins the source of what was taken from a conversation's own files."""
_SHOWN_DIGITS = 12
_POINTERS_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where somebody stands who names a source. `attached` are the files of their message by name.

    `workspace` is that of the conversation; None where there is none. Relative paths at a terminal begin at `folder`.
    """

    is_terminal: bool = False
    workspace: Path | None = None
    attached: Mapping[str, bytes] = field(default_factory=dict)
    folder: Path = Path()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was there. `name` and `version` are guesses by the source, for a package that says nothing of its own.

    `publisher` is a claim unless `signed_by` names a catalogue. `pinned`: the source gives the same bytes for ever.
    `commit` is what a branch or tag was at this moment. `notes` are what whoever decides should know of.
    """

    package: Package
    name: str
    source: str
    version: str = ""
    publisher: str = ""
    pinned: bool = False
    signed_by: str = ""
    commit: str = ""
    notes: tuple[Why, ...] = ()


class Sources:
    """Everything that packages are taken from."""

    def __init__(self, egress: Egress, catalogues: Catalogues | None = None, bounds: Bounds | None = None) -> None:
        self._egress, self._catalogues, self._bounds = egress, catalogues, bounds or Bounds()

    async def take(self, source: str, kind: CapabilityKind, *, where: Where) -> Taken:
        """The package that lies there. Raises SourceWrong, PackageRefused or PluginRefused, with what to do."""
        form = form_of(source)
        if not source.strip().startswith("attached:") and source.strip() in where.attached:
            form = AttachedFile(name=source.strip())
        match form:
            case WebFile(url=url):
                return await self._from_web(url, kind)
            case GitPlace():
                return _of_checkout(form, await git_fetch.fetch_repository(self._egress, form, self._bounds))
            case AttachedFile(name=name):
                return await asyncio.to_thread(_attached, name, kind, where)
            case LocalPath(path=path):
                return await asyncio.to_thread(self._local, path, kind, where)
            case IndexName():
                return await self._listed(form, kind)
            case Distribution():
                return await asyncio.to_thread(_distribution, form, kind)

    async def _from_web(self, url: str, kind: CapabilityKind) -> Taken:
        answer = await reach(self._egress, url, self._bounds)
        host = urlsplit(url).hostname or url
        if answer.status in {401, 403, 407}:
            raise SourceWrong("password", host=host, url=url)
        if answer.status != 200:  # noqa: PLR2004  # as HTTP has it
            raise SourceWrong("status", host=host, status=str(answer.status))
        file_name = _last_part(urlsplit(url).path) or _last_part(urlsplit(answer.url).path)
        if answer.media_type in {"text/html", "application/xhtml+xml"}:
            raise SourceWrong("page", url=url)
        package = await asyncio.to_thread(_read, file_name, answer.body, kind)
        return Taken(package=package, name=_plain(file_name), source=url, publisher=publisher_of(url))

    def _local(self, path: str, kind: CapabilityKind, where: Where) -> Taken:
        if where.is_terminal:
            return _at_terminal(path, kind, where.folder)
        if where.workspace is None:
            raise SourceWrong("no_paths", path=path)
        return _in_workspace(path, kind, where.workspace)

    async def _listed(self, form: IndexName, kind: CapabilityKind) -> Taken:
        """The very bytes that a catalogue names, wherever its entry says that they lie."""
        if self._catalogues is None or not self._catalogues.places:
            raise SourceWrong("unknown", source=form.name)
        index, entry = await self._catalogues.entry(form.name, kind, form.catalogue)
        if index.folder and ":" not in entry.source:
            taken = await asyncio.to_thread(_in_workspace, entry.source, kind, index.folder)
        else:
            address = index.address_of(entry)
            if not isinstance(form_of(address), WebFile | GitPlace):
                raise SourceWrong("scheme", source=address)
            taken = await self.take(address, kind, where=Where())
        if taken.package.digest != entry.digest:
            raise SourceWrong("differs", name=entry.name, catalogue=index.name, source=entry.source)
        return replace(
            taken,
            name=entry.name,
            version=entry.version,
            publisher=entry.publisher,
            source=f"catalogue:{index.name}/{entry.name}",
            pinned=True,
            signed_by=index.name,
        )


def _distribution(form: Distribution, kind: CapabilityKind) -> Taken:
    """A plugin with all that it needs. One that needs others is not pinned: these have no version."""
    if kind is not CapabilityKind.PLUGIN:
        raise SourceWrong("only_plugins", source=canonical(form))
    wheels = wheels_of(form.name, form.version)
    plugin = read_plugin(package := plugin_package(wheels, own=form.name))
    return Taken(
        package=package,
        name=plugin.name,
        source=canonical(Distribution(name=form.name, version=plugin.version)),
        version=plugin.version,
        publisher=plugin.wheels[0].author,
        pinned=bool(form.version) and len(wheels) == 1,
    )


def unwrapped(package: Package) -> tuple[Package, str]:
    """Without the one folder in which an archive holds everything, and that folder's name, or nothing."""
    tops = {file.path.partition("/")[0] for file in package.files}
    if len(tops) == 1 and all("/" in file.path for file in package.files):
        top = tops.pop()
        return package.below(top), top
    return package, ""


def _read(name: str, content: bytes, kind: CapabilityKind) -> Package:
    """The package that a file is: an archive, or the one file of which a capability of this kind consists."""
    lowered = name.lower()
    if kind is CapabilityKind.PLUGIN and lowered.endswith(".whl"):
        return plugin_package(wheels_with(name, content), own=read_wheel(name, content).name)
    if kind in SINGLE and lowered.endswith(SINGLE[kind][1]):
        return _single(name, content, kind)
    if not lowered.endswith(ARCHIVES) and _is_text(content):
        raise SourceWrong("neither", file=name)
    return unwrapped(read_archive(content))[0]


def _single(name: str, content: bytes, kind: CapabilityKind) -> Package:
    return package_of({SINGLE[kind][0] or name: (0o644, content)})


def _is_text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _of_checkout(form: GitPlace, found: Checkout) -> Taken:
    folder, files = found.folder, found.files
    last = folder.rpartition("/")[2]
    if not files:
        raise SourceWrong("no_folder", folder=folder or "/", url=form.url)
    pinned = not found.ref and bool(form.ref or form.joined)
    ref = found.commit if pinned else found.ref
    repository = form.url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    notes: tuple[Why, ...] = ()
    if found.elsewhere:
        shown = ", ".join(found.elsewhere[:_POINTERS_TOLD]) + (" …" if len(found.elsewhere) > _POINTERS_TOLD else "")
        notes = (why("source.pointers", files=shown),)
    return Taken(
        package=package_of(dict(files)),
        name=_plain(last or repository),
        source=canonical(GitPlace(url=form.url, ref=ref, folder=folder)),
        version=found.ref if found.is_tag else found.commit[:_SHOWN_DIGITS],
        publisher=publisher_of(form.url),
        pinned=pinned,
        commit=found.commit,
        notes=notes,
    )


def _attached(name: str, kind: CapabilityKind, where: Where) -> Taken:
    names = list(where.attached)
    if not name and len(names) == 1:
        name = names[0]
    if name not in where.attached:
        raise SourceWrong("not_attached", file=name, files=", ".join(names) or "–")
    package = _read(name, where.attached[name], kind)
    # A plugin that came as a wheel was completed from an index, which may have other versions another time.
    pinned = not name.lower().endswith(".whl") or sum(file.path.endswith(".whl") for file in package.files) == 1
    return Taken(package=package, name=_plain(name), source=f"attached:{name}", pinned=pinned)


def _at_terminal(path: str, kind: CapabilityKind, base: Path) -> Taken:
    place = (base / Path(path).expanduser()).resolve()
    try:
        if place.is_dir():
            package = read_folder(place)
        else:
            _require_small(place.stat().st_size, path)
            package = _read(place.name, place.read_bytes(), kind)
    except OSError as problem:
        raise SourceWrong("unreadable", path=path, because=problem.strerror or str(problem)) from problem
    return Taken(package=package, name=_plain(place.name), source=str(place))


def _in_workspace(path: str, kind: CapabilityKind, workspace: Path) -> Taken:
    """Opened beneath the workspace; what an agent has put there cannot lead out of it."""
    most = Bounds().most_bytes
    try:
        opened = safe_open(workspace, path, os.O_RDONLY)
        try:
            is_folder = stat.S_ISDIR(os.fstat(opened).st_mode)
            package = read_opened(opened) if is_folder else None
        finally:
            os.close(opened)
        if package is None:
            content, size = safe_read(workspace, path, most)
            _require_small(size, path)
            package = _read(_last_part(path), content, kind)
    except PathRefused as problem:
        raise SourceWrong("outside", path=path) from problem
    except OSError as problem:
        raise SourceWrong("unreadable", path=path, because=problem.strerror or str(problem)) from problem
    return Taken(package=package, name=_plain(_last_part(path)), source=f"{WORKSPACE}{path}")


def _require_small(size: int, path: str) -> None:
    most = Bounds().most_bytes
    if size > most:
        raise SourceWrong("large_file", path=path, megabytes=str(most >> 20))


def _last_part(path: str) -> str:
    return PurePosixPath(unquote(path)).name


def _plain(name: str) -> str:
    """The name as capabilities have them, from that of a file or folder."""
    for ending in (*ARCHIVES, ".md", ".yaml", ".yml", ".json"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
            break
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64]
