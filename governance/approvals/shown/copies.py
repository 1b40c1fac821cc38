"""Where the cards of a request go: to each decider on each linked account, and into the requester's conversation."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from channels.messages import Account, Address, Outbound
from governance.approvals.requests import Request
from governance.approvals.shown.cards import card_for, confirming_card, read_along_card, waiting_card
from governance.people.people import CONSOLE
from governance.record.transaction import Row

PRIVATE = "@"
"""A room that begins with this sign is the private room of the account named after it; the outbox finds it."""

"""In a message's detail: it only mends a card that is out of date, so where nothing can be edited it is not sent."""

Copy = tuple[Outbound, UUID | None]
"""A card and the person it is for."""


def for_deciders(request: Request, deciders: Sequence[Row]) -> list[Copy]:
    """A card with buttons for each linked account of each decider, and one in each one's own room of the console.

    `deciders` are rows of the query of that name: a person and one of their accounts, or none.
    """
    copies: dict[str, Copy] = {}
    for account, row in reached(deciders):
        key = f"card:{request.id}:{account.channel}:{account.id}"
        copies[key] = (for_account(request, key, account, row["language"], row["time_zone"]), row["id"])
    return list(copies.values())


def reached(deciders: Sequence[Row]) -> Iterator[tuple[Account, Row]]:
    """Every account on which deciders are reached, and each one's own room of the console, perhaps more than once."""
    for row in deciders:
        yield Account(channel=CONSOLE, id=str(row["id"]), name=row["name"]), row
        if row["channel"] is not None:
            yield _account(row), row


def _account(row: Row) -> Account:
    return Account(channel=row["channel"], id=row["account_id"], name=row["account_name"])


def for_account(request: Request, key: str, account: Account, language: str, zone: str = "") -> Outbound:
    """A card with buttons in the private room of an account."""
    return Outbound(
        key=key,
        address=Address(channel=account.channel, room=PRIVATE + account.id),
        card=card_for(request, language, zone=zone),
        only_for=account,
        in_language=language,
        in_zone=zone,
    )


def requester_key(request: Request) -> str:
    """The key of the card where the requester waits."""
    return f"card:{request.id}:requester"


def for_requester(
    request: Request,
    address: Address,
    names: tuple[str, ...],
    *,
    language: str,
    zone: str = "",
    is_direct: bool,
    confirms: bool = False,
) -> Copy:
    """The card where the requester waits. In a group it has the buttons too, for a decider may be reading along.

    `zone` is the requester's, which a group does not read. `confirms` says that the requester decides it themselves,
    by a second step.
    """
    zone = zone if is_direct else ""
    card = waiting_card(request, names, language, zone)
    if confirms:
        card = confirming_card(request, language, zone=zone, is_private=is_direct)
    elif not is_direct:
        card = read_along_card(request, names, language)
    copy = Outbound(key=requester_key(request), address=address, card=card, in_language=language, in_zone=zone)
    return copy, request.requester_id
