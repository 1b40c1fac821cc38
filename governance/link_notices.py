"""Tells a person everywhere that an account was linked to them, and how to undo it, so that no link is a surprise."""

from collections.abc import Iterator

from channels.messages import Account, Address, Outbound, notice
from governance.card_copies import PRIVATE
from governance.people import Person
from governance.words import say


def notices(linked: Account, person: Person, others: list[Account], key: str) -> Iterator[Outbound]:
    """A message to the account that was linked and to each of the person's `others`.

    `key` tells this link from an earlier one of the same account.
    """
    for place in (linked, *(each for each in others if (each.channel, each.id) != (linked.channel, linked.id))):
        is_new = (place.channel, place.id) == (linked.channel, linked.id)
        words = say(
            "link.confirmed" if is_new else "link.told",
            person.language,
            name=person.label,
            channel=linked.channel,
            account=linked.id,
        )
        yield Outbound(
            key=f"linked:{key}:{place.channel}:{place.id}",
            address=Address(channel=place.channel, room=PRIVATE + place.id),
            parts=notice(words),
            only_for=place,
            detail={"language": person.language},
        )
