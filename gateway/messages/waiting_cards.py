"""What waits for the owner of an account, as cards that fit their channel: for platforms with a place to keep them."""

from collections.abc import Callable, Sequence

from channels.base import NotStored, Traits
from channels.messages import Account, Card
from channels.running.card_fit import fit_card
from governance.approvals.waiting_cards import waiting_cards
from governance.people.people import People, Stranger
from governance.record.transaction import DatabaseAway, Store


class WaitingCards:
    """The cards of every account; what does not fit has the buttons of a card that is cut."""

    def __init__(self, store: Store, people: People, traits_of: Callable[[str], Traits]) -> None:
        """`traits_of` a living channel, by its name; raises ChannelDown where it is none."""
        self._store = store
        self._people = people
        self._traits_of = traits_of

    async def of(self, channel: str, account: Account) -> Sequence[Card]:
        """What waits for the owner of that account; raises NotStored while it cannot be read, or ChannelDown."""
        try:
            who = await self._people.identify(account)
            if isinstance(who, Stranger):
                return ()
            cards = await waiting_cards(self._store, who, account)
        except DatabaseAway as error:
            raise NotStored(str(error)) from error
        traits = self._traits_of(channel)
        return [fit_card(card, traits, who.language) for card in cards]
