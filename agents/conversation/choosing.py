"""Which agent a conversation has, and where it begins anew. One of the console is its person's alone."""

from pathlib import Path
from uuid import UUID

from channels.messages import Address
from governance.people.people import CONSOLE
from governance.record.transaction import Store, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


async def chosen(store: Store, address: Address) -> str:
    """The agent that was chosen there; empty when none was."""
    agent: str | None = await store.fetchval(QUERIES["chosen"], address.key)
    return agent or ""


async def is_open_to(store: Store, address: Address, person_id: UUID) -> bool:
    """Whether it is none of somebody else's in the console."""
    return bool(await store.fetchval(QUERIES["is_open_to"], address.key, person_id, CONSOLE))


async def choose(store: Store, address: Address, person_id: UUID, agent: str) -> bool:
    """Let this agent answer there from now on, in a conversation that may be new; False where it is not theirs."""
    async with store.transaction() as work:
        found = await work.fetchval(QUERIES["choose"], *_new(address, person_id), agent, store.now(), CONSOLE)
    return found is not None


async def choose_own(store: Store, address: Address, person_id: UUID, agent: str) -> bool:
    """The same in a conversation of the console that is there; False where it is none of theirs."""
    return await store.fetchval(QUERIES["choose_own"], address.key, person_id, agent) is not None


async def leave_open(store: Store, address: Address, person_id: UUID) -> None:
    """Begin it without an agent, so that the turn to come does not make its own the conversation's."""
    await store.fetch(QUERIES["leave_open"], *_new(address, person_id), store.now())


async def open_own(store: Store, address: Address, person_id: UUID, agent: str, *, of_program: bool = False) -> bool:
    """A conversation of the console, begun if it is new; False where it is somebody else's.

    `of_program`: a program of the person begins it, which people see of it later.
    """
    given = address.key, address.channel, address.room, person_id, agent, store.now(), of_program
    owner: UUID | None = await store.fetchval(QUERIES["open_own"], *given)
    return owner == person_id


async def begin_anew(work: Transaction, address: Address, person_id: UUID) -> bool:
    """Leave what was said so far out of what the agent is sent; False where the conversation is not theirs."""
    owner = await work.fetchrow(QUERIES["begin_anew"], address.key, person_id, CONSOLE)
    return owner is None or bool(owner["mine"])


def _new(address: Address, person_id: UUID) -> tuple[object, ...]:
    return address.key, address.channel, address.room, address.thread, person_id
