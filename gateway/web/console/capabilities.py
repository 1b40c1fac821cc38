"""Skills, MCP servers, plugins and agents that are installed, each wish about one, and for admins the rules.

Everybody sees what there is and may ask for a change; what it takes to get it is said by the gate that all pass.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from aiohttp import web
from aiohttp.web_request import FileField

from channels.console import MAX_FILE_BYTES
from channels.locales import say
from gateway.capabilities.desk import CapabilityOrder, Desk
from gateway.capabilities.rule_orders import (
    KINDS,
    RuleWrong,
    ending_of,
    policy_change,
    policy_line,
    team_change,
    team_line,
    use_change,
    use_line,
    word_of,
)
from gateway.capabilities.sources import ATTACHED, Where
from gateway.web.api.capabilities import wisher_of
from gateway.web.console.pages import Said, form_of, render
from gateway.web.http.language import language_of
from gateway.web.http.route import PERSON, Access, Route, needs_of
from gateway.web.http.uploads import clean_name
from governance.approvals.decide import Approvals
from governance.approvals.shown.card_text import masked_text
from governance.capabilities.capability_requests import changed_lines, notes, permissions, what
from governance.capabilities.changes import WishOutcome
from governance.capabilities.installed import Capability, CapabilityState
from governance.capabilities.policies import ANY, CapabilityPolicies
from governance.capabilities.rule_requests import RuleChange, RuleChanges
from governance.capabilities.rules import WhoKind, rules_in
from governance.capabilities.teams import members_in
from governance.guard.policy import RuleAnswer
from governance.people.people import People, Role
from governance.record.transaction import Row, Store
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import Why
from governance.values.verdicts import Risk

FORM_BYTES = 64 * 1024
ADDED = (CapabilityKind.SKILL, CapabilityKind.MCP, CapabilityKind.PLUGIN, CapabilityKind.AGENT)
"""The kinds that people add, in the order of the page."""
_HERE_ONLY = ("attached:", "workspace:", "/")
"""How a source begins that cannot be asked again for something newer from a page."""
_DIGITS, _LONGEST = 12, 2000
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page of capabilities uses."""

    store: Store
    people: People
    approvals: Approvals
    desk: Desk
    policies: CapabilityPolicies
    rule_changes: RuleChanges


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCapability:
    """One that is installed, in the words of whoever looks. `acts` are what may be asked for."""

    kind: str
    name: str
    description: str
    state: str
    state_word: str
    risk: str
    risk_word: str
    facts: tuple[tuple[str, str], ...]
    acts: tuple[str, ...]
    at: datetime


async def capabilities(request: web.Request) -> web.Response:
    """The whole page."""
    return await _show(request, Said())


async def add(request: web.Request) -> web.Response:
    """Ask for one that is new, or for another version of what has that name: from a source, or a file."""
    posted = await request.post()
    given = {name: _plain(value) for name, value in posted.items() if isinstance(value, str)}
    kind = _kind(given.get("kind", ""))
    order = CapabilityOrder(
        kind=kind,
        action=CapabilityAction.INSTALL,
        named=given.get("source", "").strip() or ATTACHED,
        words=given.get("words", "").strip(),
        where=Where(attached=await _attached(posted.get("file"))),
        wisher=wisher_of(request),
    )
    outcome = await needs_of(request, Needs).desk.order(order)
    return await _show(request, _told(request, outcome), NOTHING if outcome.is_asked_or_done else given)


async def change(request: web.Request) -> web.Response:
    """Ask for a change of one that is installed."""
    form = await form_of(request)
    action = form.get("action", "")
    if action not in set(CapabilityAction) - {CapabilityAction.INSTALL}:
        raise web.HTTPNotFound
    order = CapabilityOrder(
        kind=_kind(request.match_info["kind"]),
        action=CapabilityAction(action),
        named=_plain(request.match_info["name"]),
        source=_plain(form.get("source", "")).strip(),
        wisher=wisher_of(request),
    )
    return await _show(request, _told(request, await needs_of(request, Needs).desk.order(order)))


