"""Decisions in words without a slash: with a code, as an answer to a card, or a bare word, which is asked back.

A decision needs an object that was named: a code, or the very message of a card, by its id. A word alone decides
nothing, and is kept from the agent where a card was the last thing said, since the agent would answer as if it had
decided. Who may decide what, and from where, is for `approvals` to say, as for a press.
"""

from collections.abc import Callable
from dataclasses import dataclass

from channels.base import ChannelDown, Traits
from channels.locales import say
from channels.messages import Inbound, Quote
from channels.text.grammar import Spoken, is_word, spoken, words
from gateway import commands
from gateway.commands.requests import may_have_a_say
from governance.approvals.batches import send_batch_again
from governance.approvals.decide import Approvals
from governance.approvals.presses.cards_here import (
    CardHere,
    batch_last_sent,
    card_answered,
    card_last_sent,
    send_again,
    waiting_of_code,
)
from governance.approvals.presses.press_answers import WhyNot, refused_event
from governance.approvals.presses.pressed import Pressed
from governance.approvals.request_type import Known
from governance.approvals.requests import Choice, Request
from governance.people.people import Person
from governance.record.transaction import Store
from governance.values.verdicts import Risk

_CHOICES = {"approve": Choice.APPROVE, "deny": Choice.DENY}
_IN_WORDS = frozenset({Risk.LOW, Risk.MEDIUM})
"""The risks that a word decides which answers a card; above them it takes the button or the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenDecisions:
    """Hears what people say for decisions. `traits_of` a living channel, by its name; raises ChannelDown."""

    store: Store
    approvals: Approvals
    commands: commands.Commands
    traits_of: Callable[[str], Traits]

    async def answer(self, inbound: Inbound, who: Person) -> str | None:
        """What is answered to a decision; None for what is said to the agent. Raises DatabaseAway."""
        said = decision_in(inbound)
        if said is None:
            return None
        if said.code and await may_decide(self.store, self.approvals.kinds, who, said):
            return await self.commands.run(who, inbound, said.command, said.rest)
        if not _is_whole(said):
            return None
        card = await self._card_answered(inbound)
        if card is not None:
            return await self._answering(inbound, who, said, card)
        return None if said.rest else await self._alone(inbound, who, said)

    async def request_named(self, inbound: Inbound) -> Request | None:
        """The request that it decides by its code or as an answer to its card; None where it may be talk.

        Nothing is asked of the database about what begins with no deciding word. Raises DatabaseAway.
        """
        said = decision_in(inbound)
        if said is None or said.is_loose or inbound.album:
            return None
        if said.code and (request := await waiting_of_code(self.store, self.approvals.kinds, said.code)):
            return request
        card = await self._card_answered(inbound) if _is_whole(said) else None
        return None if card is None else card.request

    async def _card_answered(self, inbound: Inbound) -> CardHere | None:
        """The card that a message answers, where the platform names what is answered."""
        at = _place(inbound)
        if at.message is None or not self._names_quoted(inbound.address.channel):
            return None
        return await card_answered(self.store, self.approvals.kinds, inbound.sender, at)

    async def _alone(self, inbound: Inbound, who: Person, said: Spoken) -> str | None:
        """What a word does that stands alone: below a card of theirs it is asked back."""
        at = _place(inbound)
        card = await card_last_sent(self.store, self.approvals.kinds, inbound.sender, at)
        if card is not None:
            is_meant = card.decides and may_have_a_say(card.request, who)
            return await self._ask_back(inbound, who, said, card) if is_meant else None
        several = await batch_last_sent(self.store, self.approvals.kinds, inbound.sender, at)
        if several is None or not several.decides:
            return None
        waiting = several.batch.waiting
        if not any(may_have_a_say(request, who) for request in waiting):
            return None
        async with self.store.transaction() as work:
            await send_batch_again(work, several.batch, several.copy, who, inbound.event_id)
        return say("spoken.several", who.language, count=len(waiting))

    async def _answering(self, inbound: Inbound, who: Person, said: Spoken, card: CardHere) -> str | None:
        """What a word does that answers a card."""
        request = card.request
        is_open_to = request.is_pending and may_have_a_say(request, who)
        if is_open_to and request.risk not in _IN_WORDS:
            return await self._too_risky(inbound, who, card)
        if said.is_loose or (is_open_to and not _is_yes_or_no(request)):
            return await self._ask_back(inbound, who, said, card) if is_open_to else None
        outcome = await self.approvals.decide(
            who,
            inbound.sender,
            card_id=request.card_id,
            choice=_CHOICES[said.command].value,
            reason=said.rest,
            pressed=_place(inbound),
        )
        return outcome.sentence

    async def _ask_back(self, inbound: Inbound, who: Person, said: Spoken, card: CardHere) -> str:
        """Whether that request was meant, with its card once more; nothing is decided."""
        async with self.store.transaction() as work:
            await send_again(work, card, who, inbound.event_id)
        return say(f"spoken.{said.command}", who.language, code=card.request.code, title=card.request.title)

    async def _too_risky(self, inbound: Inbound, who: Person, card: CardHere) -> str:
        """That this takes the button or the code, with the card once more."""
        risk = say(f"risk.{card.request.risk.value}", who.language)
        sentence = say("spoken.too_risky", who.language, code=card.request.code, risk=risk)
        async with self.store.transaction() as work:
            await send_again(work, card, who, inbound.event_id)
            work.record(refused_event(who, inbound.sender, card.request, WhyNot.RISKY.recorded))
        return sentence

    def _names_quoted(self, channel: str) -> bool:
        try:
            return self.traits_of(channel).names_quoted
        except ChannelDown:
            return False


def decision_in(inbound: Inbound) -> Spoken | None:
    """The decision in words that a message may be: all of it typed by its sender, at once, and nothing beside it."""
    if inbound.press is not None or inbound.corrects is not None or inbound.continues or inbound.files:
        return None
    return spoken(inbound.typed)


def _is_whole(said: Spoken) -> bool:
    """Whether it decides, or answers, by itself; only a denial says more, its reason."""
    return said.command in _CHOICES and not (said.rest and said.command == "approve")


def _place(inbound: Inbound) -> Pressed:
    """Where it was said, and the one message that it answers."""
    quotes = [part.ref for part in inbound.parts if isinstance(part, Quote)]
    message = quotes[0] if len(quotes) == 1 else None
    return Pressed(address=inbound.address, message=message, is_direct=inbound.is_direct)


async def may_decide(store: Store, kinds: Known, who: Person, said: Spoken) -> bool:
    """Whether it names a request that waits and that this person has a say in. Raises DatabaseAway."""
    request = await waiting_of_code(store, kinds, said.code) if said.code else None
    suits = commands.COMMANDS[said.command].suits
    if request is None or suits is None or not suits(request, who):
        return False
    match said.command, words(said.behind):
        case ("deny", _) | (_, ()):
            return True
        case "approve", (scope,):
            return is_word(scope, "here", "once") or scope.lower() in request.agents.values()
    return False


def _is_yes_or_no(request: Request) -> bool:
    """Whether approving it means one thing only."""
    return Choice.APPROVE in request.kind.choices and Choice.ONCE not in request.kind.choices and not request.agents
