"""The command about rules: who may use what, who decides about capabilities. Each change is a request of its own."""

from dataclasses import dataclass
from typing import TypeAlias

from channels.text.grammar import word_called
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.approvals.decide import Approvals
from governance.capabilities.changes import WishEnd, Wisher
from governance.capabilities.policies import ANY, CapabilityPolicies, MadePolicy
from governance.capabilities.rule_requests import RuleChange, RuleChanges, RuleTable
from governance.capabilities.rules import MODEL, UseRule, WhoKind, rules_in
from governance.guard.policy import RuleAnswer
from governance.people.people import People, Role
from governance.record.transaction import Store
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.verdicts import Risk

_KINDS = (*CapabilityKind, MODEL)
_HERE = "here"
_USE_WORDS, _POLICY_WORDS = 5, (5, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the command about rules uses."""

    store: Store
    people: People
    approvals: Approvals
    policies: CapabilityPolicies
    rule_changes: RuleChanges


Call: TypeAlias = CommandCall[Needs]


async def rules(call: Call) -> str:
    """List all rules, or ask for one to be made or to end."""
    if not call.words:
        return await _list(call)
    match word_called(call.words[0], "allow", "deny", "remove", "policy"):
        case "allow" | "deny":
            return await _asked(call, await _use_rule(call))
        case "policy":
            return await _asked(call, _policy(call))
        case "remove" if len(call.words) == len(("remove", "CODE")):
            return await _asked(call, await _ending(call, call.words[1].upper()))
        case _:
            raise Misused


async def _asked(call: Call, change: RuleChange) -> str:
    wisher = Wisher(
        person=call.person,
        account=call.inbound.sender,
        address=call.inbound.address,
        is_direct=call.inbound.is_direct,
        origin=call.origin,
    )
    outcome = await call.needs.rule_changes.want(call.needs.approvals, change, wisher)
    said = outcome.says.said(call.person.language)
    return said if outcome.end is WishEnd.ASKED else call.say("capability.refused", why=said.rstrip(".。"))


async def _use_rule(call: Call) -> RuleChange:
    """`allow KIND NAME for WHO_KIND WHO`, with `everyone` in the place of the last two, and `room here`."""
    verdict = "allow" if word_called(call.words[0], "allow") else "refuse"
    words = [*call.words[1:], ""] if call.words[-1] == WhoKind.EVERYONE else list(call.words[1:])
    if len(words) != _USE_WORDS - 1 or words[0] not in _KINDS or words[2] not in list(WhoKind):
        raise Misused
    kind, name, who_kind, who = words
    shown = who
    match WhoKind(who_kind):
        case WhoKind.PERSON:
            person = await call.needs.people.by_name(who)
            if person is None:
                raise Unfit(call.say("person.missing", name=verbatim(who)))
            who, shown = str(person.id), person.label
        case WhoKind.ROLE if who not in list(Role):
            raise Misused
        case WhoKind.ROOM if who == _HERE:
            address = call.inbound.address
            who = shown = f"{address.channel}:{address.room}"
    told = call.say(f"rules.line.{verdict}", kind=kind, name=name, who=f"{who_kind} {shown}".strip())
    return RuleChange(table=RuleTable.USE, values=(kind, name, who_kind, who, verdict), shown=told)


def _policy(call: Call) -> RuleChange:
    """`policy KIND ACTION RISK VERDICT [ENVIRONMENT]`; a star stands for every kind, action or environment."""
    given = call.words[1:]
    if len(given) + 1 not in _POLICY_WORDS:
        raise Misused
    kind, action, risk, verdict, environment = (*given, ANY)[:5]
    is_known = kind in {ANY, *CapabilityKind} and action in {ANY, *CapabilityAction}
    if not is_known or risk not in list(Risk) or verdict not in list(RuleAnswer):
        raise Misused
    if verdict == RuleAnswer.ALLOW and Risk(risk).rank > Risk.MEDIUM.rank:
        raise Unfit(call.say("rules.never_allowed", risk=risk))
    shown = call.say("rules.policy", kind=kind, action=action, risk=risk, verdict=verdict, environment=environment)
    return RuleChange(table=RuleTable.POLICY, values=(kind, action, risk, environment, verdict), shown=shown)


async def _ending(call: Call, code: str) -> RuleChange:
    for rule in (await rules_in(call.needs.store)).rules:
        if rule.code == code:
            return RuleChange(table=RuleTable.USE, code=code, shown=_use_line(call, rule))
    for made in await call.needs.policies.made():
        if made.code == code:
            return RuleChange(table=RuleTable.POLICY, code=code, shown=_policy_line(call, made))
    raise Unfit(call.say("rules.missing", code=verbatim(code)))


async def _list(call: Call) -> str:
    uses = [f"**{rule.code}** {_use_line(call, rule)}" for rule in (await rules_in(call.needs.store)).rules]
    made = [f"**{one.code}** {_policy_line(call, one)}" for one in await call.needs.policies.made()]
    parts = [
        f"{call.say(title)}\n{bullets(lines)}"
        for title, lines in (("rules.uses", uses), ("rules.policies", made))
        if lines
    ]
    return "\n\n".join(parts) or call.say("rules.none")


def _use_line(call: Call, rule: UseRule) -> str:
    verdict = "allow" if rule.allows else "refuse"
    who = f"{rule.who_kind.value} {rule.shown}".strip()
    return call.say(f"rules.line.{verdict}", kind=rule.kind, name=rule.name, who=who)


def _policy_line(call: Call, made: MadePolicy) -> str:
    return call.say(
        "rules.policy",
        kind=made.kind,
        action=made.action,
        risk=made.risk.value,
        verdict=made.verdict.value,
        environment=made.environment,
    )
