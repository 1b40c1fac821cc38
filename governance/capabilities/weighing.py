"""How much is at risk when a capability is changed, and why. Pure; what follows from a risk is the policy's to say."""

from collections.abc import Iterator
from dataclasses import dataclass

from governance.capabilities.manifest import CapabilityManifest, RunsIn
from governance.scanner.report import ScanReport, ScanVerdict
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import Why, why
from governance.values.verdicts import Risk

_NAMED = 5
"""So many names stand in one reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReason:
    """One thing that makes a change as risky as it says, and the sentence about it."""

    risk: Risk
    because: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedChange:
    """The risk of a change, with every reason, the heaviest first."""

    risk: Risk
    reasons: tuple[RiskReason, ...]


def weigh(
    action: CapabilityAction, manifest: CapabilityManifest, scanned: ScanReport, *, by_agent: bool = False
) -> WeighedChange:
    """The risk of doing this to that. What an agent proposes is never low, since nobody has spoken for it yet."""
    reasons = list(_of_taking(action, manifest) if action.takes else _of_content(manifest, scanned))
    if by_agent:
        reasons.append(RiskReason(risk=Risk.MEDIUM, because=why("capability.risk.by_agent")))
    reasons.sort(key=lambda reason: -reason.risk.rank)
    return WeighedChange(risk=reasons[0].risk, reasons=tuple(reasons))


def _of_taking(action: CapabilityAction, manifest: CapabilityManifest) -> Iterator[RiskReason]:
    if action is CapabilityAction.REMOVE and manifest.kind in {CapabilityKind.AGENT, CapabilityKind.PLUGIN}:
        yield RiskReason(risk=Risk.MEDIUM, because=why("capability.risk.others_use_it"))
    yield RiskReason(risk=Risk.LOW, because=why("capability.risk.takes"))


def _of_content(manifest: CapabilityManifest, scanned: ScanReport) -> Iterator[RiskReason]:
    yield from _of_scan(scanned)
    yield from _of_code(manifest)
    yield from _of_origin(manifest)
    if manifest.permissions.runs_in is RunsIn.NOWHERE:
        yield RiskReason(risk=Risk.LOW, because=why("capability.risk.words"))


def _of_scan(scanned: ScanReport) -> Iterator[RiskReason]:
    number = str(len(scanned.findings))
    if scanned.verdict is ScanVerdict.BLOCK:
        yield RiskReason(risk=Risk.CRITICAL, because=why("capability.risk.blocked", number=number))
    elif scanned.verdict is ScanVerdict.WARN:
        yield RiskReason(risk=Risk.HIGH, because=why("capability.risk.warned", number=number))


def _of_code(manifest: CapabilityManifest) -> Iterator[RiskReason]:
    may = manifest.permissions
    if may.runs_in is RunsIn.GATEWAY:
        yield RiskReason(risk=Risk.HIGH, because=why("capability.risk.in_gateway"))
    elif may.runs_in is RunsIn.ELSEWHERE:
        yield RiskReason(risk=Risk.HIGH, because=why("capability.risk.elsewhere"))
    elif may.runs_in is RunsIn.SANDBOX:
        yield RiskReason(risk=Risk.MEDIUM, because=why("capability.risk.code"))
    if may.secrets:
        yield RiskReason(risk=Risk.HIGH, because=why("capability.risk.secrets", names=_named(may.secrets)))
    if "*" in may.network:
        yield RiskReason(risk=Risk.HIGH, because=why("capability.risk.any_host"))
    elif may.network:
        yield RiskReason(risk=Risk.MEDIUM, because=why("capability.risk.hosts", hosts=_named(may.network)))


def _of_origin(manifest: CapabilityManifest) -> Iterator[RiskReason]:
    if manifest.signed_by:
        yield RiskReason(risk=Risk.LOW, because=why("capability.risk.signed", by=manifest.signed_by))
        return
    runs_here = manifest.permissions.runs_in is RunsIn.GATEWAY
    yield RiskReason(
        risk=Risk.CRITICAL if runs_here and not manifest.pinned else Risk.MEDIUM,
        because=why("capability.risk.unsigned" if manifest.pinned else "capability.risk.floating"),
    )


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
