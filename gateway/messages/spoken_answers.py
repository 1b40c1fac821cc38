"""Answers to the questions of servers: a press on their card, words with its code, or words that answer the card.

Such an answer passes the lane of its conversation, in which the call that waits for it stands.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from channels.base import ChannelDown, Traits
from channels.messages import Inbound, Press, Quote
from channels.text.grammar import leading, parse
from governance.approvals.requests import CODE_LETTERS
from governance.forms.questions import ServerQuestions
from governance.people.people import Person

_CODE = re.compile(f"[{CODE_LETTERS}]{{4,8}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenAnswers:
    """Hears them. `traits_of` a living channel, by its name; raises ChannelDown."""

    questions: ServerQuestions
    traits_of: Callable[[str], Traits]

    async def card_named(self, inbound: Inbound) -> str | None:
        """The id of the card of the question that a message answers; None for all else. Raises DatabaseAway."""
        found = await self._found(inbound)
        return None if found is None else found[0]

    async def said(self, inbound: Inbound, who: Person) -> str | None:
        """What is said to an answer in words; None where it answers no question. Raises DatabaseAway."""
        found = await self._found(inbound)
        if found is None:
            return None
        card_id, typed = found
        return await self.questions.said(who, inbound.sender, card_id, typed, inbound.address)

    async def pressed(self, inbound: Inbound, press: Press, who: Person) -> str | None:
        """What is said to a press; None where it was on another kind of card. Raises DatabaseAway."""
        return await self.questions.pressed(
            who, inbound.sender, press.id, press.choice, typed=inbound.text, at=inbound.address
        )

    async def _found(self, inbound: Inbound) -> tuple[str, str] | None:
        """The card of a question that waits, and the words for it; nothing is asked about what cannot be one."""
        if inbound.press is not None or inbound.corrects is not None or inbound.continues or inbound.files:
            return None
        typed = inbound.typed
        if not typed or parse(typed) is not None:
            return None
        code, behind = leading(typed)
        if _CODE.fullmatch(code.upper()) and (card_id := await self.questions.card_of_code(code)):
            return card_id, behind
        quoted = [part.ref for part in inbound.parts if isinstance(part, Quote)]
        message = quoted[0] if len(quoted) == 1 else None
        if message is None or not message.id or not self._names_quoted(inbound.address.channel):
            return None
        card_id = await self.questions.card_answered(inbound.address.channel, message.id)
        return None if card_id is None else (card_id, typed)

    def _names_quoted(self, channel: str) -> bool:
        try:
            return self.traits_of(channel).names_quoted
        except ChannelDown:
            return False
