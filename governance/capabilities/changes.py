"""A change of a capability, as somebody wants it, and what becomes of the wish."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from channels.codec import dump
from channels.messages import Account, Address
from governance.capabilities.manifest import CapabilityManifest
from governance.capabilities.weighing import WeighedChange
from governance.guard.calls import hashed
from governance.people.people import CHAT, Origin, Person
from governance.record.audit import canonical
from governance.scanner.report import ScanReport, ScanVerdict
from governance.values.capability_kinds import CapabilityAction
from governance.values.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Wisher:
    """Who wants a change, and where they wait for it. `agent` is the one that proposes it in their name, or empty."""

    person: Person
    account: Account
    address: Address | None = None
    is_direct: bool = True
    agent: str = ""
    turn_id: UUID | None = None
    origin: Origin = field(default=CHAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedChange:
    """What is wanted. `body` are the bytes of the package and `digest` theirs, both empty where nothing new comes.

    `base` is the digest that is installed now, which the wish starts from. `difference` is a text for people, `changed`
    the same as sentences where there are such, and `words` are what the requester says it is for.
    """

    action: CapabilityAction
    manifest: CapabilityManifest
    digest: str = ""
    body: bytes = field(default=b"", repr=False)
    size: int = 0
    base: str = ""
    scanned: ScanReport = field(default=ScanReport(verdict=ScanVerdict.OK))
    difference: str = ""
    changed: tuple[Why, ...] = ()
    words: str = ""

    def subject(self, weighed: WeighedChange, wisher: Wisher | None) -> dict[str, Any]:
        """What a request keeps of it."""
        address = wisher.address if wisher else None
        return {
            "action": self.action.value,
            "manifest": self.manifest.stored,
            "digest": self.digest,
            "base": self.base,
            "size": self.size,
            "scanned": self.scanned.stored,
            "difference": self.difference,
            "changed": [each.stored for each in self.changed],
            "words": self.words,
            "reasons": [reason.because.stored for reason in weighed.reasons],
            "address": dump(address) if address else "",
            "language": wisher.person.language if wisher else "",
        }

    @property
    def identity(self) -> str:
        """By which the very same wish is known, whoever has it, for what it would change."""
        return hashed(
            canonical(
                {
                    "action": self.action.value,
                    "manifest": self.manifest.stored,
                    "digest": self.digest,
                    "base": self.base,
                }
            )
        )


class WishEnd(StrEnum):
    """What became of a wish. Alphabetical."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishOutcome:
    """What became of a wish, and the sentence that says so. `code` names the request that waits for it."""

    end: WishEnd
    says: Why
    code: str = ""

    @property
    def is_asked_or_done(self) -> bool:
        """Whether it was taken up at all."""
        return self.end is not WishEnd.REFUSED
