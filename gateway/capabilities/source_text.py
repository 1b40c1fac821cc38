"""What somebody typed as a source, read: an archive, a repository, a file here, an entry of a catalogue. Pure.

Addresses of pages at well-known hosts of repositories are read as what they show; how each host writes them is told by
its address bar: GitHub and Gitee `/tree/REF/FOLDER`, GitLab `/-/tree/REF/FOLDER`, Forgejo (Codeberg)
`/src/branch/REF/FOLDER`, Bitbucket `/src/REF/FOLDER`; `blob` and `raw` stand for `tree` where a file is shown.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote, urlsplit

from gateway.capabilities.git_fetch import GitPlace, is_commit
from gateway.capabilities.wrong import SourceWrong

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar", ".tar.xz", ".tar.bz2", ".whl", ".skill", ".mcpb")
_SHOWING = frozenset({"tree", "blob", "raw", "edit"})
_OWNED = 2
"""Parts of an address before which a repository is not whole: its owner and its name."""
_FORGES = {
    "github.com": "github",
    "www.github.com": "github",
    "gitee.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "forgejo",
    "bitbucket.org": "bitbucket",
}
_DOWNLOADS = frozenset({"archive", "releases", "downloads", "-"})
"""Behind these a forge hands out files; `-` is GitLab's, before its own words."""
_REPOSITORY_NAME = re.compile(r"[\w.-]+")
_FILES = (*ARCHIVES, ".md", ".yaml", ".yml", ".json")
_PYPI = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:==(?P<version>[\w.!+-]+))?")
_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFile:
    """An archive or a single file at an address."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPath:
    """A folder or file, of this machine at a terminal and of the conversation's workspace in a chat."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file that came with the message; without a name the only one."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexName:
    """A name in a catalogue; without `catalogue` in any."""

    name: str
    catalogue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution of the Python package index; without a version the newest."""

    name: str
    version: str


Form = WebFile | GitPlace | LocalPath | AttachedFile | IndexName | Distribution


def form_of(source: str) -> Form:
    """Which kind of source this is, by its text alone. Raises SourceWrong for none."""
    text = source.strip()
    if not text:
        raise SourceWrong("empty")
    word, colon, rest = text.partition(":")
    read = _SCHEMES.get(word.lower()) if colon else None
    if read is not None:
        return read(rest.strip())
    if "://" in text or re.match(r"[\w.-]+@[\w.-]+:", text):
        raise SourceWrong("scheme", source=text)
    if "/" in text or text.startswith((".", "~")) or text.lower().endswith(_FILES):
        return LocalPath(path=text)
    return IndexName(name=_named(text))


def canonical(form: Form) -> str:
    """The text by which the same is meant everywhere, however it was typed."""
    match form:
        case WebFile(url=url):
            return url
        case GitPlace(url=url, ref=ref, folder=folder):
            return f"git+{url}{f'@{ref}' if ref else ''}{f'#{folder}' if folder else ''}"
        case LocalPath(path=path):
            return path
        case AttachedFile(name=name):
            return f"attached:{name}"
        case IndexName(name=name, catalogue=catalogue):
            return f"catalogue:{catalogue}/{name}" if catalogue else f"catalogue:{name}"
        case Distribution(name=name, version=version):
            return f"pypi:{name}=={version}" if version else f"pypi:{name}"


def publisher_of(url: str) -> str:
    """Whose it claims to be: the host, with the owner where it is a forge."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    owner = parts.path.strip("/").split("/")[0]
    return f"{host}/{owner}" if host in _FORGES and owner else host


