"""What a route says about itself, and what its handler finds in the request: who calls, from where, what it may use."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from aiohttp import web

from governance.people.people import Origin, Person, Role
from governance.sign_in.sessions import Session

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
N = TypeVar("N")
USUAL_BYTES = 1024 * 1024
"""The largest body where a route says nothing else."""


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
    max_bytes: int = USUAL_BYTES


class Draws(Protocol):
    """Draws a page for whoever asks, which only the console can."""

    def __call__(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        """The template, filled in, in the language of the request."""


PERSON = web.RequestKey("person", Person)
"""The person who calls, on every route that is not public; there too when somebody signed in calls it."""
SESSION = web.RequestKey("session", Session)
"""The session of that person."""
ORIGIN = web.RequestKey("origin", Origin)
"""Where a change that this request makes comes from, for the record."""
DRAWS: web.AppKey[Draws] = web.AppKey("draws")
_NEEDS: web.AppKey[Mapping[type, object]] = web.AppKey("needs")


def give(app: web.Application, records: Iterable[object]) -> None:
    """Lay out the record `Needs` of each module that has handlers."""
    app[_NEEDS] = {type(record): record for record in records}


def needs_of(request: web.Request, kind: type[N]) -> N:
    """What a module uses: its own record, of which it says the fields; it asks for nobody else's."""
    record = request.app[_NEEDS][kind]
    if not isinstance(record, kind):
        raise TypeError(kind)
    return record
