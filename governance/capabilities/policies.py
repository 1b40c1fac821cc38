"""Who decides about a change of a capability: what admins have answered since, then the policy file."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from governance.capabilities.changes import WantedChange
from governance.guard.policy import CapabilityRule, Policy, RuleAnswer
from governance.people.names import known_as
from governance.record.transaction import Row, Store, Transaction, load_queries
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import Why
from governance.values.verdicts import Ask, Risk, Verdict

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePolicy:
    """One answer that admins have made. `kind`, `action` and `environment` are `*` where they do not matter."""

    code: str
    kind: str
    action: str
    risk: Risk
    environment: str
    verdict: RuleAnswer
    by: str
    at: datetime

    @property
    def rule(self) -> CapabilityRule:
        """The same as a rule of the policy file."""
        return CapabilityRule(
            kind=None if self.kind == ANY else CapabilityKind(self.kind),
            action=None if self.action == ANY else CapabilityAction(self.action),
            environment=None if self.environment == ANY else self.environment,
            risk=self.risk,
            verdict=self.verdict,
        )


class CapabilityPolicies:
    """The answers to changes of capabilities. `environment` is what this deployment is for."""

    def __init__(self, store: Store, policy: Policy, environment: str) -> None:
        self._store = store
        self._policy = policy
        self._environment = environment
        self.again_after = timedelta(seconds=policy.capabilities.again_after_seconds)

    @property
    def refuses_blocked(self) -> bool:
        """Whether nobody can have what the scanner blocks."""
        return self._policy.capabilities.blocked is RuleAnswer.REFUSE

    async def made(self) -> list[MadePolicy]:
        """What admins have made, the most particular first."""
        return [_made(row) for row in await self._store.fetch(QUERIES["all"])]

    async def judge(self, work: Transaction | Store, change: WantedChange, risk: Risk) -> Verdict:
        """Whether a change of this risk may be made, as the answers stand at this moment."""
        rules = [_made(row).rule for row in await work.fetch(QUERIES["all"])]
        return self._policy.judge_capability(
            change.manifest.kind, change.action, risk, environment=self._environment, rules=rules
        )

    def asks(self, risk: Risk, because: Why) -> Ask:
        """The question of that risk, whatever the answers say."""
        terms = self._policy.terms(risk)
        return Ask(
            because=because,
            risk=risk,
            decider_role=terms.decider_role.value,
            quorum=terms.quorum,
            expiry_seconds=self._policy.capabilities.expiry_seconds,
        )


def _made(row: Row) -> MadePolicy:
    return MadePolicy(
        code=row["code"],
        kind=row["kind"],
        action=row["action"],
        risk=Risk(row["risk"]),
        environment=row["environment"],
        verdict=RuleAnswer(row["verdict"]),
        by=known_as(row["by_name"] or "", row["by_shown"] or ""),
        at=row["changed_at"],
    )
