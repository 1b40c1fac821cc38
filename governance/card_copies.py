"""Where the cards of a request go: to each decider on each linked account, and into the requester's conversation."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from channels.messages import Account, Address, Outbound
from governance.cards import card_for, waiting_card
from governance.requests import Request
from governance.store import Row

PRIVATE = "@"
"""A room that begins with this sign is the private room of the account named after it; the outbox finds it."""

Copy = tuple[Outbound, UUID | None]
"""A card and the person it is for."""


def for_deciders(request: Request, deciders: Sequence[Row]) -> list[Copy]:
    """A card with buttons for each linked account of each decider; `deciders` are rows of the query of that name."""
    copies: list[Copy] = []
    for row in deciders:
        if row["channel"] is None:
            continue
        copy = Outbound(
            key=f"card:{request.id}:{row['channel']}:{row['account_id']}",
            address=Address(channel=row["channel"], room=PRIVATE + row["account_id"]),
            card=card_for(request, row["language"]),
            only_for=Account(channel=row["channel"], id=row["account_id"], name=row["account_name"]),
            detail={"language": row["language"]},
        )
        copies.append((copy, row["id"]))
    return copies


def for_requester(
    request: Request, address: Address, names: tuple[str, ...], *, language: str, is_direct: bool
) -> Copy:
    """The card where the requester waits. In a group it has the buttons too, for a decider may be reading along."""
    card = waiting_card(request, names, language)
    if not is_direct:
        card = replace(card_for(request, language), note=card.note)
    copy = Outbound(key=f"card:{request.id}:requester", address=address, card=card, detail={"language": language})
    return copy, request.requester_id
