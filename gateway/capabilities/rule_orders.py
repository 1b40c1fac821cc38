"""What somebody types or picks about a rule, read the same way in chat, in the console and by the API.

Nothing is changed here: what comes out is a wish, which goes through `RuleChanges`.
"""

import re
from functools import cache

from channels.base import NexoraError
from channels.locales import languages, say
from channels.text.grammar import folded
from governance.capabilities.policies import ANY, CapabilityPolicies, MadePolicy
from governance.capabilities.rule_requests import RuleChange, RuleTable
from governance.capabilities.rules import MODEL, SAMPLING, UseRule, WhoKind, rules_in
from governance.capabilities.teams import TeamMember, by_team, members_in
from governance.guard.policy import RuleAnswer
from governance.people.people import People, Role
from governance.record.transaction import Store
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import Why, why
from governance.values.verdicts import Risk

KINDS = (*(kind.value for kind in CapabilityKind), MODEL, SAMPLING)
"""Of what rules about use speak."""
LONGEST = 200
_TEAM = re.compile(r"[^\s:*`|]{1,64}")
_WORDS = (*KINDS, *WhoKind, *Role, *CapabilityAction, *RuleAnswer)


class RuleWrong(NexoraError):
    """There can be no such rule."""

    def __init__(self, reason: Why) -> None:
        super().__init__(str(reason))
        self.why = reason


class RuleIncomplete(RuleWrong):
    """A word is missing, or is none of those that a rule is made of."""


async def use_change(
    store: Store, people: People, language: str, *, allows: bool, kind: str, name: str, who_kind: str, who: str
) -> RuleChange:
    """A rule about who may use what. `who` is a person's name, a team, a role, an agent or a room. Raises RuleWrong."""
    if kind not in KINDS or who_kind not in list(WhoKind) or not _fits(name):
        raise RuleIncomplete(why("rule.incomplete"))
    who = "" if who_kind == WhoKind.EVERYONE else who
    if who_kind != WhoKind.EVERYONE and not _fits(who):
        raise RuleIncomplete(why("rule.for_whom"))
    shown = who
    if who_kind == WhoKind.PERSON:
        person = await people.by_name(who)
        if person is None:
            raise RuleWrong(why("command.person.missing", name=who))
        who, shown = str(person.id), person.label
    if who_kind == WhoKind.TEAM and who not in by_team(await members_in(store)):
        raise RuleWrong(why("rule.no_team", team=who))
    if who_kind == WhoKind.ROLE and who not in list(Role):
        raise RuleIncomplete(why("rule.no_role", roles=", ".join(Role)))
    rule = UseRule(code="", kind=kind, name=name, who_kind=WhoKind(who_kind), who=who, allows=allows, shown=shown)
    values = (kind, name, who_kind, who, "allow" if allows else "refuse")
    return RuleChange(table=RuleTable.USE, values=values, shown=use_line(rule, language))


async def team_change(store: Store, people: People, language: str, *, team: str, who: str, joins: bool) -> RuleChange:
    """That a person is to belong to a team, which there is once somebody does, or no longer. Raises RuleWrong."""
    if not _TEAM.fullmatch(team) or not team.isprintable():
        raise RuleIncomplete(why("rule.team_name"))
    person = await people.by_name(who, even_disabled=not joins)
    if person is None:
        raise RuleWrong(why("command.person.missing", name=who))
    shown = say("rule.in_team", language, who=person.label, team=team)
    found = next((one for one in await members_in(store) if (one.team, one.person) == (team, person.id)), None)
    if joins and found is not None:
        raise RuleWrong(why("rule.in_team", who=person.label, team=team))
    if joins:
        return RuleChange(table=RuleTable.TEAM, values=(team, str(person.id)), shown=shown)
    if found is None:
        raise RuleWrong(why("rule.not_in_team", who=person.label, team=team))
    return RuleChange(table=RuleTable.TEAM, code=found.code, shown=shown)


def team_line(member: TeamMember, language: str) -> str:
    """That somebody belongs to a team, as people read it."""
    return say("rule.in_team", language, who=member.shown, team=member.team)


def policy_change(
    language: str, *, kind: str, action: str, risk: str, verdict: str, environment: str = ANY
) -> RuleChange:
    """An answer to changes; `*` stands for every kind, action or environment. Raises RuleWrong."""
    is_known = kind in {ANY, *CapabilityKind} and action in {ANY, *CapabilityAction} and _fits(environment)
    if not is_known or risk not in list(Risk) or verdict not in list(RuleAnswer):
        raise RuleIncomplete(why("rule.incomplete"))
    if verdict == RuleAnswer.ALLOW and Risk(risk).rank > Risk.MEDIUM.rank:
        raise RuleWrong(why("command.rules.never_allowed", risk=why(f"risk.{risk}")))
    values = (kind, action, risk, environment, verdict)
    return RuleChange(table=RuleTable.POLICY, values=values, shown=_policy_line(values, language))


async def ending_of(store: Store, policies: CapabilityPolicies, language: str, code: str) -> RuleChange:
    """The end of the rule of that code, whichever it is. Raises RuleWrong."""
    for rule in (await rules_in(store)).rules:
        if rule.code == code:
            return RuleChange(table=RuleTable.USE, code=code, shown=use_line(rule, language))
    for made in await policies.made():
        if made.code == code:
            return RuleChange(table=RuleTable.POLICY, code=code, shown=policy_line(made, language))
    for member in await members_in(store):
        if member.code == code:
            return RuleChange(table=RuleTable.TEAM, code=code, shown=team_line(member, language))
    raise RuleWrong(why("command.rules.missing", code=code))


def use_line(rule: UseRule, language: str) -> str:
    """A rule about use, as people read it."""
    shown = word_of(rule.shown, language) if rule.who_kind is WhoKind.ROLE else rule.shown
    return say(
        f"command.rules.line.{'allow' if rule.allows else 'refuse'}",
        language,
        kind=word_of(rule.kind, language),
        name=rule.name,
        who=f"{word_of(rule.who_kind.value, language)} {shown}".strip(),
    )


def policy_line(made: MadePolicy, language: str) -> str:
    """An answer to changes, as people read it."""
    values = (made.kind, made.action, made.risk.value, made.environment, made.verdict.value)
    return _policy_line(values, language)


def meant(typed: str) -> str:
    """The word of which rules are made that somebody typed in whatever language; what is none of them stays."""
    return _spellings().get(_plain(typed), typed)


@cache
def _spellings() -> dict[str, str]:
    words = {f"rule.word.{word}": word for word in _WORDS} | {f"risk.{risk}": risk.value for risk in Risk}
    return {_plain(say(key, language)): word for key, word in words.items() for language in languages()}


def _plain(text: str) -> str:
    return "".join(folded(text).split())


def word_of(word: str, language: str) -> str:
    """A word of which rules are made, as people of that language read it."""
    return word if word == ANY else say(f"rule.word.{word}", language)


def _policy_line(values: tuple[str, str, str, str, str], language: str) -> str:
    kind, action, risk, environment, verdict = values
    return say(
        "command.rules.policy",
        language,
        kind=word_of(kind, language),
        action=word_of(action, language),
        risk=say(f"risk.{risk}", language),
        verdict=word_of(verdict, language),
        environment=environment,
    )


def _fits(word: str) -> bool:
    return 0 < len(word) <= LONGEST and word.isprintable()
