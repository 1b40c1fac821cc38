"""From which copy of a card a press came. A press elsewhere (forwarded, forged, another chat's) finds none.

A message that nobody remembers, because its gateway died before it could keep where it was, is known again by the room
in which it is pressed, and taken in as one more copy, so that it too ends as all others do.
"""

import hashlib
from dataclasses import dataclass, replace

from channels.codec import dump, dump_refs, load, refs_of
from channels.messages import Account, Address, Outbound, Ref
from governance.approvals.close import QUERIES
from governance.approvals.requests import Request
from governance.approvals.shown.cards import card_for, still_waiting
from governance.approvals.shown.copies import PRIVATE
from governance.record.transaction import Row, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Where a card was pressed, as the platform says it; `message` where it also says which message that was."""

    address: Address
    message: Ref | None = None
    is_direct: bool = True

    @property
    def ref(self) -> Ref | None:
        """The message, if it is in the room in which the press was made."""
        here = self.message is not None and self.message.id and self.message.address.room == self.address.room
        return self.message if here else None


async def copy_of(work: Transaction, request: Request, account: Account, pressed: Pressed) -> Outbound | None:
    """The copy that was pressed; None when this card was not sent to that account there. Writes one not yet known."""
    rows = [(row, load(Outbound, row["body"])) for row in await work.fetch(QUERIES["copies"], request.id)]
    here = [(row, copy) for row, copy in rows if was_sent_here(copy, refs_of(row["ref"]), account, pressed)]
    if not here:
        return None
    ref = pressed.ref
    known = next((copy for row, copy in here if ref and ref.id in {sent.id for sent in refs_of(row["ref"])}), None)
    if known is not None or ref is None:
        return known or here[0][1]
    return await _take_in(work, request, here[0], ref)


def was_sent_here(copy: Outbound, sent: list[Ref], account: Account, pressed: Pressed) -> bool:
    """Whether that copy went to this room, and to nobody but this account where it was meant for one alone."""
    if copy.address.channel != pressed.address.channel:
        return False
    if copy.only_for is not None and (copy.only_for.channel, copy.only_for.id) != (account.channel, account.id):
        return False
    if copy.address.room.startswith(PRIVATE):  # what the platform calls that room is known once something was sent
        return pressed.address.room in {ref.address.room for ref in sent} if sent else pressed.is_direct
    return pressed.address.room in {copy.address.room, *(ref.address.room for ref in sent)}


async def _take_in(work: Transaction, request: Request, like: tuple[Row, Outbound], ref: Ref) -> Outbound:
    row, copy = like
    name = hashlib.sha256(dump(ref).encode()).hexdigest()[:16]
    language = copy.in_language or row["language"]
    card = card_for(request, language, zone=copy.in_zone, is_private=False)
    found = replace(
        copy,
        key=f"card:{request.id}:found:{name}",
        address=ref.address,
        card=still_waiting(card, copy.card, language) if request.is_pending else card,
        only_for=None,
        in_language=language,
        repairs=True,
    )
    await work.execute(
        QUERIES["take_in"],
        request.id,
        found.key,
        found.address.channel,
        row["user_id"],
        found.address.key,
        dump(found),
        dump_refs([ref]),
    )
    return found
