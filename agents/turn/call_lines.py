"""The line of the record that each proposed call has, whatever became of it. It writes nothing itself."""

from typing import Any, Protocol

from agents.models.protocol import ToolCallRequest
from agents.turn.call_ends import storable
from channels.messages import Address
from governance.approvals.shown.card_text import masked_arguments
from governance.guard.calls import ProposedCall, hashed
from governance.masking import for_record
from governance.people.people import Person
from governance.record.audit import Event, Status, canonical
from governance.values.verdicts import Ask

_LONGEST_NAME = 200
LONGEST_BROKEN = 20_000
"""So much of arguments that could not even be read is kept, in characters; the digest is of all of them."""


class Answered(Protocol):
    """A call after the guard, as the record sees it."""

    @property
    def request(self) -> ToolCallRequest:
        """What the model asked for, to the letter."""

    @property
    def proposed(self) -> ProposedCall | None:
        """The call, where its tool is known and its arguments could be read."""

    @property
    def ask(self) -> Ask | None:
        """The question, where it is put before somebody."""


def asked_for(call: Answered) -> dict[str, Any]:
    """What was asked for: the whole arguments, secrets in literal words masked, and the digest of what they were."""
    if call.proposed is not None:
        proposed = call.proposed
        arguments = masked_arguments(proposed.arguments, proposed.command_name, proposed.reading)
        return {"arguments": for_record(canonical(arguments)), "digest": call.proposed.digest}
    written = storable(call.request.arguments)
    return {
        "arguments": for_record(written)[:LONGEST_BROKEN],
        "digest": hashed(canonical({"tool": storable(call.request.name), "arguments": written})),
    }


def verdict_line(person: Person, address: Address, call: Answered, outcome: str, detail: dict[str, Any]) -> Event:
    """The line: `outcome` is allowed, deferred or refused; `detail` says why, by which rule and in which turn."""
    return Event(
        tag=f"guard:call:{outcome}",
        actor=str(person.id),
        actor_name=person.name,
        resource=storable(call.request.name[:_LONGEST_NAME]),
        status=Status.DENIED if outcome == "refused" else Status.OK,
        address=address.key,
        detail=detail | asked_for(call),
    )
