"""Commands about agents: which ones somebody may use, which one answers here, and who is given which."""

from dataclasses import dataclass
from typing import TypeAlias

from agents.conversation.choosing import chosen
from agents.specs import SpecFolder, SpecInvalid, SpecMissing
from channels.locales import listed
from channels.mistakes import LOOSELY, nearest
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.conversations import choose_here
from gateway.commands.marks import bullets, verbatim
from gateway.commands.people import person_named
from governance.accounts.sentences import sentence_of
from governance.approvals.bindings import Bindings
from governance.people.agent_grants import AgentGrants, DurationUnknown, chosen_agent, lasting
from governance.people.people import People, Role
from governance.record.transaction import Store

_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about agents use."""

    store: Store
    people: People
    agent_grants: AgentGrants
    bindings: Bindings
    specs: SpecFolder
    default_agent: str


Call: TypeAlias = CommandCall[Needs]


async def agents(call: Call) -> str:
    """The caller's agents with their descriptions, the one that answers here marked."""
    bound = await _bound_here(call)
    told = f"{call.say('agents.bound', agent=bound)}\n" if bound else ""
    grants = await call.needs.agent_grants.of(call.person.id)
    if not grants:
        return told + call.say("agents.none", name=verbatim(call.person.name))
    here = bound or chosen_agent(
        await chosen(call.needs.store, call.inbound.address), call.person, call.needs.default_agent
    )
    lines = []
    for grant in grants:
        until = [call.say("agents.until", until=call.moment(grant.expires_at))] if grant.expires_at else []
        mark = "✓ " if grant.agent == here else ""
        lines.append(" · ".join([f"{mark}**{grant.agent}**", _description(call, grant.agent), *until]))
    title = call.say("agents.bound.title" if bound else "agents.title")
    return f"{told}{title}\n{bullets(lines)}"


def _description(call: Call, agent: str) -> str:
    try:
        return call.needs.specs.load(agent).described(call.person.language) or "-"
    except (SpecInvalid, SpecMissing):
        return call.say("agents.broken")


async def use(call: Call) -> str:
    """Let another of the caller's agents answer in this conversation; in a bound group an admin binds it anew."""
    if len(call.words) != 1:
        raise Misused
    wanted, bound = call.words[0].lower(), await _bound_here(call)
    if bound and call.person.role is Role.ADMIN:
        return await bind(call)
    if bound:
        raise Unfit(call.say("use.bound", agent=bound))
    if wanted not in call.person.agents:
        raise Unfit(_not_yours(call, wanted))
    if wanted not in call.needs.specs.names():
        raise Unfit(_missing(call, wanted, known=call.person.agents))
    await choose_here(call, wanted, call.needs.store)
    return call.say("use.done", agent=wanted)


async def _bound_here(call: Call) -> str:
    """The agent to which this group is bound; empty where it is none, and in direct conversations."""
    known = None if call.inbound.is_direct else await call.needs.bindings.of(call.inbound.address)
    return known.agent if known else ""


async def bind(call: Call) -> str:
    """Let one agent answer in this group, in all its threads."""
    if len(call.words) != 1:
        raise Misused
    if call.inbound.is_direct:
        raise Unfit(call.say("bind.group"))
    agent, names = call.words[0].lower(), frozenset(call.needs.specs.names())
    if agent not in names:
        raise Unfit(_missing(call, agent, known=names))
    await call.needs.bindings.bind(call.inbound.address, agent, by=call.person, origin=call.origin)
    return call.say("bind.done", agent=agent)


async def unbind(call: Call) -> str:
    """Let everybody's own agent answer in this group again."""
    if call.words:
        raise Misused
    if call.inbound.is_direct:
        raise Unfit(call.say("bind.group"))
    was = await call.needs.bindings.unbind(call.inbound.address, by=call.person, origin=call.origin)
    return call.say("unbind.done", agent=was) if was else call.say("unbind.none")


def _not_yours(call: Call, wanted: str) -> str:
    near = nearest(wanted, call.person.agents, LOOSELY)
    key = "use.not_yours.near" if near else "use.not_yours"
    return call.say(key, agent=verbatim(wanted), near=near)


def _missing(call: Call, wanted: str, *, known: frozenset[str]) -> str:
    """There is no such agent; only names that the caller may know are told."""
    others = sorted(known - {wanted})
    near = nearest(wanted, others, LOOSELY)
    key = "agent.missing.near" if near else "agent.missing"
    return call.say(key, agent=verbatim(wanted), near=near, known=listed(others[:_LISTED], call.person.language) or "-")


async def grant(call: Call) -> str:
    """Give somebody an agent, for good or for some hours or days."""
    if not 2 <= len(call.words) <= 4:  # noqa: PLR2004  # a person, an agent, and a time in one word or two
        raise Misused
    try:
        lasts = lasting(" ".join(call.words[2:]))
    except DurationUnknown as error:
        raise Unfit(sentence_of(error, call.person.language)) from error
    agent = call.words[1].lower()
    names = frozenset(call.needs.specs.names())
    if agent not in names:
        raise Unfit(_missing(call, agent, known=names))
    person = await person_named(call, call.words[0], call.needs.people)
    expires_at = call.needs.store.now() + lasts if lasts else None
    await call.needs.agent_grants.grant(person.id, agent, by=call.person, expires_at=expires_at, origin=call.origin)
    if expires_at is None:
        return call.say("grant.done", name=verbatim(person.label), agent=agent)
    return call.say("grant.until", name=verbatim(person.label), agent=agent, until=call.moment(expires_at))


async def ungrant(call: Call) -> str:
    """Take an agent back at once, even one whose file is gone."""
    if len(call.words) != 2:  # noqa: PLR2004  # a person and an agent
        raise Misused
    person, agent = await person_named(call, call.words[0], call.needs.people), call.words[1].lower()
    taken = await call.needs.agent_grants.revoke(person.id, agent, by=call.person, origin=call.origin)
    return call.say("ungrant.done" if taken else "ungrant.none", name=verbatim(person.label), agent=verbatim(agent))
