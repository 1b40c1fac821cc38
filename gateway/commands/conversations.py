"""Commands about the conversation they are typed in, and which agent it has. It never touches somebody else's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from agents.conversation.choosing import begin_anew, choose
from gateway.commands.command import CommandCall, Unfit
from governance.people.people import Person
from governance.record.transaction import Store


class StopOutcome(StrEnum):
    """What became of the wish to end an answer. Alphabetical.

    NOTHING: none was being made, or it had ended. NOT_THEIRS: it is not for this person to end.
    """

    DONE = "done"
    NOTHING = "none"
    NOT_THEIRS = "not_theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about a conversation use. `stop` ends the answer that is made in the one of that key, if any."""

    store: Store
    stop: Callable[[str, Person], Awaitable[StopOutcome]]


Call: TypeAlias = CommandCall[Needs]


async def choose_here(call: CommandCall[Any], agent: str, store: Store) -> None:
    """Let this agent answer here from now on; the caller has checked the grant. Raises Unfit."""
    if not await choose(store, call.inbound.address, call.person.id, agent):
        raise Unfit(call.say("conversation.not_yours"))


async def new(call: Call) -> str:
    """What was said so far stays in the database and out of what the agent is sent."""
    async with call.needs.store.transaction() as work:
        is_theirs = await begin_anew(work, call.inbound.address, call.person.id)
    if not is_theirs:
        raise Unfit(call.say("conversation.not_yours"))
    return call.say("new.done")


async def stop(call: Call) -> str:
    """End the answer that is being made here."""
    stopped = await call.needs.stop(call.inbound.address.key, call.person)
    return call.say(f"stop.{stopped.value}")