async def make_rule(request: web.Request) -> web.Response:
    """Ask for a rule about who may use what."""
    form, needs = await form_of(request), needs_of(request, Needs)
    try:
        wanted = await use_change(
            needs_of(request, Needs).store,
            needs.people,
            language_of(request),
            allows=form.get("verdict") == "allow",
            kind=form.get("kind", ""),
            name=form.get("name", "").strip(),
            who_kind=form.get("who_kind", ""),
            who=form.get("who", "").strip(),
        )
    except RuleWrong as problem:
        return await _show(request, _refused(request, problem.why), form)
    return await _want(request, wanted)


async def make_policy(request: web.Request) -> web.Response:
    """Ask for an answer to changes, before that of the policy file."""
    form = await form_of(request)
    words = {name: form.get(name, "") for name in ("kind", "action", "risk", "verdict")}
    try:
        wanted = policy_change(language_of(request), **words, environment=form.get("environment", "").strip() or ANY)
    except RuleWrong as problem:
        return await _show(request, _refused(request, problem.why))
    return await _want(request, wanted)


async def change_team(request: web.Request) -> web.Response:
    """Ask that somebody belongs to a team; a row of the list ends it."""
    form, needs = await form_of(request), needs_of(request, Needs)
    team, who = form.get("team", "").strip(), form.get("who", "").strip()
    try:
        wanted = await team_change(needs.store, needs.people, language_of(request), team=team, who=who, joins=True)
    except RuleWrong as problem:
        return await _show(request, _refused(request, problem.why))
    return await _want(request, wanted)


async def end_rule(request: web.Request) -> web.Response:
    """Ask for the end of a rule of either kind."""
    needs = needs_of(request, Needs)
    try:
        code = _plain(request.match_info["code"])
        wanted = await ending_of(needs.store, needs.policies, language_of(request), code)
    except RuleWrong as problem:
        return await _show(request, _refused(request, problem.why))
    return await _want(request, wanted)


async def _want(request: web.Request, wanted: RuleChange) -> web.Response:
    needs = needs_of(request, Needs)
    outcome = await needs.rule_changes.want(needs.approvals, wanted, wisher_of(request))
    return await _show(request, _told(request, outcome))


async def _show(request: web.Request, said: Said, given: Mapping[str, str] = NOTHING) -> web.Response:
    needs, language = needs_of(request, Needs), language_of(request)
    found, problem_of = await needs.desk.capabilities.all(), needs.desk.problem_of
    seconds_of = needs.desk.seconds_of
    waiting = await needs.desk.capabilities.waiting()
    kinds = (*ADDED, *(kind for kind in CapabilityKind if kind not in ADDED and any(one.kind is kind for one in found)))
    is_admin = request[PERSON].role is Role.ADMIN
    uses = (await rules_in(needs.store)).rules if is_admin else ()
    made = await needs.policies.made() if is_admin else ()
    members = await members_in(needs.store) if is_admin else ()
    return render(
        request,
        "capabilities.html",
        said=said,
        given=given,
        added=[(kind.value, _kind_word(kind, language)) for kind in ADDED],
        kinds=[
            (
                kind.value,
                [
                    _shown(one, problem_of(kind, one.name), seconds_of(kind, one.name), waiting, language)
                    for one in found
                    if one.kind is kind
                ],
            )
            for kind in kinds
        ],
        rules=[(rule.code, use_line(rule, language), rule.by, rule.at) for rule in uses],
        policies=[(each.code, policy_line(each, language), each.by, each.at) for each in made],
        teams=[(each.code, team_line(each, language), each.by, each.at) for each in members],
        rule_kinds=_words(KINDS, language),
        policy_kinds=_words((ANY, *CapabilityKind), language),
        policy_actions=_words((ANY, *CapabilityAction), language),
        who_kinds=_words(WhoKind, language),
        risks=[(risk.value, say(f"risk.{risk.value}", language)) for risk in Risk],
        verdicts=_words(RuleAnswer, language),
    )


