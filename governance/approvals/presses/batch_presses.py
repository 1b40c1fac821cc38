"""A press on the card of several questions: whether it was sent there, and the card of each question."""

from channels.codec import load, refs_of
from channels.messages import Account, Outbound
from governance.approvals.batches import QUERIES, Batch
from governance.approvals.presses.pressed import Pressed, was_sent_here
from governance.approvals.requests import Request
from governance.approvals.shown.copies import Copy, for_account, for_requester
from governance.people.people import Person
from governance.record.transaction import Transaction


async def is_of_batch(work: Transaction, batch: Batch, account: Account, pressed: Pressed | None) -> bool:
    """Whether the card was sent to where it was pressed."""
    if pressed is None:
        return True
    rows = await work.fetch(QUERIES["copies"], batch.id)
    return any(was_sent_here(load(Outbound, row["body"]), refs_of(row["ref"]), account, pressed) for row in rows)


def card_of_each(batch: Batch, by: Person, account: Account, pressed: Pressed | None) -> list[tuple[Request, Copy]]:
    """A card for each question that waits, for whoever wants to see them one by one."""
    copies: list[tuple[Request, Copy]] = []
    for request in batch.waiting:
        if request.requester_id == by.id and pressed is not None:
            own = for_requester(
                request,
                pressed.address,
                (),
                language=by.language,
                zone=by.time_zone,
                is_direct=pressed.is_direct,
                confirms=True,
            )
            copies.append((request, own))
        else:
            key = f"card:{request.id}:{account.channel}:{account.id}"
            copies.append((request, (for_account(request, key, account, by.language, by.time_zone), by.id)))
    return copies
