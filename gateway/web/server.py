"""The HTTP server: one list of routes, each of which says who may call it, behind one door that holds them to it.

A route that does not say so cannot be built. Who calls is asked of the database on every request; no header, address
or cookie is believed beyond the signed session it carries.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from aiohttp import web

from agents.layers import Layers
from agents.pool import Pool
from agents.prices import Prices
from agents.specs import SpecFolder
from channels.base import NexoraError, Receive
from channels.supervisor import Supervisor
from gateway.bus import Bus
from gateway.settings import ChannelSettings, Settings
from governance.accounts import Accounts
from governance.agent_grants import AgentGrants
from governance.approvals import Approvals
from governance.audit_summary import Examined
from governance.bindings import Bindings
from governance.digests import Compose, Digests
from governance.host_rules import HostRules
from governance.people import People, Person, Role
from governance.sessions import Session, Sessions
from governance.sign_in import SignIn
from governance.store import Store
from governance.tool_grants import ToolGrants

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


UsageBy = Literal["agent", "channel", "conversation", "day", "model", "person"]


class Trail(Protocol):
    """What the web needs of the record."""

    async def read(
        self, viewer: Person, *, tag: str, actor: str, since: datetime | None, before: Any, limit: int
    ) -> Sequence[Any]:
        """The latest lines that this person may see, newest first; each has the fields of `audit.Line`."""

    async def known(self, lines: Sequence[Any]) -> Mapping[str, str]:
        """What the persons who are actors of these lines are called, by their ids."""


class Verifies(Protocol):
    """What verifies the record."""

    async def examine(self) -> Examined:
        """How much there is of the record, and whether it is whole. Raises a NexoraError when it cannot be read."""


class Usage(Protocol):
    """What the web needs of token usage."""

    async def table(self, viewer: Person, *, by: UsageBy, since: datetime, until: datetime) -> Sequence[Any]:
        """Sums that this person may see: key, label, input_, output_ and cached_tokens, calls, cost_usd."""


class Access(StrEnum):
    """Who may call a route that needs no role. Alphabetical."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"


async def nothing_to_stop(_: str) -> bool:
    """What `Services.stop` says where no answers are made."""
    return False


def no_troubles() -> Mapping[str, str]:
    """What `Services.troubles` says where nothing runs that could fail."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a handler may use, built in `gateway.app`."""

    settings: Settings
    store: Store
    people: People
    accounts: Accounts
    agent_grants: AgentGrants
    sessions: Sessions
    sign_in: SignIn
    approvals: Approvals
    bindings: Bindings
    tool_grants: ToolGrants
    host_rules: HostRules
    digests: Digests
    usage: Usage
    trail: Trail
    bus: Bus
    pool: Pool
    specs: SpecFolder
    layers: Layers
    channels: Mapping[str, Supervisor]
    receive: Receive
    prices: Prices
    explain_model: Callable[[str], str]
    compose_digest: Compose
    verifier: Verifies
    unstarted: Mapping[str, ChannelSettings] = field(default_factory=dict)
    """The channels whose settings keep them from starting, with what is wrong."""
    is_rehearsal: bool = False
    """Whether no model is connected, so that the rehearsal answers where an agent names no model of its own."""
    stop: Callable[[str], Awaitable[bool]] = nothing_to_stop
    """Ends the answer that is being made in the conversation of that key; False when there is none."""
    troubles: Callable[[], Mapping[str, str]] = no_troubles
    """What is wrong inside this gateway just now: the database or a part, by name, in the words of what failed."""


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
    """The application. `extra` are the channels' own doors, which verify their callers themselves.

    Pass `(*auth.ROUTES, *api.ROUTES, *pages.ROUTES)`. Raises RouteUndeclared.
    """
    from gateway.web.door import Door  # noqa: PLC0415  # the door needs the types above

    door = Door(services)
    app = web.Application(middlewares=[door.errors], client_max_size=1024 * 1024)
    app[SERVICES] = services
    app.on_response_prepare.append(door.headers)
    for route in routes:
        if not isinstance(route.role, Role | Access):
            raise RouteUndeclared(f"{route.method} {route.path} does not say who may call it")
        app.router.add_route(route.method, route.path, door.guarded(route))
    app.router.add_routes(extra)
    return app
