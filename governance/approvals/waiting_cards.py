"""The cards that wait for one person on one account, as they were sent there: a place of its own may show them again.

A press counts only where a copy of the card was sent, so nothing else is shown.
"""

from channels.codec import load
from channels.messages import Account, Card, Outbound
from governance.approvals.close import QUERIES
from governance.people.people import Person
from governance.record.transaction import Store


async def waiting_cards(store: Store, person: Person, account: Account) -> list[Card]:
    """Those with buttons, the oldest first, each once. Raises DatabaseAway."""
    found: dict[str, Card] = {}
    for row in await store.fetch(QUERIES["cards_of"], account.channel, person.id):
        copy = load(Outbound, row["body"])
        is_theirs = copy.only_for is not None and copy.only_for.id == account.id
        if is_theirs and copy.card is not None and copy.card.buttons:
            found.setdefault(copy.card.id, copy.card)
    return list(found.values())
