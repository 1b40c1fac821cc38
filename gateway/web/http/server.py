"""The HTTP server: one list of routes, each of which says who may call it, behind one middleware that holds them to it.

A route that does not say so cannot be built. Who calls is asked of the database on every request; no header, address
or cookie is believed beyond the signed session it carries.
"""

from collections.abc import Iterable, Sequence

from aiohttp import web

from channels.base import NexoraError
from gateway.web.http.middleware import Middleware
from gateway.web.http.route import DRAWS, Access, Draws, Route, give
from gateway.web.http.sse import STREAMS, EventStreams, close_all
from governance.people.people import Role


class RouteUndeclared(NexoraError):
    """A route does not say who may call it."""


def build(
    middleware: Middleware,
    routes: Sequence[Route],
    records: Iterable[object],
    *,
    draws: Draws,
    extra: Sequence[web.RouteDef] = (),
) -> web.Application:
    """The application. `extra` are the channels' own routes, which verify their callers themselves.

    Pass `(*auth.ROUTES, *api.ROUTES, *pages.ROUTES)`, and the record `Needs` of each module that has them; `draws` is
    `pages.render`. Open streams end when it stops. Raises RouteUndeclared.
    """
    app = web.Application(middlewares=[middleware.errors], client_max_size=1024 * 1024)
    app[DRAWS], app[STREAMS] = draws, EventStreams()
    give(app, records)
    app.on_response_prepare.append(middleware.headers)
    app.on_shutdown.append(close_all)
    for route in routes:
        if not isinstance(route.role, Role | Access):
            raise RouteUndeclared(f"{route.method} {route.path} does not say who may call it")
        app.router.add_route(route.method, route.path, middleware.guarded(route))
    app.router.add_routes(extra)
    return app
