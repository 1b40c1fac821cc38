"""The command about rules: who may use what, who decides about capabilities. Each change is a request of its own."""

from dataclasses import dataclass
from typing import TypeAlias

from channels.locales import say
from channels.text.grammar import is_word, word_called
from gateway.capabilities.rule_orders import (
    RuleIncomplete,
    RuleWrong,
    ending_of,
    meant,
    policy_change,
    policy_line,
    team_change,
    team_line,
    use_change,
    use_line,
)
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.approvals.decide import Approvals
from governance.capabilities.changes import WishEnd, Wisher
from governance.capabilities.policies import ANY, CapabilityPolicies
from governance.capabilities.rule_requests import RuleChange, RuleChanges
from governance.capabilities.rules import WhoKind, rules_in
from governance.capabilities.teams import members_in
from governance.people.people import People
from governance.record.transaction import Store
from governance.values.reasons import Why

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
    try:
        change = await _wanted(call)
    except RuleIncomplete as problem:
        raise Misused from problem
    except RuleWrong as problem:
        raise Unfit(_told(problem.why, call.person.language)) from problem
    return await _asked(call, change)


def _told(reason: Why, language: str) -> str:
    """The sentence, with what somebody typed as code, so that it mentions nobody."""
    fields = {
        name: value.said(language) if isinstance(value, Why) else verbatim(value)
        for name, value in reason.fields.items()
    }
    return say(reason.word, language, **fields)


async def _wanted(call: Call) -> RuleChange:
    match word_called(call.words[0], "allow", "deny", "remove", "policy", "team"):
        case "allow" | "deny":
            return await _use_rule(call)
        case "policy":
            return _policy(call)
        case "team":
            return await _team(call)
        case "remove" if len(call.words) == len(("remove", "CODE")):
            needs = call.needs
            return await ending_of(needs.store, needs.policies, call.person.language, call.words[1].upper())
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
    words = [*call.words[1:], ""] if meant(call.words[-1]) == WhoKind.EVERYONE else list(call.words[1:])
    if len(words) != _USE_WORDS - 1:
        raise Misused
    kind, name, who_kind, who = meant(words[0]), words[1], meant(words[2]), words[3]
    who = meant(who) if who_kind == WhoKind.ROLE else who
    if who_kind == WhoKind.ROOM and is_word(who, _HERE):
        who = f"{call.inbound.address.channel}:{call.inbound.address.room}"
    return await use_change(
        call.needs.store,
        call.needs.people,
        call.person.language,
        allows=bool(word_called(call.words[0], "allow")),
        kind=kind,
        name=name,
        who_kind=who_kind,
        who=who,
    )


async def _team(call: Call) -> RuleChange:
    """`team NAME add PERSON`, or `remove`."""
    if len(call.words) != len(("team", "NAME", "add", "PERSON")):
        raise Misused
    word = word_called(call.words[2], "add", "remove")
    if not word:
        raise Misused
    needs, team, who = call.needs, call.words[1], call.words[3]
    return await team_change(needs.store, needs.people, call.person.language, team=team, who=who, joins=word == "add")


def _policy(call: Call) -> RuleChange:
    """`policy KIND ACTION RISK VERDICT [ENVIRONMENT]`; a star stands for every kind, action or environment."""
    given = call.words[1:]
    if len(given) + 1 not in _POLICY_WORDS:
        raise Misused
    kind, action, risk, verdict = (meant(word) for word in given[:4])
    environment = given[4] if len(given) + 1 == max(_POLICY_WORDS) else ANY
    return policy_change(
        call.person.language, kind=kind, action=action, risk=risk, verdict=verdict, environment=environment
    )


async def _list(call: Call) -> str:
    uses = [
        f"**{rule.code}** {use_line(rule, call.person.language)}" for rule in (await rules_in(call.needs.store)).rules
    ]
    members = await members_in(call.needs.store)
    teams = [f"**{one.code}** {team_line(one, call.person.language)}" for one in members]
    made = [f"**{one.code}** {policy_line(one, call.person.language)}" for one in await call.needs.policies.made()]
    parts = [
        f"{call.say(title)}\n{bullets(lines)}"
        for title, lines in (("rules.uses", uses), ("rules.policies", made), ("rules.teams", teams))
        if lines
    ]
    return "\n\n".join(parts) or call.say("rules.none")
