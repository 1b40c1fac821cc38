"""Loads the code of a plugin that was approved: written by its digest, tried in a process of its own, then imported.

Its folder stands at the end of the path, and no module of it may have a name of ours or of an installed distribution,
so nothing that is there is ever shadowed. Code that was imported stays in memory until the gateway is started again.
"""

import asyncio
import contextlib
import importlib
import json
import os
import sys
import time
from importlib.metadata import distributions, packages_distributions
from pathlib import Path
from typing import Any

import structlog

from agents.plugins.brought import Brought, adapter_of, provider_in, tools_in
from agents.plugins.package import Plugin
from agents.plugins.refused import PluginRefused
from governance.packages.folder import read_folder
from governance.packages.package import Package
from governance.packages.refused import PackageRefused
from governance.packages.written import remove_written, write_to

_log = structlog.get_logger(__name__)
OURS = frozenset({"agents", "channels", "config", "gateway", "governance", "migrations"})
TRY_SECONDS = 30.0
_TRY = """import importlib, json, sys
path, places = json.loads(sys.argv[1])
sys.path[:] = path
for place in places:
    module, _, names = place.partition(":")
    found = importlib.import_module(module.strip())
    for name in filter(None, names.split("[")[0].strip().split(".")):
        found = getattr(found, name)
"""


async def load(plugin: Plugin, folder: Path, *, seconds: float = TRY_SECONDS) -> Brought:
    """What a plugin brings, its code in `folder` under its digest. Raises PluginRefused with a sentence."""
    place = await asyncio.to_thread(_written, plugin, folder)
    await asyncio.to_thread(_require_free, plugin, place, folder)
    await _tried(plugin, place, seconds)
    return await asyncio.to_thread(_imported, plugin, place)


def taken_names(apart_from: Path) -> frozenset[str]:
    """Every name that means something else already: of ours, of Python, of installed distributions."""
    outside = [each for each in distributions() if not Path(str(each.locate_file(""))).is_relative_to(apart_from)]
    known = {each.metadata["Name"] for each in outside}
    modules = {module for module, names in packages_distributions().items() if known.intersection(names)}
    return OURS | modules | sys.stdlib_module_names | frozenset(sys.builtin_module_names)


def _written(plugin: Plugin, folder: Path) -> Path:
    """The folder with its code, which holds what was approved and nothing else."""
    place, wanted = folder / plugin.digest, plugin.installed()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.is_dir():
        if _holds(place, wanted):
            return place
        _log.warning("plugin_code_differed", plugin=plugin.name, folder=str(place))
        remove_written(place)
    with contextlib.suppress(FileExistsError):  # another gateway of this folder was faster
        write_to(wanted, place)
    if not _holds(place, wanted):
        raise PluginRefused("differs", file=str(place))
    return place


def _holds(place: Path, wanted: Package) -> bool:
    try:
        return read_folder(place).digest == wanted.digest
    except (PackageRefused, OSError):
        return False


def _require_free(plugin: Plugin, place: Path, folder: Path) -> None:
    taken = sorted(plugin.modules & taken_names(folder.resolve()))
    if taken:
        raise PluginRefused("shadows", name=plugin.name, modules=", ".join(taken))
    for name in sorted(plugin.modules & sys.modules.keys()):
        file = getattr(sys.modules[name], "__file__", None)
        if file is None or not Path(file).is_relative_to(place):
            raise PluginRefused("restart", name=plugin.name)


async def _tried(plugin: Plugin, place: Path, seconds: float) -> None:
    """Import it where nothing can be harmed by it: without our environment, and not longer than that."""
    words = json.dumps([[*sys.path, str(place)], list(plugin.places)])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-B", "-I", "-c", _TRY, words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
    )
    try:
        async with asyncio.timeout(seconds):
            _, said = await process.communicate()
    except TimeoutError as problem:
        raise PluginRefused("slow", name=plugin.name, seconds=f"{seconds:g}") from problem
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        raise PluginRefused("fails", name=plugin.name, because=lines[-1] if lines else str(process.returncode))


def _imported(plugin: Plugin, place: Path) -> Brought:
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    if str(place) not in sys.path:
        sys.path.append(str(place))
    importlib.invalidate_caches()
    begun = time.perf_counter()
    try:
        found = {where: _found(where) for where in plugin.places}
        seconds = time.perf_counter() - begun
        return Brought(
            tools=tuple(made for name, where in plugin.tools.items() for made in tools_in(plugin, name, found[where])),
            channels={kind: adapter_of(plugin, kind, found[where]) for kind, where in plugin.channels.items()},
            models={name: provider_in(plugin, name, found[where]) for name, where in plugin.models.items()},
            seconds=seconds,
        )
    except PluginRefused:
        raise
    except Exception as problem:
        raise PluginRefused("fails", name=plugin.name, because=f"{type(problem).__name__}: {problem}") from problem
    finally:
        sys.dont_write_bytecode = before


def _found(where: str) -> Any:
    module, _, names = where.partition(":")
    found: Any = importlib.import_module(module.strip())
    for name in filter(None, names.split("[")[0].strip().split(".")):
        found = getattr(found, name)
    return found
