"""A wheel read as a value: its name, what it offers, and its files as they would be installed. Nothing of it runs.

Its form is that of the packaging specifications ("Binary distribution format", "Entry points specification").
"""

import configparser
import hashlib
import re
from dataclasses import dataclass
from email.parser import BytesHeaderParser

from agents.plugins.refused import PluginRefused
from governance.packages.archive import read_archive
from governance.packages.package import PackageFile

TOOLS, CHANNELS, MODELS = "nexora.tools", "nexora.channels", "nexora.models"
GROUPS = (TOOLS, CHANNELS, MODELS)
_INSTALLED = ("purelib", "platlib")
"""Parts of a wheel's data that lie beside its modules once it is installed; programs and headers are left out."""
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """One wheel. `offers` are the entry points of our groups, as `module:attribute` by group and name.

    `files` are as they lie beside each other when it is installed, `modules` the names that can then be imported.
    """

    name: str
    version: str
    summary: str
    author: str
    sha256: str
    offers: dict[str, dict[str, str]]
    files: tuple[PackageFile, ...]
    modules: frozenset[str]


def plain_name(name: str) -> str:
    """The one form of a distribution's name, as the packaging specifications compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_wheel(file_name: str, content: bytes) -> Wheel:
    """The wheel of these bytes. Raises PluginRefused, and PackageRefused for a broken or hostile archive."""
    if not file_name.endswith(".whl"):
        raise PluginRefused("no_wheel", file=file_name)
    package = read_archive(content)
    infos = {file.path.split("/")[0] for file in package.files if file.path.split("/")[0].endswith(".dist-info")}
    if len(infos) != 1:
        raise PluginRefused("no_wheel", file=file_name)
    info = infos.pop()
    metadata = package.file(f"{info}/METADATA")
    if metadata is None:
        raise PluginRefused("no_wheel", file=file_name)
    head = BytesHeaderParser().parsebytes(metadata.content)
    name, version = str(head.get("Name", "")), str(head.get("Version", ""))
    if not _NAME.fullmatch(name) or not version:
        raise PluginRefused("no_wheel", file=file_name)
    files = tuple(installed for file in package.files if (installed := _installed(file)) is not None)
    if hook := next((file.path for file in files if "/" not in file.path and file.path.endswith(".pth")), ""):
        raise PluginRefused("start_hook", file=hook, name=name)
    points = package.file(f"{info}/entry_points.txt")
    return Wheel(
        name=plain_name(name),
        version=version,
        summary=str(head.get("Summary", "")),
        author=str(head.get("Author") or head.get("Author-email") or ""),
        sha256=hashlib.sha256(content).hexdigest(),
        offers=_offers(points.content if points else b"", name),
        files=files,
        modules=frozenset(_module(file.path) for file in files) - {""},
    )


def _installed(file: PackageFile) -> PackageFile | None:
    first, _, rest = file.path.partition("/")
    if not first.endswith(".data"):
        return file
    kind, _, inner = rest.partition("/")
    return PackageFile(path=inner, mode=file.mode, content=file.content) if kind in _INSTALLED and inner else None


def _module(path: str) -> str:
    """What the first part of a path is imported as; empty for what is no module."""
    first, slash, _ = path.partition("/")
    if first.endswith((".dist-info", ".egg-info", ".libs")):
        return ""
    if slash:
        return first
    return first.split(".")[0] if first.endswith((".py", ".so", ".pyd", ".pyc")) else ""


def _offers(text: bytes, name: str) -> dict[str, dict[str, str]]:
    read = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    try:
        read.read_string(text.decode())
    except (UnicodeDecodeError, configparser.Error) as problem:
        raise PluginRefused("entry_points", name=name) from problem
    return {group: dict(read[group]) for group in GROUPS if read.has_section(group)}
