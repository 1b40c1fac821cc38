"""A plugin as a capability: code that runs inside the gateway, with all that it needs."""

from agents.plugins.brought import require_new
from agents.plugins.package import read_plugin
from channels.running import catalogue
from gateway.capabilities.desk import ReadCapability
from gateway.capabilities.sources import Taken
from governance.capabilities.manifest import CapabilityManifest, Permissions, RunsIn
from governance.values.capability_kinds import CapabilityKind

CODED = "coded"
"""The effect of a tool that only its code declares."""


async def read(taken: Taken) -> ReadCapability:
    """The plugin of a package. Raises PluginRefused."""
    plugin = read_plugin(taken.package)
    require_new(plugin, catalogue.built_in())
    manifest = CapabilityManifest(
        kind=CapabilityKind.PLUGIN,
        name=plugin.name,
        description=plugin.summary,
        version=plugin.version,
        publisher=taken.publisher,
        source=taken.source,
        pinned=taken.pinned,
        signed_by=taken.signed_by,
        permissions=Permissions(
            runs_in=RunsIn.GATEWAY,
            network=("*",),
            tools=dict.fromkeys(plugin.tools, CODED),
            channels=tuple(sorted(plugin.channels)),
            models=tuple(sorted(plugin.models)),
        ),
    )
    return ReadCapability(manifest=manifest, package=taken.package, unpacked=plugin.installed())
