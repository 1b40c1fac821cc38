"""Finds a pooler that changes the session of the server under us, as PgBouncer does in transaction mode.

The gateway listens for notifications, locks for a session and keeps statements prepared: behind such a pooler the first
is deaf, the second never ends and the third fails at some later time. So a start refuses it by name.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import asyncpg

from channels.base import NexoraError

_PID = "select pg_backend_pid()"
_CONNECT_SECONDS = 10


class PoolerBetween(NexoraError):
    """A pooler stands between Nexora and the database's sessions."""


async def require_sessions(dsn: str) -> None:
    """Raises PoolerBetween when one connection does not keep one session of the server.

    While another connection holds a transaction open, a session of our own must still be the same one, and nobody
    else's. Raises what asyncpg raises when the server cannot be reached.
    """
    async with AsyncExitStack() as stack:
        ours = await _open(dsn, stack)
        mine = await ours.fetchval(_PID)
        other = await _open(dsn, stack)
        async with asyncio.timeout(_CONNECT_SECONDS):
            await other.execute("begin")
            theirs = await other.fetchval(_PID)
            again = await ours.fetchval(_PID)
            await other.execute("rollback")
    if mine == theirs or mine != again:
        raise PoolerBetween(
            "The database is reached through a pooler in transaction mode (PgBouncer with pool_mode=transaction, or a "
            "proxy like it). Nexora listens for notifications and holds locks, which need a session of their own: give "
            "it the server's own address, or a pool with pool_mode=session."
        )


async def _open(dsn: str, stack: AsyncExitStack) -> Any:
    connection = await asyncpg.connect(
        dsn,
        timeout=_CONNECT_SECONDS,
        command_timeout=_CONNECT_SECONDS,
        statement_cache_size=0,  # such a pooler may lose a prepared statement before we have found it
        server_settings={"application_name": "nexora look"},
    )
    stack.push_async_callback(connection.close, timeout=_CONNECT_SECONDS)
    return connection
