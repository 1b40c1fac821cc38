"""The HTTP server: one list of routes, each of which says who may call it, behind one middleware that holds them to it.

A route that does not say so cannot be built. Who calls is asked of the database on every request; no header, address
or cookie is believed beyond the signed session it carries.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from channels.base import NexoraError
from gateway.services import Services
from governance.people.people import Person, Role
from governance.sign_in.sessions import Session

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Access(StrEnum):
    """Who may call a route that needs no role. Alphabetical."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path and who may call it. `role`: a Role, or Access.PUBLIC or Access.SIGNED_IN.

    Role.OPERATOR lets every signed-in person in, Role.ADMIN admins alone. `page` sends people without a session to
    the sign-in page instead of answering 401. `max_bytes` is the largest body; `form` lets a form be posted, which
    the API refuses. A handler that reads more than its limit gets 413 from aiohttp.
    """

    method: str
    path: str
    handler: Handler
    role: Role | Access
    page: bool = False
    form: bool = False
    max_bytes: int = 1024 * 1024


class RouteUndeclared(NexoraError):
    """A route does not say who may call it."""


SERVICES = web.AppKey("services", Services)
PERSON = web.RequestKey("person", Person)
"""The person who calls, on every route that is not public; there too when somebody signed in calls it."""
SESSION = web.RequestKey("session", Session)
"""The session of that person."""


def build(services: Services, routes: Sequence[Route], extra: Sequence[web.RouteDef] = ()) -> web.Application:
    """The application. `extra` are the channels' own routes, which verify their callers themselves.

    Pass `(*auth.ROUTES, *api.ROUTES, *pages.ROUTES)`. Raises RouteUndeclared.
    """
    from gateway.web.http.middleware import Middleware  # noqa: PLC0415  # the middleware needs the types above

    middleware = Middleware(services)
    app = web.Application(middlewares=[middleware.errors], client_max_size=1024 * 1024)
    app[SERVICES] = services
    app.on_response_prepare.append(middleware.headers)
    for route in routes:
        if not isinstance(route.role, Role | Access):
            raise RouteUndeclared(f"{route.method} {route.path} does not say who may call it")
        app.router.add_route(route.method, route.path, middleware.guarded(route))
    app.router.add_routes(extra)
    return app
