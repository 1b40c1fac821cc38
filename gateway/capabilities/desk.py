"""Where everybody brings a wish about a capability: chat, console, API, terminal and agents alike.

A wish becomes a change: what is new is taken from its source, read, scanned and compared with what is installed; then
it passes the gate. Nothing of it runs before that.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypedDict

from channels.base import NexoraError
from channels.mistakes import LOOSELY, nearest
from gateway.capabilities.catalogue import Found
from gateway.capabilities.server_package import server_difference, server_sentences
from gateway.capabilities.sources import Taken, Where
from governance.approvals.decide import Approvals
from governance.capabilities.capabilities import Capabilities
from governance.capabilities.changes import WantedChange, WishEnd, Wisher, WishOutcome
from governance.capabilities.installed import Capability
from governance.capabilities.manifest import CapabilityManifest
from governance.packages.differing import ChangeKind, differences
from governance.packages.package import Package
from governance.packages.packing import pack, unpack
from governance.scanner.report import ScanReport
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import Why, because, why

MOST_DIFFERENCE = 20_000
"""Characters of a difference that a request keeps."""
_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.REMOVED: "-"}


class Differing(TypedDict):
    """What is different from the version that is installed: whole, and as sentences where there are such."""

    difference: str
    changed: tuple[Why, ...]


class CapabilityWrong(NexoraError):
    """This cannot be used as what it is meant to be."""

    def __init__(self, reason: Why) -> None:
        super().__init__(str(reason))
        self.why = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCapability:
    """What a reader made of a package: what it says of itself, and the package that is kept.

    `unpacked` is what is scanned in its place, where it holds archives.
    """

    manifest: CapabilityManifest
    package: Package
    unpacked: Package | None = None


Reader = Callable[[Taken], Awaitable[ReadCapability]]
"""Makes a capability of what was taken from its source. Raises a NexoraError with what is wrong with it."""
Take = Callable[[str, CapabilityKind, Where], Awaitable[Taken]]
Scan = Callable[[Package], Awaitable[ScanReport]]
Search = Callable[[str, CapabilityKind], Awaitable[Found]]
"""What catalogues have of a kind in which all of these words occur."""
ProblemOf = Callable[[CapabilityKind, str], Why | None]
"""Why what is installed does not work on this gateway; None where it does."""
SecondsOf = Callable[[CapabilityKind, str], float | None]
"""How long a plugin took to be loaded on this gateway; None where it is not there, and for other kinds."""


async def no_catalogues(_words: str, _kind: CapabilityKind) -> Found:
    """Where no catalogue is named."""
    return Found(entries=(), problems=())


def no_problem(_kind: CapabilityKind, _name: str) -> Why | None:
    """Where nothing can go wrong once it is installed."""
    return None


def no_seconds(_kind: CapabilityKind, _name: str) -> float | None:
    """Where nothing is loaded."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityOrder:
    """What somebody wants: `named` is a source for what is new, else the name of what is installed.

    `words` are their own for what it is good for. An update without a `source` asks the one of before.
    """

    kind: CapabilityKind
    action: CapabilityAction
    named: str
    wisher: Wisher
    where: Where = field(default_factory=Where)
    source: str = ""
    words: str = ""


