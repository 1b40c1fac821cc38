"""The API of capabilities and of the rules about them. What a wish comes to is said by the one gate that all pass."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from channels.console import notices_room
from channels.messages import Account, Address
from gateway.capabilities.desk import CapabilityOrder, Desk
from gateway.capabilities.rule_orders import RuleWrong, ending_of, policy_change, team_change, use_change
from gateway.capabilities.sources import ATTACHED, Where
from gateway.web.api.capability_types import (
    MOST_ENCODED,
    CapabilityOrdered,
    CapabilityOut,
    PolicyGiven,
    PolicyOut,
    RulesOut,
    TeamMemberGiven,
    TeamMemberOut,
    UseRuleGiven,
    UseRuleOut,
    WishOut,
)
from gateway.web.api.openapi import Operation
from gateway.web.api.types import Line
from gateway.web.http.problems import Problem
from gateway.web.http.route import ORIGIN, PERSON, needs_of
from governance.approvals.decide import Approvals
from governance.capabilities.changes import Wisher, WishOutcome
from governance.capabilities.policies import CapabilityPolicies
from governance.capabilities.rule_requests import RuleChange, RuleChanges
from governance.capabilities.rules import rules_in
from governance.capabilities.teams import members_in
from governance.people.people import CONSOLE, People, Role
from governance.record.transaction import Store
from governance.values.capability_kinds import CapabilityAction, CapabilityKind

CapabilityName = Annotated[Line, Field(min_length=1, max_length=200)]
FORM_BYTES = 64 * 1024
"""What a wish takes beside its file."""
RuleCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,16}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the API of capabilities uses."""

    store: Store
    people: People
    approvals: Approvals
    desk: Desk
    policies: CapabilityPolicies
    rule_changes: RuleChanges


async def list_capabilities(request: web.Request, kind: CapabilityKind | None = None) -> list[CapabilityOut]:
    """What is installed, by kind and name."""
    desk = needs_of(request, Needs).desk
    found = [one for one in await desk.capabilities.all() if kind in {None, one.kind}]
    return [CapabilityOut.of(one, desk.problem_of(one.kind, one.name)) for one in found]


async def show_capability(request: web.Request, kind: CapabilityKind, name: CapabilityName) -> CapabilityOut:
    """One that is installed."""
    desk = needs_of(request, Needs).desk
    found = await desk.capabilities.get(kind, name)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND)
    return CapabilityOut.of(found, desk.problem_of(kind, name))


async def order_capability(request: web.Request, order: CapabilityOrdered) -> WishOut:
    """Ask for a change: it is done, it is asked as a request, or 409 says why neither."""
    is_attached = order.file is not None and order.action is CapabilityAction.INSTALL
    if not order.named and not is_attached:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors=[{"path": "named", "message": "must be given"}])
    try:
        attached = order.file.attached if order.file else {}
    except ValueError as error:
        problem = {"path": "file.content", "message": "must be base64"}
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors=[problem]) from error
    brings = bool(attached) and order.action.brings
    is_new = order.action is CapabilityAction.INSTALL
    given = CapabilityOrder(
        kind=order.kind,
        action=order.action,
        named=ATTACHED if brings and is_new else order.named,
        source=ATTACHED if brings and not is_new else order.source,
        where=Where(attached=attached),
        words=order.words,
        wisher=wisher_of(request),
    )
    return _answered(request, await needs_of(request, Needs).desk.order(given))


async def list_rules(request: web.Request) -> RulesOut:
    """Who may use what, and who decides about changes of capabilities before the policy file does."""
    needs = needs_of(request, Needs)
    return RulesOut(
        uses=[UseRuleOut.of(rule) for rule in (await rules_in(needs.store)).rules],
        policies=[PolicyOut.of(made) for made in await needs.policies.made()],
        teams=[TeamMemberOut.of(member) for member in await members_in(needs.store)],
    )


async def create_rule(request: web.Request, rule: UseRuleGiven) -> WishOut:
    """Ask for a rule about who may use what; another admin decides it."""
    me, needs = request[PERSON], needs_of(request, Needs)
    try:
        change = await use_change(
            needs.store,
            needs.people,
            me.language,
            allows=rule.verdict == "allow",
            kind=rule.kind,
            name=rule.name,
            who_kind=rule.who_kind.value,
            who=rule.who,
        )
    except RuleWrong as problem:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail=problem.why.said(me.language)) from problem
    return await _wanted(request, change)


async def create_policy(request: web.Request, policy: PolicyGiven) -> WishOut:
    """Ask for an answer to changes of capabilities, before that of the policy file; another admin decides it."""
    language = request[PERSON].language
    try:
        change = policy_change(
            language,
            kind=policy.kind,
            action=policy.action,
            risk=policy.risk.value,
            verdict=policy.verdict.value,
            environment=policy.environment,
        )
    except RuleWrong as problem:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail=problem.why.said(language)) from problem
    return await _wanted(request, change)


async def change_team(request: web.Request, member: TeamMemberGiven) -> WishOut:
    """Ask that somebody belongs to a team, or no longer; another admin decides it."""
    needs, language = needs_of(request, Needs), request[PERSON].language
    try:
        change = await team_change(
            needs.store, needs.people, language, team=member.team, who=member.person, joins=member.joins
        )
    except RuleWrong as problem:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail=problem.why.said(language)) from problem
    return await _wanted(request, change)


async def end_rule(request: web.Request, code: RuleCode) -> WishOut:
    """Ask for the end of a rule of either kind; another admin decides it."""
    needs, language = needs_of(request, Needs), request[PERSON].language
    try:
        change = await ending_of(needs.store, needs.policies, language, code.upper())
    except RuleWrong as problem:
        raise Problem(HTTPStatus.NOT_FOUND, detail=problem.why.said(language)) from problem
    return await _wanted(request, change)


def wisher_of(request: web.Request) -> Wisher:
    """Whoever calls, as one who wants a change; what becomes of it is told in their notices in the console."""
    me = request[PERSON]
    return Wisher(
        person=me,
        account=Account(channel=CONSOLE, id=str(me.id), name=me.shown),
        address=Address(channel=CONSOLE, room=notices_room(str(me.id))),
        origin=request[ORIGIN],
    )


async def _wanted(request: web.Request, change: RuleChange) -> WishOut:
    needs = needs_of(request, Needs)
    return _answered(request, await needs.rule_changes.want(needs.approvals, change, wisher_of(request)))


def _answered(request: web.Request, outcome: WishOutcome) -> WishOut:
    said = outcome.says.said(request[PERSON].language)
    if not outcome.is_asked_or_done:
        raise Problem(HTTPStatus.CONFLICT, detail=said)
    return WishOut(end=outcome.end, sentence=said, code=outcome.code)


OPERATIONS = (
    Operation("GET", "/api/capabilities", list_capabilities),
    Operation("POST", "/api/capabilities", order_capability, problems=(409,), max_bytes=MOST_ENCODED + FORM_BYTES),
    Operation("GET", "/api/capabilities/{kind}/{name}", show_capability),
    Operation("GET", "/api/rules", list_rules, Role.ADMIN),
    Operation("POST", "/api/rules", create_rule, Role.ADMIN, problems=(409,)),
    Operation("POST", "/api/rules/policies", create_policy, Role.ADMIN, problems=(409,)),
    Operation("POST", "/api/rules/teams", change_team, Role.ADMIN, problems=(409,)),
    Operation("DELETE", "/api/rules/{code}", end_rule, Role.ADMIN, problems=(409,)),
)
