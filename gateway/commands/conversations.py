"""Commands about the conversation they are typed in, and which agent it has. It never touches somebody else's."""

from pathlib import Path

from gateway.commands.command import CommandCall, Unfit
from governance.people.people import CONSOLE
from governance.record.transaction import load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


async def chosen_here(call: CommandCall) -> str:
    """The agent that was chosen for this conversation; empty when none was."""
    agent: str | None = await call.services.store.fetchval(QUERIES["agent"], call.inbound.address.key)
    return agent or ""


async def choose(call: CommandCall, agent: str) -> None:
    """Let this agent answer here from now on; the caller has checked the grant. Raises Unfit."""
    address = call.inbound.address
    async with call.services.store.transaction() as work:
        chosen = await work.fetchval(
            QUERIES["choose"],
            address.key,
            address.channel,
            address.room,
            address.thread,
            call.person.id,
            agent,
            call.services.store.now(),
            CONSOLE,
        )
    if chosen is None:
        raise Unfit(call.say("conversation.not_yours"))


async def new(call: CommandCall) -> str:
    """What was said so far stays in the database and out of what the agent is sent."""
    key = call.inbound.address.key
    async with call.services.store.transaction() as work:
        owner = await work.fetchrow(QUERIES["begin_anew"], key, call.person.id, CONSOLE)
    if owner is not None and not owner["mine"]:
        raise Unfit(call.say("conversation.not_yours"))
    return call.say("new.done")


async def stop(call: CommandCall) -> str:
    """End the answer that is being made here."""
    stopped = await call.services.stop(call.inbound.address.key, call.person)
    return call.say(f"stop.{stopped.value}")
