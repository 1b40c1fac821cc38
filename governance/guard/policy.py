"""The rules of `config/policy.yaml`: who must decide what, and for how long. Pure once loaded.

A policy can make the guard stricter. It can make it milder in one place only: a rule that names both an agent and a
tool may allow what would ask at medium risk. A file that tries more is refused when it is loaded, never half obeyed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from channels.base import NexoraError
from channels.mistakes import Mistake, mistakes
from governance.egress.hosts import LIST_NAME, LISTS, Entry, rules_of
from governance.guard.calls import ProposedCall
from governance.people.people import Role
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import Why, because, why
from governance.values.verdicts import Allowed, Ask, Effect, Refused, Risk, SoleAdmin, Verdict, strictest

HARD_LIMIT_SECONDS = 14 * 24 * 3600
"""No request stays open longer, whatever the file says."""


class PolicyRefused(NexoraError):
    """The policy file cannot be used."""


Environment = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
"""What a deployment is for, by a name of its own: production, test."""


class RuleAnswer(StrEnum):
    """What a rule says. Alphabetical."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Terms(_Strict):
    """How a question of one risk is put: seconds until it expires, how many persons must agree, and their role."""

    expiry_seconds: Annotated[int, Field(ge=30, le=HARD_LIMIT_SECONDS)] = 1800
    quorum: Annotated[int, Field(ge=1, le=20)] = 1
    decider_role: Role = Role.ADMIN


class Rule(_Strict):
    """One rule. A pattern may hold `*` and `?`; what is left out matches everything."""

    tool: str = "*"
    agent: str = "*"
    role: Role | None = None
    effect: Effect | None = None
    verdict: RuleAnswer
    risk: Risk = Risk.MEDIUM
    because: str = ""

    @model_validator(mode="after")
    def _allows_narrowly(self) -> Self:
        wide = any(mark in name for name in (self.tool, self.agent) for mark in "*?[")
        if self.verdict is RuleAnswer.ALLOW and wide:
            raise ValueError("a rule that allows must name one agent and one tool, without wildcards")
        if self.verdict is RuleAnswer.ALLOW and self.risk.rank > Risk.MEDIUM.rank:
            raise ValueError(f"{self.risk} risk can never be allowed by a rule; it always asks")
        return self

    def matches(self, call: ProposedCall) -> bool:
        """Whether this rule is about that call."""
        return (
            fnmatchcase(call.tool, self.tool)
            and fnmatchcase(call.agent, self.agent)
            and self.role in {None, call.person.role}
            and self.effect in {None, call.effect}
        )


class CapabilityRule(_Strict):
    """What happens when somebody wants to change a capability; what is left out matches everything."""

    kind: CapabilityKind | None = None
    action: CapabilityAction | None = None
    environment: Environment | None = None
    risk: Risk
    verdict: RuleAnswer

    @model_validator(mode="after")
    def _never_lowers_high(self) -> Self:
        if self.verdict is RuleAnswer.ALLOW and self.risk.rank > Risk.MEDIUM.rank:
            raise ValueError(f"a capability of {self.risk} risk can never be allowed without asking")
        return self

    def matches(self, kind: CapabilityKind, action: CapabilityAction, risk: Risk, environment: str) -> bool:
        """Whether this rule is about that change, in that environment."""
        return (
            self.risk is risk
            and self.kind in {None, kind}
            and self.action in {None, action}
            and self.environment in {None, environment}
        )


class Effects(_Strict):
    """The least that is done about each effect: `allow` leaves it to the guard, `ask` and `refuse` are stricter."""

    changes: RuleAnswer = RuleAnswer.ALLOW
    consults: RuleAnswer = RuleAnswer.ALLOW
    fetches: RuleAnswer = RuleAnswer.ALLOW
    none: RuleAnswer = RuleAnswer.ALLOW
    reads: RuleAnswer = RuleAnswer.ALLOW
    runs: RuleAnswer = RuleAnswer.ALLOW
    searches: RuleAnswer = RuleAnswer.ALLOW
    sends: RuleAnswer = RuleAnswer.ALLOW
    unknown: RuleAnswer = RuleAnswer.ALLOW
    writes: RuleAnswer = RuleAnswer.ALLOW


