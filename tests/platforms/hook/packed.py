"""The plugin as a wheel, and its adapter as the gateway loads it: once in a process, as code of plugins is."""

import tempfile
from pathlib import Path

from agents.plugins.brought import ChannelBringer
from agents.plugins.loading import load
from agents.plugins.package import plugin_package, read_plugin
from governance.packages.package import Package
from tests.platforms.wheels import wheel

NAME, KIND = "nexora-hook", "hook"
OFFERS = "[nexora.channels]\nhook = {module}\n[nexora.models]\nacme = {module}:provider\n"
_loaded: list[ChannelBringer] = []


def package(code: str = "", version: str = "1.0") -> Package:
    """The package of the plugin; with other code behind it."""
    text = Path(__file__).with_name("plugin.py").read_text(encoding="utf-8")
    return plugin_package(wheel(NAME, code=text + code, offers=OFFERS, version=version), own=NAME)


async def adapter() -> ChannelBringer:
    """Its adapter, out of the wheel."""
    if not _loaded:
        brought = await load(read_plugin(package()), Path(tempfile.mkdtemp(prefix="hook-")))
        _loaded.append(brought.channels[KIND])
    return _loaded[0]
