"""What the code of a plugin brings once it is loaded: tools, kinds of channels, providers of models."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from agents.models.providers.known import PROVIDERS, REHEARSAL
from agents.models.providers.provider import Provider, WireProtocol
from agents.plugins.package import Plugin
from agents.plugins.refused import PluginRefused
from agents.tools.schema import tool
from agents.tools.tool import Tool
from channels.base import Channel, Surroundings
from channels.options import ChannelOptions
from governance.values.verdicts import Effect


class ChannelBringer(Protocol):
    """What stands behind an entry point of `nexora.channels`: as a module of `channels` is made."""

    @property
    def Options(self) -> type[ChannelOptions]:  # noqa: N802 -- the class that every adapter defines under this name
        """The settings of one channel of this kind."""

    def build(self, name: str, options: ChannelOptions, surroundings: Surroundings) -> Channel:
        """One connection, not yet listening: must do no I/O."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """All of it. `channels` are adapters by kind, `models` providers by name; `seconds` is how long the import took."""

    tools: tuple[Tool, ...] = ()
    channels: Mapping[str, ChannelBringer] = field(default_factory=dict)
    models: Mapping[str, Provider] = field(default_factory=dict)
    seconds: float = 0.0


def adapter_of(plugin: Plugin, kind: str, given: Any) -> ChannelBringer:
    """The adapter behind an entry point. Raises PluginRefused."""
    options = getattr(given, "Options", None)
    if not (isinstance(options, type) and issubclass(options, ChannelOptions) and callable(getattr(given, "build", 0))):
        raise PluginRefused("no_channel", name=plugin.name, entry=kind)
    return cast("ChannelBringer", given)


def provider_in(plugin: Plugin, name: str, given: Any) -> Provider:
    """The provider behind an entry point. Raises PluginRefused."""
    if not isinstance(given, Provider) or given.name != name:
        raise PluginRefused("no_provider", name=plugin.name, entry=name)
    if given.wire is WireProtocol.LITELLM or not given.base_url.startswith(("https://", "http://")):
        raise PluginRefused("no_address", name=plugin.name, entry=name)
    return given


def tools_in(plugin: Plugin, name: str, given: Any) -> Iterator[Tool]:
    """A tool as it is, a function as a tool of which nobody has said what it does, and each of several."""
    if isinstance(given, Tool):
        yield given
    elif callable(given):
        yield tool(given, effect=Effect.UNKNOWN, name=name)
    elif isinstance(given, Sequence) and not isinstance(given, str | bytes | Mapping):
        for each in given:
            yield from tools_in(plugin, name, each)
    else:
        raise PluginRefused("no_tool", name=plugin.name, entry=name)


def require_new(plugin: Plugin, kinds: frozenset[str]) -> None:
    """Raise PluginRefused where it would take the place of a kind of channel or a provider that comes with Nexora."""
    taken = [*sorted(plugin.channels.keys() & kinds), *sorted(plugin.models.keys() & {*PROVIDERS, REHEARSAL})]
    if taken:
        raise PluginRefused("name_taken", name=plugin.name, entry=taken[0])
