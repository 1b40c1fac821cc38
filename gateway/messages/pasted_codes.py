"""Takes codes out of what is said before it is stored, so that none ever passes through an agent, and says why.

The names of files and what is heard in a voice message are looked at like what is written. What a person says as a
command goes its way, for a command is where a code belongs. In what they quote or pass on a code is taken out and not
spent: it stood in the conversation before.
"""

from collections.abc import Sequence
from dataclasses import replace

from channels.locales import say_in_each
from channels.messages import File, Inbound, Outbound, Part, Quote, Text, notice
from channels.text.grammar import parse, slip_of
from gateway.messages.spoken_decisions import decision_in, may_decide
from governance.accounts.live_codes import LiveCodes, Pasted
from governance.approvals.request_type import Known
from governance.approvals.sole_admin import CODE
from governance.people.people import People, Person
from governance.record.transaction import Store

MARK = "[···]"
"""Stands where a code stood."""


class PastedCodes:
    """The border between what platforms bring and what is stored."""

    def __init__(self, store: Store, people: People, kinds: Known) -> None:
        self._store = store
        self._people = people
        self._kinds = kinds
        self._codes = LiveCodes(store, kinds)

    async def taken_out(self, inbound: Inbound) -> Inbound:
        """The event without live codes; those that its sender pasted are worth nothing now. Raises DatabaseAway."""
        if inbound.press is not None or parse(inbound.typed) is not None or slip_of(inbound.typed):
            return inbound
        if await self._is_own_step(inbound) or await self._is_own_decision(inbound):
            return inbound
        parts = [await self._part_without(inbound, number, part) for number, part in enumerate(inbound.parts)]
        return inbound if parts == list(inbound.parts) else replace(inbound, parts=tuple(parts))

    async def _is_own_step(self, inbound: Inbound) -> bool:
        """Whether it is the second step that was sent to this account, typed where it belongs."""
        is_typed = inbound.is_direct and inbound.corrects is None and CODE.fullmatch(inbound.typed) is not None
        return is_typed and await self._codes.is_step_of(inbound.sender, inbound.typed)

    async def _is_own_decision(self, inbound: Inbound) -> bool:
        """Whether it decides a request by its code, said by somebody who may."""
        said = decision_in(inbound)
        if said is None or not said.code:
            return False
        who = await self._people.identify(inbound.sender)
        return isinstance(who, Person) and await may_decide(self._store, self._kinds, who, said)

    async def _part_without(self, inbound: Inbound, number: int, part: Part) -> Part:
        if isinstance(part, Quote):
            return replace(part, text=_without(part.text, await self._codes.find(part.text)))
        if isinstance(part, File):
            return replace(part, name=await self._name_without(inbound, part.name, str(number)))
        if not isinstance(part, Text):
            return part
        return replace(part, text=await self.spent(inbound, part.text, str(number)))

    async def _name_without(self, inbound: Inbound, name: str, where: str) -> str:
        """The same of a file's name, in which a code may also stand alone before its ending."""
        cleared = await self.spent(inbound, name, where)
        stem, dot, ending = name.rpartition(".")
        if cleared != name or not stem:
            return cleared
        return f"{await self.spent(inbound, stem, where)}{dot}{ending}"

    async def spent(self, inbound: Inbound, text: str, where: str) -> str:
        """What the sender said without live codes, which are worth nothing from now on, and the sender is told why.

        `where` tells apart the pieces of one message. Raises DatabaseAway.
        """
        if not await self._codes.find(text):
            return text
        who = await self._people.identify(inbound.sender)
        person = who if isinstance(who, Person) else None
        async with self._store.transaction() as work:
            spent = await self._codes.spend(work, text, by=person, account=inbound.sender, place=inbound.address.key)
            for kind in dict.fromkeys(pasted.kind for pasted in spent):
                work.send(
                    Outbound(
                        key=f"code:{inbound.address.channel}:{inbound.event_id}:{where}:{kind}",
                        address=inbound.address,
                        parts=notice(say_in_each(f"code.{kind}")),
                        only_for=None if inbound.is_direct else inbound.sender,
                    )
                )
        return _without(text, spent)


def is_only_a_mark(inbound: Inbound) -> bool:
    """Whether nothing is left of what was said once its code was taken out."""
    return not inbound.files and bool(inbound.text) and not inbound.text.replace(MARK, "").strip(" `*.!。！")


def _without(text: str, found: Sequence[Pasted]) -> str:
    pieces: list[str] = []
    at = 0
    for each in found:
        pieces += [text[at : each.start], MARK]
        at = each.end
    return "".join([*pieces, text[at:]])
