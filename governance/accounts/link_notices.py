"""Tells a person everywhere that an account was linked to them or parted from them, so that neither is a surprise."""

from collections.abc import Iterator

from channels.locales import say
from channels.messages import Account, Address, Outbound, notice
from governance.approvals.shown.copies import PRIVATE
from governance.people.people import Person


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
        yield _notice(f"linked:{key}", place, words, person)


def parted(account: Account, person: Person, others: list[Account], key: str) -> Iterator[Outbound]:
    """A message to the account that was parted from its person and to each of the person's `others`; `key` as above."""
    for place in (account, *others):
        fields = {"name": person.label, "channel": account.channel, "account": account.id}
        words = say("unlink.here" if place is account else "unlink.told", person.language, **fields)
        yield _notice(f"unlinked:{key}", place, words, person)


def _notice(key: str, place: Account, words: str, person: Person) -> Outbound:
    return Outbound(
        key=f"{key}:{place.channel}:{place.id}",
        address=Address(channel=place.channel, room=PRIVATE + place.id),
        parts=notice(words),
        only_for=place,
        in_language=person.language,
    )
