"""A turn that begins without a message: a schedule fires, another agent asks, or an agent has promised to come back.

It lies in the inbox like everything that is said, so it keeps its place in its conversation, is begun once however many
gateways there are, and survives the end of any of them. Whoever sets one going writes it in the transaction of what it
follows from.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from agents.models.context import QUOTED
from channels.codec import dump, load
from channels.messages import Account, Address
from governance.people.people import Person
from governance.record.audit import Event, Status
from governance.record.transaction import Notice
from governance.values.reasons import Why

_KEY = "errand"


class Author(StrEnum):
    """Whose words an errand says. Alphabetical."""

    AGENT = "agent"
    """An agent's, so nothing in them is what the person wanted."""
    PERSON = "person"
    """The person's, who wrote or confirmed exactly these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What an agent is to do for a person, and where its answer goes.

    `id` is its own: one that was published before is not run again. The turn goes on in the conversation at `address`
    and by the rights that the person has when it runs. `heading` stands above the answer and says why it comes, in the
    person's language. `only_for` is the account to whose private room it goes, None where `address` is a room;
    `account` is the one by which the person set it going.
    """

    id: str
    person_id: UUID
    agent: str
    address: Address
    words: str
    heading: str = ""
    author: Author = Author.PERSON
    is_direct: bool = True
    only_for: Account | None = None
    account: Account | None = None

    @property
    def read_as(self) -> str:
        """The words as the model reads them: those of an agent are quoted, as what others said is."""
        if self.author is Author.PERSON:
            return self.words
        return "\n".join(f"{QUOTED}{line}" for line in self.words.splitlines())


def errand_notice(errand: Errand) -> Notice:
    """The errand as an event of ours, to be published with what it follows from."""
    return Notice(event_id=errand.id, lane=errand.address.key, body=json.dumps({_KEY: json.loads(dump(errand))}))


def errand_in(body: str) -> Errand | None:
    """The errand that an event of ours holds; None where it is another kind of event."""
    given = json.loads(body).get(_KEY)
    return None if given is None else load(Errand, json.dumps(given))


def errand_failed(errand: Errand, person: Person | None, why: Why) -> Event:
    """The line of the record about one that could not be done."""
    return Event(
        tag="agents:errand:failed",
        actor=str(errand.person_id),
        actor_name=person.name if person else "",
        resource=errand.agent,
        status=Status.FAILED,
        address=errand.address.key,
        detail={"errand": errand.id, "why": str(why), "said": why.stored},
    )