class Desk:
    """Takes orders. `readers` make capabilities of packages, each kind its own."""

    def __init__(
        self,
        capabilities: Capabilities,
        approvals: Approvals,
        *,
        take: Take,
        scan: Scan,
        readers: Mapping[CapabilityKind, Reader],
        problem_of: ProblemOf = no_problem,
        seconds_of: SecondsOf = no_seconds,
        search: Search = no_catalogues,
    ) -> None:
        self.capabilities = capabilities
        self._approvals = approvals
        self._take = take
        self._scan = scan
        self._readers = readers
        self.problem_of = problem_of
        self.seconds_of = seconds_of
        self.search = search

    async def order(self, order: CapabilityOrder) -> WishOutcome:
        """What became of the wish, in a sentence. Raises DatabaseAway, nothing for what is wrong with the order."""
        try:
            change = await self._change(order)
        except CapabilityWrong as problem:
            return WishOutcome(end=WishEnd.REFUSED, says=problem.why)
        except NexoraError as problem:
            known = getattr(problem, "why", None)
            return WishOutcome(end=WishEnd.REFUSED, says=known if isinstance(known, Why) else because(str(problem)))
        return await self.capabilities.want(self._approvals, change, order.wisher)

    async def _change(self, order: CapabilityOrder) -> WantedChange:
        if order.action is CapabilityAction.INSTALL:
            return await self._brought(order, order.named, None)
        found = await self._installed(order)
        if order.action is CapabilityAction.UPDATE:
            return await self._brought(order, order.source or found.manifest.source, found)
        if order.action is CapabilityAction.RESTORE:
            if not found.before or found.before_manifest is None:
                raise CapabilityWrong(why("capability.no_before", name=found.name))
            return _about(order, found, found.before_manifest)
        return _about(order, found, found.manifest)

    async def _brought(self, order: CapabilityOrder, source: str, found: Capability | None) -> WantedChange:
        reader = self._readers.get(order.kind)
        if reader is None:
            raise CapabilityWrong(why("capability.not_added", kind=why(f"capability.kind.{order.kind.value}")))
        taken = await self._take(source, order.kind, order.where)
        read = await reader(taken)
        manifest, package = replace(read.manifest, notes=taken.notes), read.package
        if found is not None and manifest.name != found.name:
            raise CapabilityWrong(why("capability.other_name", name=found.name, other=manifest.name))
        found = found or await self.capabilities.get(order.kind, manifest.name)
        if found is not None and found.digest == package.digest and found.is_active:
            raise CapabilityWrong(why("capability.same", name=manifest.name))
        return WantedChange(
            action=CapabilityAction.UPDATE if found else CapabilityAction.INSTALL,
            manifest=manifest,
            digest=package.digest,
            body=pack(package),
            size=package.size,
            base=found.digest if found else "",
            scanned=await self._scan(read.unpacked or package),
            words=order.words,
            **await self._differing(found, package),
        )

    async def _differing(self, found: Capability | None, package: Package) -> Differing:
        body = await self.capabilities.package(found.digest) if found else None
        if found is None or body is None:
            return {"difference": "", "changed": ()}
        old = unpack(body)
        if found.kind is CapabilityKind.MCP:
            return {"difference": cut(server_difference(old, package)), "changed": server_sentences(old, package)}
        return {"difference": difference_of(old, package), "changed": ()}

    async def _installed(self, order: CapabilityOrder) -> Capability:
        found = await self.capabilities.get(order.kind, order.named)
        if found is None:
            names = [one.name for one in await self.capabilities.all() if one.kind is order.kind]
            near = nearest(order.named, names, LOOSELY)
            raise CapabilityWrong(
                why("capability.missing.near" if near else "capability.missing", name=order.named[:64], near=near)
            )
        return found


def _about(order: CapabilityOrder, found: Capability, manifest: CapabilityManifest) -> WantedChange:
    return WantedChange(action=order.action, manifest=manifest, base=found.digest, words=order.words)


def difference_of(old: Package, new: Package) -> str:
    """What is different, as a card shows it: a line for each file, and of texts the lines."""
    lines = []
    for change in differences(old, new):
        lines.append(f"{_SIGNS[change.kind]} {change.path}")
        lines += [f"  {line}" for line in change.lines]
    return cut("\n".join(lines))


def cut(difference: str) -> str:
    """A difference as a request keeps it, with the number of signs that are left out."""
    left = len(difference) - MOST_DIFFERENCE
    return difference if left <= 0 else f"{difference[:MOST_DIFFERENCE]}\n… (+{left:,})"
