"""Which kinds of channel exist: one module of `channels` each, found by name and loaded on first use.

Adding a channel edits nothing here. Listing the kinds imports none of them, so no SDK loads for a channel nobody uses.
Beside them are the kinds that plugins bring, as long as their code is offered.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

from channels import options as settings
from channels.base import Channel, NexoraError, Surroundings
from channels.mistakes import meant
from channels.onboarding import SetUpModule

_VOCABULARY = frozenset(
    {
        "base",
        "codec",
        "completing",
        "errors",
        "home",
        "locales",
        "messages",
        "mistakes",
        "moves",
        "nobody",
        "onboarding",
        "options",
        "page",
        "running",
        "seat",
        "shared",
        "steps",
        "text",
        "sayings",
        "times",
        "work",
    }
)


_CHANNELS = Path(__file__).parents[1]


class UnknownChannelKind(NexoraError):
    """There is no such kind of channel."""


class AdapterModule(Protocol):
    """What a module of this package offers when it is an adapter."""

    @property
    def Options(self) -> type[settings.ChannelOptions]:  # noqa: N802 -- the class that every adapter defines under this name
        """The settings of one channel of this kind."""

    def build(self, name: str, options: settings.ChannelOptions, surroundings: Surroundings) -> Channel:
        """One connection, not yet listening: must do no I/O. `name` is the channel's name in the settings."""


_added: dict[str, AdapterModule] = {}
"""The adapters of plugins by kind: of this process, as the code of plugins is."""


def kinds() -> tuple[str, ...]:
    """The kinds of channel there are, in alphabetical order."""
    return tuple(sorted({*built_in(), *_added}))


def built_in() -> frozenset[str]:
    """The kinds that come with the release, of which no plugin can bring another."""
    return frozenset(_modules(_CHANNELS)) - _VOCABULARY


def offer(kind: str, adapter: AdapterModule) -> None:
    """From now on there is that kind, of a plugin."""
    _added[kind] = adapter


def withdraw(kind: str) -> None:
    """From now on no new channel of that kind is built."""
    _added.pop(kind, None)


def load(kind: str) -> AdapterModule:
    """The adapter of that kind; raises UnknownChannelKind, with what was probably meant."""
    if kind in _added:
        return _added[kind]
    if kind not in built_in():
        raise UnknownChannelKind(_suggest(kind, kinds()))
    return cast("AdapterModule", importlib.import_module(f"channels.{kind}"))


def set_up_of(kind: str) -> SetUpModule | None:
    """How a channel of that kind is set up by a code; None where its platform offers nothing of the sort."""
    if kind in _added or not (_CHANNELS / kind / "set_up.py").is_file():
        return None
    return cast("SetUpModule", importlib.import_module(f"channels.{kind}.set_up"))


def set_up_hosts() -> Mapping[str, str]:
    """Where the platforms are asked for codes, by the names that the settings use for them."""
    found = (set_up_of(kind) for kind in kinds())
    return {name: host for module in found if module is not None for name, host in module.HOSTS.items()}


def _modules(folder: Path) -> list[str]:
    return [
        path.stem
        for path in folder.iterdir()
        if not path.name.startswith(("_", ".")) and (path.suffix == ".py" or (path / "__init__.py").is_file())
    ]


def _suggest(kind: str, known: tuple[str, ...]) -> str:
    return f"there is no channel kind {kind!r}; {meant(kind, known, 'known kinds:')}"
