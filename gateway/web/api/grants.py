"""The API of agents and of who may use them, and of permissions "for this conversation"."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from agents.specs import SpecFolder, SpecInvalid, SpecMissing
from channels.locales import DEFAULT
from gateway.web.api.openapi import Operation
from gateway.web.api.types import AgentName, AgentOut, GrantOut, Limit, NewGrant, ToolGrantOut, Words
from gateway.web.http.problems import Problem
from gateway.web.http.route import ORIGIN, PERSON, needs_of
from governance.approvals.tool_grants import ToolGrants
from governance.people.agent_grants import AgentGrants
from governance.people.people import Role

GrantCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,16}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the API of agents and grants uses."""

    specs: SpecFolder
    agent_grants: AgentGrants
    tool_grants: ToolGrants


async def list_agents(request: web.Request, after: AgentName | None = None, limit: Limit = 100) -> list[AgentOut]:
    """The agents granted, by name; for admins all there are. `after` is the last name of the page before."""
    me, specs = request[PERSON], needs_of(request, Needs).specs
    names = [name for name in specs.names() if me.role is Role.ADMIN or name in me.agents]
    return [_agent(specs, name) for name in [name for name in names if name > (after or "")][:limit]]


async def list_grants(
    request: web.Request, after_person: Words = "", after_agent: Words = "", limit: Limit = 100
) -> list[GrantOut]:
    """One's own live grants; for admins everybody's, by the person's name and the agent, a page at a time.

    `after_person` and `after_agent` are those of the last grant of the page before.
    """
    me, grants = request[PERSON], needs_of(request, Needs).agent_grants
    if me.role is Role.ADMIN:
        live = await grants.page(after=(after_person, after_agent), limit=limit)
    else:
        live = await grants.of(me.id)
    return [GrantOut.of(grant) for grant in live]


async def create_grant(request: web.Request, grant: NewGrant) -> GrantOut:
    """Let a person use an agent; a grant already there is replaced."""
    needs = needs_of(request, Needs)
    if grant.agent not in needs.specs.names():
        raise Problem(HTTPStatus.NOT_FOUND)
    given = await needs.agent_grants.grant(
        grant.person_id,
        grant.agent,
        by=request[PERSON],
        expires_at=grant.expires_at,
        origin=request[ORIGIN],
    )
    return GrantOut.of(given)


async def revoke_grant(request: web.Request, person_id: UUID, agent: AgentName) -> None:
    """Take an agent from a person at once."""
    needs = needs_of(request, Needs)
    origin = request[ORIGIN]
    if not await needs.agent_grants.revoke(person_id, agent, by=request[PERSON], origin=origin):
        raise Problem(HTTPStatus.NOT_FOUND)


async def list_tool_grants(request: web.Request) -> list[ToolGrantOut]:
    """The live permissions "for this conversation": one's own, for admins everybody's."""
    return [ToolGrantOut.of(grant) for grant in await needs_of(request, Needs).tool_grants.live(request[PERSON])]


async def revoke_tool_grant(request: web.Request, code: GrantCode) -> None:
    """End a permission "for this conversation" at once."""
    if not await needs_of(request, Needs).tool_grants.revoke(request[PERSON], code):
        raise Problem(HTTPStatus.NOT_FOUND)


def _agent(specs: SpecFolder, name: str) -> AgentOut:
    try:
        return AgentOut(name=name, description=specs.load(name).described(DEFAULT))
    except (SpecInvalid, SpecMissing) as error:
        return AgentOut(name=name, problem=str(error).partition("\n")[0][:300])


OPERATIONS = (
    Operation("GET", "/api/agents", list_agents),
    Operation("GET", "/api/grants", list_grants),
    Operation("POST", "/api/grants", create_grant, Role.ADMIN, status=201, problems=(404, 409)),
    Operation("DELETE", "/api/grants/{person_id}/{agent}", revoke_grant, Role.ADMIN),
    Operation("GET", "/api/tool-grants", list_tool_grants),
    Operation("DELETE", "/api/tool-grants/{code}", revoke_tool_grant),
)