class Risks(_Strict):
    """The terms of a question by its risk."""

    low: Terms = Terms()
    medium: Terms = Terms()
    high: Terms = Terms()
    critical: Terms = Terms(expiry_seconds=900)

    @model_validator(mode="after")
    def _needs_an_admin(self) -> Self:
        if self.critical.decider_role is not Role.ADMIN:
            raise ValueError("critical risk can only be decided by an admin")
        return self


class Questions(_Strict):
    """How many questions about calls may wait for people at a time, and when what was denied may be asked again."""

    per_turn: Annotated[int, Field(ge=1, le=1000)] = 5
    per_conversation: Annotated[int, Field(ge=1, le=1000)] = 10
    per_agent: Annotated[int, Field(ge=1, le=1000)] = 20
    per_person: Annotated[int, Field(ge=1, le=1000)] = 20
    again_after_seconds: Annotated[int, Field(ge=0, le=HARD_LIMIT_SECONDS)] = 600


class CapabilityTerms(_Strict):
    """Who decides about capabilities: the first rule that matches; without one, low risk allows and the rest asks.

    `blocked` is what becomes of what the scanner blocks: nobody can have it, or it asks as critical.
    `again_after_seconds` is how long an agent does not ask for what was refused to it.
    """

    expiry_seconds: Annotated[int, Field(ge=60, le=HARD_LIMIT_SECONDS)] = 86_400
    again_after_seconds: Annotated[int, Field(ge=0, le=HARD_LIMIT_SECONDS)] = 1800
    blocked: RuleAnswer = RuleAnswer.REFUSE
    rules: tuple[CapabilityRule, ...] = ()

    @model_validator(mode="after")
    def _never_lets_blocked_in(self) -> Self:
        if self.blocked is RuleAnswer.ALLOW:
            raise ValueError("blocked: what the scanner blocks can be refused or asked about, never be allowed")
        return self


