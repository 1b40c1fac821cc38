"""What keeps or balances gateways asks: whether the process lives, and whether it can serve. Nothing else is told."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

import asyncpg
from aiohttp import web

from channels.base import NexoraError
from gateway.database.pool import version_of
from gateway.web.http.route import Access, Route, needs_of
from governance.record.transaction import Store

ANSWER_SECONDS = 2.0
"""A database that takes longer does not serve; who asks waits some seconds at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the questions of health use."""

    store: Store


async def alive(_: web.Request) -> web.Response:
    """The process answers. It says nothing of the database, for starting anew would not mend that."""
    return web.Response(text="alive\n")


async def ready(request: web.Request) -> web.Response:
    """The database answers, and it has a schema, which is brought up to date before the port opens."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS), needs_of(request, Needs).store.pool.acquire() as connection:
            is_ready = await version_of(connection) is not None
    except (TimeoutError, OSError, NexoraError, asyncpg.PostgresError, asyncpg.InterfaceError):
        is_ready = False
    if is_ready:
        return web.Response(text="ready\n")
    return web.Response(text="not ready\n", status=HTTPStatus.SERVICE_UNAVAILABLE)


ROUTES = (
    Route("GET", "/healthz", alive, Access.PUBLIC),
    Route("GET", "/readyz", ready, Access.PUBLIC),
)
