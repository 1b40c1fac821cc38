"""What is installed, as rows tell it: one version active, the one before kept, and why it is held where it is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from governance.capabilities.manifest import CapabilityManifest, manifest_of
from governance.people.names import known_as
from governance.record.transaction import Row
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import Why, why_of
from governance.values.verdicts import Risk


class CapabilityState(StrEnum):
    """How an installed capability stands. Alphabetical."""

    ACTIVE = "active"
    DISABLED = "disabled"
    HELD = "held"
    """It is no longer what was approved, and is not used until a person agrees to the difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One that is installed. `digest` is what was approved; `before` the digest approved before that, or empty."""

    manifest: CapabilityManifest
    state: CapabilityState
    digest: str
    before: str
    before_manifest: CapabilityManifest | None
    risk: Risk
    by: str
    at: datetime
    held: Why | None = None

    @property
    def kind(self) -> CapabilityKind:
        """What it is."""
        return self.manifest.kind

    @property
    def name(self) -> str:
        """Its name, unique among its kind."""
        return self.manifest.name

    @property
    def is_active(self) -> bool:
        """Whether agents may be given it."""
        return self.state is CapabilityState.ACTIVE


def capability_of(row: Row) -> Capability:
    """The capability of a row of the queries `all` and `get`."""
    before = row["before_manifest"]
    return Capability(
        manifest=manifest_of(json.loads(row["manifest"])),
        state=CapabilityState(row["state"]),
        digest=row["digest"],
        before=row["before_digest"] or "",
        before_manifest=manifest_of(json.loads(before)) if before else None,
        risk=Risk(row["risk"]),
        by=known_as(row["by_name"] or "", row["by_shown"] or ""),
        at=row["changed_at"],
        held=why_of(row["held"]),
    )


def named(found: Sequence[Capability], kind: CapabilityKind, name: str) -> Capability | None:
    """The one of that kind and name."""
    return next((one for one in found if one.kind is kind and one.name == name), None)
