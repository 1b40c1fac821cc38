"""What the commands of an agent reach: what its file, the policy and the admins have listed, as it stands now."""

from dataclasses import dataclass

from agents.specs import SpecFolder
from governance.approvals.hosts.host_rules import HostRules
from governance.egress.hosts import NetworkReach, rules_of
from governance.guard.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaches:
    """The lists of all agents."""

    specs: SpecFolder
    policy: Policy
    rules: HostRules

    async def of(self, agent: str, conversation: str) -> NetworkReach:
        """What is listed for that agent, with what that conversation may reach once.

        Raises SpecMissing, SpecInvalid, HostListUnknown.
        """
        own, common = self.specs.load(agent).egress, self.policy.egress
        rules = (*rules_of((*own.hosts, *common.hosts), common.lists), *await self.rules.of(agent, conversation))
        return NetworkReach(rules=rules, servers=own.servers, secrets=own.secrets)