def _shown(
    found: Capability, problem: Why | None, seconds: float | None, waiting: Mapping[str, Row], language: str
) -> ShownCapability:
    """`seconds` is how long a plugin took to load, `problem` why one in force does not work here.

    `waiting` is all that is asked and not decided.
    """
    manifest, reason = found.manifest, found.held or problem
    state = "failed" if found.is_active and problem else found.state.value
    facts = (
        ("fact.why", reason.said(language) if reason else ""),
        ("fact.loaded", "" if seconds is None else say("capability.loaded_in", language, seconds=f"{seconds:.2f}")),
        ("fact.source", masked_text(manifest.source)),
        ("fact.version", f"{manifest.version} {found.digest[:_DIGITS]}".strip()),
        ("fact.before", found.before[:_DIGITS]),
        ("fact.publisher", manifest.publisher),
        ("fact.may", permissions(manifest, language)),
        ("fact.notes", notes(manifest, language)),
        ("fact.by", found.by),
        *(("fact.waiting", _waiting(found, code, subject, language)) for code, subject in _about(found, waiting)),
    )
    return ShownCapability(
        kind=found.kind.value,
        name=found.name,
        description=manifest.description,
        state=state,
        state_word=say(f"capability.state.{state}", language),
        risk=found.risk.value,
        risk_word=say(f"risk.{found.risk.value}", language),
        facts=tuple((say(label, language), value) for label, value in facts if value),
        acts=tuple(action.value for action in _acts(found)),
        at=found.at,
    )


def _about(found: Capability, waiting: Mapping[str, Row]) -> list[tuple[str, Row]]:
    """What of it is about this one."""
    named = (found.kind.value, found.name)
    about = {code: (subject["manifest"]["kind"], subject["manifest"]["name"]) for code, subject in waiting.items()}
    return [(code, subject) for code, subject in waiting.items() if about[code] == named]


def _waiting(found: Capability, code: str, subject: Row, language: str) -> str:
    action = what(found.kind, CapabilityAction(subject["action"]), found.name, language)
    return "\n".join((f"{code} · {action}", *changed_lines(subject, language)))


def _acts(found: Capability) -> list[CapabilityAction]:
    """What may be asked for, as it stands."""
    acts = [CapabilityAction.DISABLE if found.is_active else CapabilityAction.ENABLE]
    if not found.manifest.source.startswith(_HERE_ONLY) and found.kind in ADDED:
        acts.insert(0, CapabilityAction.UPDATE)
    if found.before:
        acts.append(CapabilityAction.RESTORE)
    if found.state is CapabilityState.HELD:
        acts.append(CapabilityAction.DISABLE)
    return [*acts, CapabilityAction.REMOVE]


def _told(request: web.Request, outcome: WishOutcome) -> Said:
    if not outcome.is_asked_or_done:
        return _refused(request, outcome.says)
    return Said(words=outcome.says.said(language_of(request)))


def _refused(request: web.Request, reason: Why) -> Said:
    language = language_of(request)
    words = say("command.capability.refused", language, why=reason.said(language).rstrip(".。"))
    return Said(words=words, is_problem=True)


def _kind(word: str) -> CapabilityKind:
    if word not in list(CapabilityKind):
        raise web.HTTPNotFound
    return CapabilityKind(word)


def _kind_word(kind: CapabilityKind, language: str) -> str:
    return say(f"capability.kind.{kind.value}", language)


def _words(words: Iterable[str], language: str) -> list[tuple[str, str]]:
    """What a form sends for each, and what is read there."""
    return [(str(word), word_of(str(word), language)) for word in words]


def _plain(text: str) -> str:
    """What a database and a card can hold of it: letters that people see, and ends of lines."""
    return "".join(each for each in text if each.isprintable() or each in "\n\t")[:_LONGEST]


async def _attached(field: object) -> dict[str, bytes]:
    """The file of the form by its name; an empty field sends one without a name."""
    if not isinstance(field, FileField):
        return {}
    with field.file:  # it may lie on disk until it is closed
        return {clean_name(field.filename): await asyncio.to_thread(field.file.read)} if field.filename else {}


ROUTES = (
    Route("GET", "/capabilities", capabilities, Access.SIGNED_IN, page=True),
    Route(
        "POST",
        "/capabilities",
        add,
        Access.SIGNED_IN,
        page=True,
        form=True,
        max_bytes=MAX_FILE_BYTES + FORM_BYTES,
    ),
    Route("POST", "/capabilities/{kind}/{name}", change, Access.SIGNED_IN, page=True, form=True),
    Route("POST", "/rules", make_rule, Role.ADMIN, page=True, form=True),
    Route("POST", "/rules/policies", make_policy, Role.ADMIN, page=True, form=True),
    Route("POST", "/rules/teams", change_team, Role.ADMIN, page=True, form=True),
    Route("POST", "/rules/{code}/end", end_rule, Role.ADMIN, page=True, form=True),
)
