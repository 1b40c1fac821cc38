"""What is known of one provider of models."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yarl import URL


class WireProtocol(StrEnum):
    """How a provider is spoken to: its protocol directly, or whatever litellm knows. Alphabetical."""

    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    LITELLM = "litellm"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider. `keys` are the environment variables its own manual names, tried in order.

    is_local: listens on this machine, needs no key, costs nothing, and is looked for at start.
    extra: fields that every request to it should carry.
    other_site: where keys of its other country are good. other_site_keys: the variables whose keys are of that site, so
    that nobody has to be asked; is_mainland: the first site lies in mainland China, and the other one does not.
    wants_thinking_back: it refuses an earlier answer that comes back without its thinking.
    """

    name: str
    title: str
    base_url: str = ""
    keys: tuple[str, ...] = ()
    model: str = ""
    wire: WireProtocol = WireProtocol.OPENAI
    is_local: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    other_site: str = ""
    other_site_keys: tuple[str, ...] = ()
    is_mainland: bool = False
    wants_thinking_back: bool = False

    @property
    def mainland_site(self) -> str:
        """Its address in mainland China; empty where it has none."""
        return self.base_url if self.is_mainland else self.other_site


def is_on_this_machine(base_url: str) -> bool:
    """Whether that address is this machine, so that its answers cost nothing."""
    host = URL(base_url).host or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
