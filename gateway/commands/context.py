"""Commands about what a conversation's agent is sent: a table of what fills it, and folding the older part now."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from agents.conversation.choosing import chosen, is_open_to
from agents.conversation.conversation import Conversations
from agents.models.fitted import BYTES_PER_TOKEN
from agents.models.room import window_of
from agents.models.summary import is_summary
from agents.pool import Agent, Pool
from agents.turn.folding import Folding
from agents.turn.record import Turn
from channels.text.columns import block, left, right
from channels.times import zone_of
from gateway.commands.command import CommandCall, Unfit
from governance.approvals.bindings import Bindings
from governance.people.agent_grants import chosen_agent
from governance.people.people import Person
from governance.record.transaction import Store
from governance.usage.usage import Usage
from governance.values.reasons import Why

_LABEL, _TOKENS, _PART = 24, 9, 6
_ROWS = ("instructions", "tools", "summary", "words", "results")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about a conversation's size use."""

    store: Store
    bindings: Bindings
    default_agent: str
    pool: Pool
    conversations: Conversations
    folding: Folding
    usage: Usage
    may_think_with: Callable[[Sequence[str], Person, str, str], Awaitable[Why | None]]
    default_models: Callable[[], Sequence[str]]


Call: TypeAlias = CommandCall[Needs]


async def compact(call: Call) -> str:
    """Sum up all but the last turn of this conversation; the messages stay."""
    name = await _agent_here(call)
    async with call.needs.pool.use(name, call.person) as agent:
        labels = agent.spec.model or tuple(call.needs.default_models())
        key = call.inbound.address.key
        if why := await call.needs.may_think_with(labels, call.person, name, key):
            raise Unfit(why.said(call.person.language))
        outcome = await call.needs.folding.now(_turn(call, agent))
    return call.say(f"compact.{outcome.value}")


async def context(call: Call) -> str:
    """What fills the prompt here, in tokens, and how much of the last one came from the provider's cache."""
    async with call.needs.pool.use(await _agent_here(call), call.person) as agent:
        opened = await call.needs.conversations.open(call.inbound.address.key, uuid4())
        window = window_of(agent.model)
        sizes = dict.fromkeys(_ROWS, 0)
        sizes["instructions"] = len(agent.system_in(zone_of(call.person.time_zone, call.person.language)).json)
        sizes["tools"] = sum(len(schema.json) for schema in agent.schemas)
        for body in opened.history.recent():
            kind = "summary" if is_summary(body) else "results" if body.role == "tool" else "words"
            sizes[kind] += len(body.json)
    each = window.bytes_per_token if window else BYTES_PER_TOKEN
    rows = {name: round(size / each) for name, size in sizes.items()}
    rows["total"] = sum(rows.values())
    whole = window.tokens if window else None
    lines = [_line(call.say(f"context.{name}"), tokens, whole) for name, tokens in rows.items()]
    told = [call.say("context.title", agent=agent.name), block(lines)]
    told.append(call.say("context.window", tokens=f"{whole:,}") if whole else call.say("context.window.unknown"))
    share = await call.needs.usage.cached_last(call.person.id, call.inbound.address.key)
    if share is not None:
        told.append(call.say("context.cached", share=f"{share:.0%}"))
    return "\n".join(told)


def _line(label: str, tokens: int, whole: int | None) -> str:
    part = right(f"{tokens / whole:.0%}", _PART) if whole else ""
    return f"{left(label, _LABEL)}{right(f'{tokens:,}', _TOKENS)}{part}"


async def _agent_here(call: Call) -> str:
    """The agent that answers here, of those that the person may use. Raises Unfit."""
    address = call.inbound.address
    if not await is_open_to(call.needs.store, address, call.person.id):
        raise Unfit(call.say("conversation.not_yours"))
    bound = None if call.inbound.is_direct else await call.needs.bindings.of(address)
    wanted = bound.agent if bound else await chosen(call.needs.store, address)
    name = chosen_agent(wanted, call.person, call.needs.default_agent)
    if name is None or (bound and name != bound.agent):
        raise Unfit(call.say("context.no_agent"))
    return name


def _turn(call: Call, agent: Agent) -> Turn:
    """No turn is run: it says whose conversation it is, and who is asked."""
    return Turn(
        id=uuid4(),
        person=call.person,
        agent=agent,
        address=call.inbound.address,
        is_direct=call.inbound.is_direct,
        workspace=Path(),
        started_at=call.needs.store.now(),
    )