class EgressRule(_Strict):
    """What commands of every agent reach without a question if they ask for the network; `lists` are hosts by name."""

    hosts: tuple[Entry, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = LISTS

    @model_validator(mode="after")
    def _holds_hosts(self) -> Self:
        for name, hosts in self.lists.items():
            if not LIST_NAME.fullmatch(name):
                raise ValueError(f"{name}: a list is named with small letters and blanks")
            rules_of(hosts, {})
        rules_of(self.hosts, self.lists)
        return self


class Policy(_Strict):
    """The whole policy. An empty file is a complete one: every default stands here."""

    effects: Effects = Effects()
    risks: Risks = Risks()
    sole_admin: SoleAdmin = SoleAdmin.CONFIRMS
    questions: Questions = Questions()
    rules: tuple[Rule, ...] = ()
    capabilities: CapabilityTerms = CapabilityTerms()
    egress: EgressRule = EgressRule()

    @classmethod
    def load(cls, path: Path) -> "Policy":
        """Read a policy; raises PolicyRefused naming every mistake at once, with its path and a suggestion."""
        try:
            given = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise PolicyRefused(f"{path}: cannot be read: {error.strerror}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise PolicyRefused(f"{path}: is not valid YAML: {error}") from error
        if not isinstance(given, dict | None):
            raise PolicyRefused(f"{path}: must be a mapping of sections, such as `rules:`")
        try:
            return cls.model_validate(given or {})
        except ValidationError as error:
            raise PolicyRefused(f"{path}:\n" + "\n".join(map(_complaint, mistakes(error, cls)))) from error

    def judge(self, call: ProposedCall, verdict: Verdict) -> Verdict:
        """The guard's verdict on a call, made stricter or, where a rule may, milder; questions get their terms."""
        said: list[Verdict] = [_stated(self.effects_answer(call.effect), call, f"effects.{call.effect}")]
        matching = [(f"rules[{at}]", rule) for at, rule in enumerate(self.rules) if rule.matches(call)]
        said += [_stated(rule.verdict, call, name, rule.because, rule.risk) for name, rule in matching]
        combined = strictest([verdict, *said])
        allowing = next((each for each in matching if each[1].verdict is RuleAnswer.ALLOW), None)
        if isinstance(combined, Ask) and allowing is not None and _may_lower(combined, allowing[1], said):
            return Allowed(
                because=_own(allowing[1].because)
                or why("rule.allows", agent=call.agent, tool=call.tool, otherwise=combined.because),
                rule=allowing[0],
            )
        if isinstance(combined, Ask) and isinstance(verdict, Ask):
            combined = replace(
                combined,
                inside=verdict.inside and not _asks(said),  # what an admin wants to be asked is asked
                network=verdict.network,
                hosts=verdict.hosts,
                elsewhere=verdict.elsewhere,
                each_time=verdict.each_time,
            )
        elif isinstance(combined, Ask) and isinstance(verdict, Allowed):
            combined = replace(combined, network=verdict.network)
        return self.with_terms(combined)

    def judge_capability(
        self,
        kind: CapabilityKind,
        action: CapabilityAction,
        risk: Risk,
        *,
        environment: str = "",
        rules: Sequence[CapabilityRule] = (),
    ) -> Verdict:
        """Whether a capability may be changed so; `rules` that admins have made since come before those of the file."""
        what = {
            "action": why(f"capability.action.{action.value}"),
            "kind": why(f"capability.kind.{kind.value}"),
            "risk": why(f"risk.{risk.value}"),
        }
        matching = (
            rule for rule in (*rules, *self.capabilities.rules) if rule.matches(kind, action, risk, environment)
        )
        rule = next(matching, None)
        answer = rule.verdict if rule is not None else _usual_answer(risk)
        if answer is RuleAnswer.ALLOW:
            return Allowed(because=why("capability.allowed", **what))
        if answer is RuleAnswer.REFUSE:
            return Refused(because=why("capability.forbidden", **what))
        terms = self.terms(risk)
        return Ask(
            because=why("capability.asks", **what),
            risk=risk,
            decider_role=terms.decider_role.value,
            quorum=terms.quorum,
            expiry_seconds=self.capabilities.expiry_seconds,
        )

    def terms(self, risk: Risk) -> Terms:
        """How a question of this risk is put."""
        terms: Terms = getattr(self.risks, risk.value)
        return terms

    def effects_answer(self, effect: Effect) -> RuleAnswer:
        """The least that is done about an effect."""
        answer: RuleAnswer = getattr(self.effects, effect.value)
        return answer

    def with_terms(self, verdict: Verdict) -> Verdict:
        """The verdict; a question with the expiry, quorum and deciders of its risk."""
        if not isinstance(verdict, Ask):
            return verdict
        terms = self.terms(verdict.risk)
        return replace(
            verdict,
            decider_role=terms.decider_role.value,
            quorum=terms.quorum,
            expiry_seconds=terms.expiry_seconds,
        )


def _own(words: str) -> Why | None:
    """An admin's own words for a rule."""
    return because(words) if words else None


def _usual_answer(risk: Risk) -> RuleAnswer:
    return RuleAnswer.ALLOW if risk is Risk.LOW else RuleAnswer.ASK


def _stated(answer: RuleAnswer, call: ProposedCall, rule: str, words: str = "", risk: Risk = Risk.MEDIUM) -> Verdict:
    if answer is RuleAnswer.REFUSE:
        return Refused(because=_own(words) or why("policy.forbids", tool=call.tool, agent=call.agent), rule=rule)
    if answer is RuleAnswer.ASK:
        return Ask(because=_own(words) or why("policy.asks", tool=call.tool, agent=call.agent), risk=risk, rule=rule)
    return Allowed(because=_own(words) or why("policy.silent"))


def _asks(said: list[Verdict]) -> bool:
    return any(isinstance(one, Ask) for one in said)


def _may_lower(combined: Ask, rule: Rule, said: list[Verdict]) -> bool:
    """Only up to the rule's own risk, never against another rule that asks, and never what reaches out."""
    if combined.elsewhere or combined.network:
        return False
    return combined.risk.rank <= rule.risk.rank and not _asks(said)


def _complaint(one: Mistake) -> str:
    says = f"unknown key; {one.meant('known here:')}" if one.is_unknown else one.says
    return f"  {one.path or 'the file'}: {says}"
