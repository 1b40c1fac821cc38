"""What a capability says of itself: who made it, where it comes from, and what it would be allowed to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import Why, why_of


class RunsIn(StrEnum):
    """Where code of a capability would run. Alphabetical."""

    ELSEWHERE = "elsewhere"
    """On a server of somebody else, which sees what it is sent."""
    GATEWAY = "gateway"
    NOWHERE = "nowhere"
    """It is words alone."""
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What it could do once it is there.

    `network` are the hosts it reaches, `*` for any; `secrets` the names of those it is handed; `tools` its tools with
    the effect of each, empty where none is declared, so that each call asks. `channels` are the kinds of channel that
    it brings, `models` the providers of models.
    """

    runs_in: RunsIn = RunsIn.NOWHERE
    network: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    @property
    def undeclared(self) -> tuple[str, ...]:
        """The tools of which nobody has said what they do."""
        return tuple(name for name, effect in self.tools.items() if not effect)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityManifest:
    """One version of a capability.

    `source` is where it was taken from, as somebody typed it; `pinned` says that the same source gives the same bytes
    for ever. `signed_by` names the key of a catalogue that an admin listed; only that makes a `publisher` more than
    a claim. `notes` are what whoever decides should know of how it was taken.
    """

    kind: CapabilityKind
    name: str
    description: str = ""
    version: str = ""
    publisher: str = ""
    source: str = ""
    pinned: bool = False
    signed_by: str = ""
    permissions: Permissions = field(default=Permissions())
    notes: tuple[Why, ...] = ()

    @property
    def stored(self) -> dict[str, Any]:
        """As a row keeps it."""
        may = self.permissions
        return {
            "kind": self.kind.value,
            "name": self.name,
            "description": self.description,
            "version": self.version,
            "publisher": self.publisher,
            "source": self.source,
            "pinned": self.pinned,
            "signed_by": self.signed_by,
            "runs_in": may.runs_in.value,
            "network": list(may.network),
            "secrets": list(may.secrets),
            "tools": dict(may.tools),
            "notes": [note.stored for note in self.notes],
            **({"channels": list(may.channels)} if may.channels else {}),
            **({"models": list(may.models)} if may.models else {}),
        }


def manifest_of(stored: Mapping[str, Any]) -> CapabilityManifest:
    """The manifest that a row keeps."""
    texts = {name: str(stored[name]) for name in ("name", "description", "version", "publisher", "source", "signed_by")}
    return CapabilityManifest(
        kind=CapabilityKind(stored["kind"]),
        pinned=bool(stored["pinned"]),
        permissions=Permissions(
            runs_in=RunsIn(stored["runs_in"]),
            network=tuple(stored["network"]),
            secrets=tuple(stored["secrets"]),
            tools=dict(stored["tools"]),
            channels=tuple(stored.get("channels", ())),
            models=tuple(stored.get("models", ())),
        ),
        notes=tuple(note for each in stored.get("notes", ()) if (note := why_of(str(each)))),
        **texts,
    )