def _named(name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        raise SourceWrong("unknown", source=name)
    return name


def _web(scheme: str, rest: str) -> Form:
    text = f"{scheme}:{rest}"
    if not rest.startswith("//"):
        raise SourceWrong("scheme", source=text)
    if urlsplit(text).path.endswith(".git"):
        return _repository(text)
    return _at_forge(text) or WebFile(url=text)


def _git(scheme: str, rest: str) -> Form:
    return _repository(f"{scheme}:{rest}")


def _entry(rest: str) -> Form:
    catalogue, _, name = rest.rpartition("/")
    return IndexName(name=_named(name), catalogue=_named(catalogue) if catalogue else "")


def _distribution(rest: str) -> Form:
    read = _PYPI.fullmatch(rest)
    if read is None:
        raise SourceWrong("distribution", source=rest)
    return Distribution(name=read["name"], version=read["version"] or "")


def _repository(written: str) -> GitPlace:
    """`https://host/path[@ref][#folder]`; an @ in the host is a user's name, which is no place for a secret."""
    address, _, folder = written.partition("#")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SourceWrong("scheme", source=written)
    if "@" in parts.netloc:
        raise SourceWrong("user_in_url")
    path, _, ref = parts.path.partition("@")
    if not path.strip("/"):
        raise SourceWrong("no_repository", url=address)
    folder = unquote(folder).removeprefix("subdirectory=").strip("/")
    return GitPlace(url=f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}", ref=_ref(ref, written), folder=folder)


def _ref(ref: str, written: str) -> str:
    """A branch, a tag, or the whole name of a commit. Raises SourceWrong for what git gives no name to."""
    ref = unquote(ref)
    if re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|^-|@\{", ref):
        raise SourceWrong("no_ref", ref=ref, url=written)
    return ref.lower() if is_commit(ref.lower()) else ref


def _at_forge(text: str) -> GitPlace | None:
    """The repository that a page of a well-known host shows; None where it hands out a file."""
    parts = urlsplit(text)
    style = _FORGES.get((parts.hostname or "").lower())
    rest = [unquote(part) for part in parts.path.split("/") if part]
    if style is None or "@" in parts.netloc:
        return None
    if len(rest) < _OWNED:
        raise SourceWrong("no_repository", url=text)
    inside = _OWNED
    if style == "gitlab":  # groups of GitLab lie in groups
        inside = rest.index("-") if "-" in rest else len(rest)
    owner, shown = rest[:inside], rest[inside:]
    folder = unquote(parts.fragment).strip("/") if parts.fragment and not shown else ""
    last, at, ref = owner[-1].partition("@")
    if not all(_REPOSITORY_NAME.fullmatch(part) for part in (*owner[:-1], last)):
        raise SourceWrong("no_repository", url=text)
    url = f"{parts.scheme}://{parts.netloc.lower()}/{'/'.join((*owner[:-1], last))}"
    if not shown:
        return GitPlace(url=url, ref=_ref(ref, text) if at else "", folder=folder)
    if text.lower().split("?")[0].endswith(ARCHIVES) and shown[0] not in _SHOWING:
        return None
    return _shown(url, [part for part in shown if part != "-"], style, text)


def _shown(url: str, shown: list[str], style: str, text: str) -> GitPlace | None:
    match (style, shown):
        case ("github" | "gitlab", [word, *rest]) if word in _SHOWING and rest:
            return GitPlace(url=url, joined="/".join(rest))
        case ("github" | "gitlab" | "bitbucket", ["commit" | "commits", commit, *_]):
            return GitPlace(url=url, ref=_ref(commit, text))
        case ("forgejo", ["src" | "raw", "branch" | "tag", *rest]) if rest:
            return GitPlace(url=url, joined="/".join(rest))
        case ("forgejo", ["src" | "raw", "commit", commit, *rest]):
            return GitPlace(url=url, ref=_ref(commit, text), folder="/".join(rest))
        case ("bitbucket", ["src" | "raw", *rest]) if rest:
            return GitPlace(url=url, joined="/".join(rest))
        case _:
            if shown[0] in _DOWNLOADS:
                return None
            raise SourceWrong("no_repository", url=text)


_SCHEMES: Mapping[str, Callable[[str], Form]] = {
    "attached": lambda rest: AttachedFile(name=rest),
    "catalogue": _entry,
    "git+http": partial(_git, "http"),
    "git+https": partial(_git, "https"),
    "http": partial(_web, "http"),
    "https": partial(_web, "https"),
    "pypi": _distribution,
}
"""How what stands behind each of these words is read."""
