"""What is said, before anything of it is stored: without codes that are worth something, and without keys.

A model and a page read references in the place of keys (`guard.hidden`); commands and talk are treated alike. Whoever
said a key is told, in one sentence, what became of it and how to give the next one. What is typed behind `/secret` as a
value is taken out whatever it looks like.
"""

from dataclasses import replace

from channels.base import NotStored
from channels.locales import say
from channels.messages import File, Inbound, Outbound, Part, Quote, Text, notice
from channels.text.grammar import parse
from gateway.commands.secrets import without_value
from gateway.messages.pasted_codes import PastedCodes
from governance.approvals.request_type import Known
from governance.guard.hidden import Hidden
from governance.people.people import People, Person
from governance.record.transaction import DatabaseAway, Store


class Border:
    """Every event of a platform passes it once, and one of the console before it is shown in its pages.

    `secrets_page` is where people keep secrets instead, empty where the gateway has no address for people.
    """

    def __init__(self, store: Store, people: People, hidden: Hidden, kinds: Known, *, secrets_page: str = "") -> None:
        self._codes = PastedCodes(store, people, kinds)
        self._hidden = hidden
        self._people = people
        self._secrets_page = secrets_page
        self._store = store

    async def cleared(self, inbound: Inbound) -> Inbound:
        """The event as it may be stored. Raises NotStored."""
        if inbound.press is not None:
            return inbound
        try:
            inbound = await self._codes.taken_out(_without_value(inbound))
            parts = [await self._without_keys(inbound.address.key, part) for part in inbound.parts]
            if parts == list(inbound.parts):
                return inbound
            said = (part for part in inbound.parts if isinstance(part, Text))
            if any(part not in parts for part in said):
                await self._tell(inbound)
        except DatabaseAway as error:
            raise NotStored(str(error)) from error
        return replace(inbound, parts=tuple(parts))

    async def heard(self, inbound: Inbound, words: str, where: str) -> str:
        """The words of a voice message of this event, likewise; `where` names it within. Raises DatabaseAway."""
        words = await self._codes.spent(inbound, words, where)
        return await self._hidden.hide(inbound.address.key, words) if self._hidden.holds_keys(words) else words

    async def _without_keys(self, conversation: str, part: Part) -> Part:
        if isinstance(part, File):
            return (
                replace(part, name=await self._hidden.hide(conversation, part.name))
                if self._hidden.holds_keys(part.name)
                else part
            )
        if not isinstance(part, Quote | Text) or not self._hidden.holds_keys(part.text):
            return part
        return replace(part, text=await self._hidden.hide(conversation, part.text))

    async def _tell(self, inbound: Inbound) -> None:
        """Say it to a person who is known; a stranger is told nothing of what is done here."""
        who = await self._people.identify(inbound.sender)
        if not isinstance(who, Person):
            return
        word, page = ("key.hidden_at", self._secrets_page) if self._secrets_page else ("key.hidden", "")
        address = inbound.address
        async with self._store.transaction() as work:
            work.send(
                Outbound(
                    key=f"key:{address.channel}:{inbound.event_id}",
                    address=address,
                    parts=notice(say(word, who.language, page=page)),
                    only_for=None if inbound.is_direct else inbound.sender,
                )
            )


def _without_value(inbound: Inbound) -> Inbound:
    """The event without the value of a secret that was typed behind `/secret`, also in an edit."""
    parsed = parse(inbound.typed)
    if parsed is None or parsed[0] != "secret" or (kept := without_value(parsed[1])) == parsed[1]:
        return inbound
    others = tuple(part for part in inbound.parts if not isinstance(part, Text))
    return replace(inbound, parts=(Text(text=f"/secret {kept}"), *others))
