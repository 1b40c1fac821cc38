"""What is installed and who may use it, in memory, until some gateway says that it has changed.

Every turn asks for it, so it costs nothing while nothing changes. What takes away is heard within moments, on every
gateway, and the guard asks again for each call, also for one that was approved before.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from governance.capabilities.capabilities import CHANGED, Capabilities
from governance.capabilities.installed import Capability
from governance.capabilities.rules import MODEL, SAMPLING, User, UseRules, rules_in
from governance.guard.calls import ProposedCall
from governance.people.people import Person
from governance.record.commits import Committed
from governance.record.transaction import Store
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityStanding:
    """What is installed, and the rules, as they stood at one moment; the same object until something changes."""

    capabilities: Sequence[Capability] = ()
    rules: UseRules = field(default=UseRules())

    def active(self, kind: CapabilityKind) -> list[Capability]:
        """Those of a kind that are in force."""
        return [one for one in self.capabilities if one.kind is kind and one.is_active]

    def lack(self, kind: str, name: str, user: User) -> Why | None:
        """Why this user may not use that; None where no rule says so."""
        return self.rules.lack(kind, name, user) if self.rules.rules else None


class InForce:
    """Asks the database once, and again after `forget`."""

    def __init__(self, store: Store, capabilities: Capabilities) -> None:
        self._store = store
        self._capabilities = capabilities
        self._standing: CapabilityStanding | None = None
        self._asking = asyncio.Lock()
        self._forgotten = 0
        self.changed = asyncio.Event()
        """Set whenever something may have changed; whoever follows clears it."""

    async def now(self) -> CapabilityStanding:
        """As things stand. Raises DatabaseAway when they have to be asked for and cannot be."""
        if self._standing is not None:
            return self._standing
        async with self._asking:
            while self._standing is None:
                before = self._forgotten
                found = CapabilityStanding(
                    capabilities=await self._capabilities.all(), rules=await rules_in(self._store)
                )
                if before == self._forgotten:  # nothing has changed while it was asked
                    self._standing = found
        return self._standing

    async def may_use(self, call: ProposedCall) -> Why | None:
        """Why a rule does not let this call happen, whoever made it and whoever has approved it since."""
        standing = await self.now()
        if not standing.rules.rules:
            return None
        user = User(person=call.person, agent=call.agent, conversation=call.conversation)
        lack = standing.lack(CapabilityKind.TOOL.value, call.tool, user)
        if lack is None and call.server:
            kinds = (CapabilityKind.MCP.value, CapabilityKind.PLUGIN.value)
            lack = next((found for kind in kinds if (found := standing.lack(kind, call.server, user))), None)
        return lack

    async def may_think_with(self, labels: Sequence[str], person: Person, agent: str, conversation: str) -> Why | None:
        """Why one of these models, each `provider/model`, may not answer this person there; None where all may."""
        standing = await self.now()
        user = User(person=person, agent=agent, conversation=conversation)
        return next((lack for label in labels if (lack := standing.lack(MODEL, label, user))), None)

    async def may_sample(self, server: str, person: Person, agent: str, conversation: str) -> Why | None:
        """Why this server may not ask the model of that agent there; None where a rule allows it and none refuses."""
        standing = await self.now()
        return standing.rules.lack_of_leave(
            SAMPLING, server, User(person=person, agent=agent, conversation=conversation)
        )

    def forget(self) -> None:
        """Something has changed, or may have."""
        self._forgotten += 1
        self._standing = None
        self.changed.set()

    def hear_commit(self, committed: Committed) -> None:
        """This gateway has committed something."""
        if CHANGED in committed.told:
            self.forget()

    def hear(self, what: str) -> None:
        """Another gateway, or this one, says that something has changed."""
        if what in {CHANGED, ""}:
            self.forget()
