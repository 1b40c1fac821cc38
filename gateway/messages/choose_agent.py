"""Which agent answers a message: the one named in it, the one of the group, or that of the conversation.

Never one that was not granted to who writes. It has the admins asked about a group that is new.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from agents.conversation.choosing import leave_open
from channels.locales import say
from channels.messages import Inbound, Mention, Text
from governance.approvals.bindings import Bindings
from governance.approvals.decide import Approvals
from governance.people.agent_grants import chosen_agent
from governance.people.people import Person
from governance.record.transaction import Store

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_NAMED = re.compile(
    rf"[\s,，:：]*(?:"  # what may stand after the bot's own mention
    rf"[@＠](?P<at>{_NAME})(?![A-Za-z0-9_-]|[@.][A-Za-z0-9])"  # no e-mail address, no longer name
    rf"|(?P<before>{_NAME})(?:[：，]|[:,](?=\s|[^\x00-\x7f]|$))"  # no address with a port, no link
    rf")"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyAnswers:
    """No agent answers; `because` is a sentence for who wrote, empty where nobody was spoken to."""

    because: str


class Chooser:
    """Chooses the agent of each message. `names` lists the agents there are, `default` is the one of the settings."""

    def __init__(
        self,
        store: Store,
        bindings: Bindings,
        approvals: Approvals,
        names: Callable[[], Collection[str]],
        *,
        default: str,
        asks_in_groups: bool,
    ) -> None:
        self._store = store
        self._bindings = bindings
        self._approvals = approvals
        self._names = names
        self._default = default
        self._asks_in_groups = asks_in_groups

    async def choose(self, inbound: Inbound, person: Person, chosen: str) -> str | NobodyAnswers:
        """The agent that answers this person; `chosen` is that of the conversation. Raises DatabaseAway."""
        bound = "" if inbound.is_direct else await self._bound(inbound, person)
        named = named_agent(inbound, self._names)
        wanted = named or bound
        if not wanted:
            agent = chosen_agent(chosen, person, self._default)
            return _nobody(inbound, person, "chat.no_agent") if agent is None else agent
        if wanted not in person.agents:
            return _nobody(inbound, person, "chat.agent_not_yours" if named else "chat.agent_of_group", agent=wanted)
        if not chosen:
            await leave_open(self._store, inbound.address, person.id)
        return wanted

    async def _bound(self, inbound: Inbound, person: Person) -> str:
        """The agent of this group, empty where it has none; the admins are asked when nobody has heard of it yet."""
        known = await self._bindings.of(inbound.address)
        if known is not None:
            return known.agent
        if self._asks_in_groups and len(names := self._names()) > 1:
            ordered = sorted(names, key=lambda name: (name != self._default, name))
            await self._bindings.ask(self._approvals, inbound, person, ordered)
        return ""


def _nobody(inbound: Inbound, person: Person, word: str, **fields: object) -> NobodyAnswers:
    """What is said between people in a thread of the bot's is not for it to refuse."""
    is_spoken_to = inbound.to_me or word == "chat.no_agent"
    return NobodyAnswers(because=say(word, person.language, name=person.name, **fields) if is_spoken_to else "")


def named_agent(inbound: Inbound, names: Callable[[], Collection[str]]) -> str:
    """The agent that the message begins by naming; empty when it names none that exists.

    A person whom the platform knows is never taken for an agent, whatever their name.
    """
    words = ""
    for part in inbound.parts:
        if isinstance(part, Text):
            words += part.text
        elif isinstance(part, Mention) and not part.is_me:
            break
    found = _NAMED.match(words)
    name = (found["at"] or found["before"]).lower() if found else ""
    return name if name and name in names() else ""
