"""What an entry of memory is, whose it is, and who reads: the values that everything else here speaks in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

LONGEST = 400
"""Characters of one entry."""


class MemoryLayer(StrEnum):
    """To whom an entry belongs. Alphabetical."""

    AGENT = "agent"
    """What an agent learnt about its work, for all who may use it."""
    CONVERSATION = "conversation"
    """What was decided in one conversation, for those who are in it."""
    PERSON = "person"
    """What a person told about themselves, for them alone."""


class MemoryKind(StrEnum):
    """What an entry tells. Alphabetical."""

    DECISION = "decision"
    FACT = "fact"
    PERSON = "person"
    """About somebody else."""
    PITFALL = "pitfall"
    PREFERENCE = "preference"
    PROCEDURE = "procedure"


class MemoryState(StrEnum):
    """How an entry stands. Alphabetical."""

    FORGOTTEN = "forgotten"
    """Nobody is shown it; it can be taken back for a day."""
    KEPT = "kept"
    PROPOSED = "proposed"
    """Waits for an admin, and nobody is shown it until then."""


_SIGNS = {MemoryLayer.AGENT: "A", MemoryLayer.CONVERSATION: "C", MemoryLayer.PERSON: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryOwner:
    """Whose entries: a person's id, an agent's name or a conversation's key, by the layer."""

    layer: MemoryLayer
    name: str

    @property
    def key(self) -> str:
        """The owner as one word."""
        return f"{self.layer.value}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryReader:
    """Who reads or writes, through which agent and in which conversation; all of it as the gateway knows it.

    Where others read along, nothing of a person is read. Without an agent or a conversation, as on a page of their own,
    only what is the person's.
    """

    person_id: UUID
    agent: str = ""
    conversation: str = ""
    is_direct: bool = True
    is_admin: bool = False

    @property
    def owners(self) -> tuple[MemoryOwner, ...]:
        """Whose entries may be read, those of the person first."""
        person = MemoryOwner(layer=MemoryLayer.PERSON, name=str(self.person_id))
        conversation = MemoryOwner(layer=MemoryLayer.CONVERSATION, name=self.conversation)
        agent = MemoryOwner(layer=MemoryLayer.AGENT, name=self.agent)
        return (
            *((person,) if self.is_direct else ()),
            *((conversation,) if self.conversation else ()),
            *((agent,) if self.agent else ()),
        )

    @property
    def changes(self) -> tuple[MemoryOwner, ...]:
        """Whose entries may be changed: those of an agent by admins alone, for they are everybody's."""
        return tuple(owner for owner in self.owners if self.is_admin or owner.layer is not MemoryLayer.AGENT)

    def owner(self, layer: MemoryLayer) -> MemoryOwner | None:
        """The owner of that layer; None where nothing of it may be read."""
        return next((owner for owner in self.owners if owner.layer is layer), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryBasis:
    """What an entry rests on: the words that were said, where and when, and by whom."""

    words: str = ""
    conversation: str = ""
    at: datetime | None = None
    told_by: UUID | None = None
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEntry:
    """One thing that is remembered. `also` are other words by which somebody may look for it, shown to nobody."""

    id: int
    owner: MemoryOwner
    number: int
    kind: MemoryKind
    words: str
    state: MemoryState
    basis: MemoryBasis
    confirmed: int
    created_at: datetime
    confirmed_at: datetime
    also: str = ""
    score: float = 0.0

    @property
    def label(self) -> str:
        """By what people name it: 12, C3 in a conversation, A7 of an agent."""
        return f"{_SIGNS[self.owner.layer]}{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryName:
    """An entry as somebody names it."""

    layer: MemoryLayer
    number: int

    @classmethod
    def of(cls, text: str) -> "MemoryName | None":
        """What was written, as 12, #12, c3 or A7; None when it names none."""
        plain = text.strip().removeprefix("#").upper()
        layer = next((layer for layer, sign in _SIGNS.items() if sign and plain.startswith(sign)), MemoryLayer.PERSON)
        digits = plain.removeprefix(_SIGNS[layer])
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):  # noqa: PLR2004  # an integer of the database
            return None
        return cls(layer=layer, number=int(digits))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMemory:
    """What is to be remembered."""

    layer: MemoryLayer
    kind: MemoryKind
    words: str
    basis: MemoryBasis
    also: str = ""
