"""A press while everything else is taken: 200 turns that hang, and 200,000 messages that wait.

What is measured is the time from the press at the platform to the decision as the database has it. The model's mood
`hang` answers for longer than any scenario lasts; `ask` makes it call a command that an admin has to approve.
"""

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import asyncpg

from channels.codec import dump
from channels.messages import Account, Address, Inbound, Text
from gateway.database.embedded.server import running_dsn
from governance.approvals.requests import Choice
from tests.load.platform import Sent
from tests.load.subject import Nexora, crash

PLACES = 64
"""As many turns go on at once; the others of the two hundred wait for a place, and so does everything else."""
CALM_SECONDS, LOOK_SECONDS = 60.0, 0.01


class NotDecided(Exception):
    """A press led to no decision."""


async def measured(
    nexora: Nexora, admin: int, cards: list[Sent], press: Callable[[int, Sent, str], Awaitable[float]]
) -> list[float]:
    """Press Deny on each card, one after another; the seconds until each was decided."""
    connection = await asyncpg.connect(running_dsn(nexora.home))
    try:
        decided = await connection.fetchval("select count(*) from nexora_decisions")
        seconds = []
        for card in cards:
            pressed = await press(admin, card, Choice.DENY.value)
            decided += 1
            seconds.append(await _decision(connection, decided) - pressed)
        return seconds
    finally:
        await connection.close()


async def _decision(connection: asyncpg.Connection, count: int) -> float:
    query = "select extract(epoch from max(at))::float8 as at, count(*) as count from nexora_decisions"
    for _ in range(int(CALM_SECONDS / LOOK_SECONDS)):
        row = await connection.fetchrow(query)
        if row["count"] >= count:
            return float(row["at"])
        await asyncio.sleep(LOOK_SECONDS)
    raise NotDecided(f"no decision within {CALM_SECONDS:g} s of a press")


async def make_admin(nexora: Nexora, chat: int) -> None:
    """Let the person of that chat decide."""
    await _execute(nexora, "update nexora_users set role = 'admin' where name = $1", f"person-{chat}")


async def turns(nexora: Nexora) -> int:
    """How many turns hang."""
    connection = await asyncpg.connect(running_dsn(nexora.home))
    try:
        running: int = await connection.fetchval("select count(*) from nexora_inbox where state = 'running'")
        return running
    finally:
        await connection.close()


async def fill(nexora: Nexora, chats: list[int], count: int) -> None:
    """So many messages wait, 40 in each lane, as if they had come from these chats."""
    bodies = [
        dump(
            Inbound(
                event_id="flood",
                at=datetime.now(UTC),
                address=Address(channel="telegram", room=str(chat)),
                sender=Account(channel="telegram", id=str(chat), name="somebody"),
                parts=(Text(text="hang on"),),
                is_direct=True,
            )
        )
        for chat in chats
    ]
    await _execute(
        nexora,
        "insert into nexora_inbox (channel, event_id, lane, body)"
        " select 'telegram', 'flood-' || n, 'telegram:flood:' || n / 40, ($2::text[])[1 + n % cardinality($2::text[])]"
        " from generate_series(1, $1::int) as n",
        count,
        bodies,
    )


async def clear(nexora: Nexora) -> None:
    """Let nobody ever answer what hangs and what waits, and begin anew."""
    await _execute(
        nexora, "update nexora_inbox set state = 'done', done_at = now() where state in ('ready', 'running')"
    )
    await crash(nexora)
    await nexora.start()
    await nexora.serving()
    await _execute(nexora, "delete from nexora_inbox where event_id like 'flood-%'")


async def _execute(nexora: Nexora, query: str, *args: object) -> None:
    connection = await asyncpg.connect(running_dsn(nexora.home), command_timeout=300)
    try:
        await connection.execute(query, *args)
    finally:
        await connection.close()


def figures(name: str, seconds: list[float]) -> Mapping[str, float]:
    """What is told of these presses: fewer than a hundred, so the slowest of them stands for 99 of 100."""
    return {f"{name}_p50": statistics.median(seconds), f"{name}_p99": max(seconds)}
