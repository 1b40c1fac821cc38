"""The package of a plugin: `plugin.json` and the wheels themselves, its own and all that it needs beyond ours."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.plugins.refused import PluginRefused
from agents.plugins.wheel import CHANNELS, GROUPS, MODELS, TOOLS, Wheel, plain_name, read_wheel
from governance.packages.naming import FileNames
from governance.packages.package import FILE_MODE, Package, PackageFile, package_of

PLUGIN = "plugin.json"
_SHORT_NAME = re.compile(r"[a-z][a-z0-9_]{1,15}")
"""How kinds of channels and providers of models are called, since people write these names into the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A plugin: its wheels, its own first. `digest` is that of its package, by which it was approved."""

    name: str
    version: str
    wheels: tuple[Wheel, ...]
    digest: str

    @property
    def summary(self) -> str:
        """What it says of itself."""
        return self.wheels[0].summary

    @property
    def tools(self) -> Mapping[str, str]:
        """Where each of its tools lies, by the name of the entry point."""
        return self.wheels[0].offers.get(TOOLS, {})

    @property
    def channels(self) -> Mapping[str, str]:
        """Where the adapter of each kind of channel lies, by the kind."""
        return self.wheels[0].offers.get(CHANNELS, {})

    @property
    def models(self) -> Mapping[str, str]:
        """Where each provider of models lies, by the name of the provider."""
        return self.wheels[0].offers.get(MODELS, {})

    @property
    def places(self) -> tuple[str, ...]:
        """Everything that is imported for it."""
        return tuple(where for group in GROUPS for where in self.wheels[0].offers.get(group, {}).values())

    @property
    def modules(self) -> frozenset[str]:
        """Every name that can be imported once it is loaded."""
        return frozenset().union(*(wheel.modules for wheel in self.wheels))

    def installed(self) -> Package:
        """Its wheels side by side, as they are loaded. Raises PluginRefused or PackageRefused."""
        names = FileNames()
        files: dict[str, tuple[int, bytes]] = {}
        for wheel in self.wheels:
            for file in wheel.files:
                if file.path in files and files[file.path][1] == file.content:
                    continue
                files[names.taken(file.path)] = (file.mode, file.content)
        return package_of(files)


def plugin_package(wheels: Mapping[str, bytes], *, own: str) -> Package:
    """The package of these wheels, by file name; `own` is the distribution that is the plugin. Raises PluginRefused."""
    read = {file: read_wheel(file, content) for file, content in wheels.items()}
    main = next((wheel for wheel in read.values() if wheel.name == plain_name(own)), None)
    if main is None:
        raise PluginRefused("lacks", name=own)
    _require_offers(main)
    listed = [
        {"name": wheel.name, "version": wheel.version, "file": file, "sha256": wheel.sha256}
        for file, wheel in sorted(read.items(), key=lambda one: (one[1] is not main, one[0]))
    ]
    text = json.dumps({"name": main.name, "version": main.version, "distributions": listed}, indent=2) + "\n"
    files = [PackageFile(path=file, mode=FILE_MODE, content=content) for file, content in wheels.items()]
    files.append(PackageFile(path=PLUGIN, mode=FILE_MODE, content=text.encode()))
    return Package(files=tuple(sorted(files, key=lambda one: one.path.encode())))


def read_plugin(package: Package) -> Plugin:
    """The plugin of a package. Raises PluginRefused where its parts are not what it says, or PackageRefused."""
    written = package.file(PLUGIN)
    if written is None:
        raise PluginRefused("form")
    try:
        given = json.loads(written.content)
        name, version = str(given["name"]), str(given["version"])
        listed = [(str(one["file"]), str(one["sha256"])) for one in given["distributions"]]
    except (ValueError, KeyError, TypeError) as problem:
        raise PluginRefused("form") from problem
    if not listed or {file for file, _ in listed} | {PLUGIN} != {file.path for file in package.files}:
        raise PluginRefused("form")
    wheels = tuple(_listed(package, file, sha256) for file, sha256 in listed)
    if (wheels[0].name, wheels[0].version) != (plain_name(name), version):
        raise PluginRefused("form")
    _require_offers(wheels[0])
    _require_apart(wheels)
    return Plugin(name=wheels[0].name, version=version, wheels=wheels, digest=package.digest)


def _listed(package: Package, path: str, sha256: str) -> Wheel:
    file = package.file(path)
    if file is None:
        raise PluginRefused("form")
    wheel = read_wheel(path, file.content)
    if wheel.sha256 != sha256:
        raise PluginRefused("differs", file=path)
    return wheel


def _require_offers(wheel: Wheel) -> None:
    if not any(wheel.offers.get(group) for group in GROUPS):
        raise PluginRefused("offers_nothing", name=wheel.name)
    for group in (CHANNELS, MODELS):
        for entry in wheel.offers.get(group, {}):
            if not _SHORT_NAME.fullmatch(entry):
                raise PluginRefused("bad_name", name=wheel.name, entry=entry)


def _require_apart(wheels: Sequence[Wheel]) -> None:
    if len({wheel.name for wheel in wheels}) != len(wheels):
        raise PluginRefused("form")
