"""Agents, and who may talk to which. Everybody sees their own; admins see and change everybody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from agents.specs import SpecFolder
from channels.base import NexoraError
from gateway.web.console.pages import Said, form_of, moment, noticed, render
from gateway.web.console.people import page_of_people
from gateway.web.http.language import language_of
from gateway.web.http.problems import status_of
from gateway.web.http.route import ORIGIN, PERSON, Route, needs_of
from governance.accounts.sentences import sentence_of
from governance.people.agent_grants import AgentGrant, AgentGrants, lasting
from governance.people.people import People, Role
from governance.people.wrong import PersonMissing
from governance.record.transaction import Store

MOST_AGENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page of agents uses."""

    store: Store
    people: People
    agent_grants: AgentGrants
    specs: SpecFolder


async def agents(request: web.Request) -> web.Response:
    """The whole page."""
    return await _show(request, Said())


async def change(request: web.Request) -> web.Response:
    """Give a grant, for some time or for good, or take one away."""
    needs, form, by = needs_of(request, Needs), await form_of(request), request[PERSON]
    origin, agent = request[ORIGIN], form.get("agent", "")
    if agent not in needs.specs.names():
        raise web.HTTPNotFound
    try:
        number = await _person_of(request, form.get("person", "").strip())
        if form.get("act") == "revoke":
            await needs.agent_grants.revoke(number, agent, by=by, origin=origin)
            return await _show(request, noticed(request, "agents.revoked", agent=agent))
        lasts = lasting(form.get("lasts", ""))
        ends = needs.store.now() + lasts if lasts else None
        given = await needs.agent_grants.grant(number, agent, by=by, expires_at=ends, origin=origin)
    except NexoraError as error:
        if status_of(error) is None:
            raise
        return await _show(request, Said(words=sentence_of(error, language_of(request)), is_problem=True))
    if given.expires_at is None:
        said = noticed(request, "agents.granted", agent=agent, name=given.person)
    else:
        until = moment(request, given.expires_at)
        said = noticed(request, "agents.granted_until", agent=agent, name=given.person, until=until)
    return await _show(request, said, search=given.person)


async def _person_of(request: web.Request, given: str) -> UUID:
    """The person whose id or name a form gave. Raises PersonMissing."""
    try:
        return UUID(given)
    except ValueError:
        person = await needs_of(request, Needs).people.by_name(given)
    if person is None:
        raise PersonMissing
    return person.id


async def _show(request: web.Request, said: Said, *, search: str = "") -> web.Response:
    needs, person = needs_of(request, Needs), request[PERSON]
    is_admin = person.role is Role.ADMIN
    names = needs.specs.names()
    shown = names[:MOST_AGENTS] if is_admin else sorted(person.agents)
    people, more = [person], ""
    if is_admin:
        search, people, more = await page_of_people(request, "/agents", search=search, only_active=True)
    grants: dict[UUID, list[AgentGrant]] = {}
    for grant in await needs.agent_grants.of_people([each.id for each in people]):
        grants.setdefault(grant.person_id, []).append(grant)
    return render(
        request,
        "agents.html",
        said=said,
        agents=_described(request, shown),
        hidden=len(names) - len(shown) if is_admin else 0,
        people=people,
        search=search,
        more=more,
        grants=grants,
    )


def _described(request: web.Request, names: Sequence[str]) -> list[tuple[str, str]]:
    """Each agent with its one line; a broken definition shows what is wrong with it."""
    described, language = [], language_of(request)
    for name in names:
        try:
            described.append((name, needs_of(request, Needs).specs.load(name).described(language)))
        except NexoraError as error:
            described.append((name, f"⚠ {error}"))
    return described


ROUTES = (
    Route("GET", "/agents", agents, Role.OPERATOR, page=True),
    Route("POST", "/agents", change, Role.ADMIN, page=True, form=True),
)
