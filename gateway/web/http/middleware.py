"""What every request passes: where it comes from, who sends it, whether they may, and how errors look."""

from http import HTTPStatus
from urllib.parse import quote
from uuid import uuid4

import structlog
from aiohttp import web

from channels.base import NexoraError
from channels.locales import say
from gateway.settings.model import Settings
from gateway.web.http.denials import Denials
from gateway.web.http.language import language_of
from gateway.web.http.problems import problem, problem_of, wants_page
from gateway.web.http.route import ORIGIN, PERSON, SESSION, Access, Handler, Route
from gateway.web.http.visitor import cookie_name, distrusted_proxy, is_https, origin_of, own_origins
from governance.people.people import Person, Role
from governance.record.transaction import Store
from governance.sign_in.sessions import Sessions

_log = structlog.get_logger(__name__)

MOST_PROXIES = 100
READING = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN_PAGE = "/sign-in"
_BEGUN = web.RequestKey("begun", list[web.StreamResponse])
"""The answer that has begun to be sent; a list, since a handler works on a copy of the request."""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Middleware:
    """Holds every route to what it declares."""

    def __init__(self, settings: Settings, sessions: Sessions, store: Store) -> None:
        self._settings = settings
        self._sessions = sessions
        self._denials = Denials(store)
        self._proxies: set[str] = set()

    def guarded(self, route: Route) -> Handler:
        """The handler behind the checks that the route asks for."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self._tell_of_proxy(request)
            request[ORIGIN] = origin_of(request, self._settings)
            had_token = await self._recognise(request)
            person = request.get(PERSON)
            if request.method not in READING and not self._is_ours(request):
                await self._note(request, HTTPStatus.FORBIDDEN, "other site", person)
                return problem(request, HTTPStatus.FORBIDDEN, say("problem.other_site", language_of(request)))
            if route.role is Access.PUBLIC:
                return await _sized(request, route)
            if person is None:
                return await self._unknown(request, route, had_token=had_token)
            if route.role is Role.ADMIN and person.role is not Role.ADMIN:
                await self._note(request, HTTPStatus.FORBIDDEN, "needs an admin", person)
                return problem(request, HTTPStatus.FORBIDDEN)
            return await _sized(request, route)

        return handle

    @web.middleware
    async def errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn whatever goes wrong into an answer that tells a person enough and an attacker nothing."""
        request[_BEGUN] = []
        try:
            if request.match_info.http_exception is not None and wants_page(request):
                await self._recognise(request)  # no route will, and the page is drawn for whoever asks
            answer = await handler(request)
        except web.HTTPException as error:
            answer = error
        except NexoraError as error:
            known = problem_of(request, error)
            return known if known is not None else self._failed(request)
        except ConnectionError:
            return self._left(request)
        except Exception:  # noqa: BLE001  # the border of one request
            return self._failed(request)
        return _refusal(request, answer) if isinstance(answer, web.HTTPException) else answer

    async def headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """The headers that every answer carries, unless a handler has set its own."""
        request[_BEGUN].append(response)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = "nexora"
        if is_https(request, self._settings):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")

    async def _recognise(self, request: web.Request) -> bool:
        """Put whoever asks, with the session, into the request; returns whether it came with a token at all."""
        token = request.cookies.get(cookie_name(request, self._settings), "")
        session = await self._sessions.check(token) if token else None
        if session is not None:
            request[SESSION], request[PERSON] = session, session.person
        return bool(token)

    def _tell_of_proxy(self, request: web.Request) -> None:
        """Log once for each proxy that the settings do not trust, since all who come through it have its address."""
        proxy = distrusted_proxy(request, self._settings)
        if proxy and proxy not in self._proxies and len(self._proxies) < MOST_PROXIES:
            self._proxies.add(proxy)
            _log.warning("proxy_not_trusted", proxy=proxy, set="server.trusted_proxies")

    def _left(self, request: web.Request) -> web.StreamResponse:
        """The end of a request whose asker has gone, which is no failure; any other broken connection is one."""
        if request.transport is not None and not request.transport.is_closing():
            return self._failed(request)
        _log.debug("asker_gone", method=request.method, path=request.path)
        return request[_BEGUN][-1] if request[_BEGUN] else web.Response(status=HTTPStatus.BAD_REQUEST)

    def _failed(self, request: web.Request) -> web.StreamResponse:
        error_id = uuid4().hex[:12]
        _log.exception("request_failed", id=error_id, method=request.method, path=request.path)
        if request[_BEGUN]:
            if request.transport is not None:
                request.transport.close()  # half an answer must not look like a whole one
            return request[_BEGUN][-1]
        return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, error_id=error_id)

    def _is_ours(self, request: web.Request) -> bool:
        """Whether a page of ours, or a program that says so, sends this; a browser lets no other page claim it."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site in {"same-origin", "none"}
        return request.headers.get("Origin", "").lower() in own_origins(request, self._settings)

    async def _unknown(self, request: web.Request, route: Route, *, had_token: bool) -> web.StreamResponse:
        if had_token:
            await self._note(request, HTTPStatus.UNAUTHORIZED, "the session has ended or the token is not ours", None)
        if route.page and "HX-Request" in request.headers:
            answer = problem(request, HTTPStatus.UNAUTHORIZED)
            answer.headers["HX-Redirect"] = SIGN_IN_PAGE
            return answer
        if route.page and request.method == "GET" and wants_page(request):
            raise web.HTTPSeeOther(f"{SIGN_IN_PAGE}?next={quote(request.path_qs, safe='')}")
        return problem(request, HTTPStatus.UNAUTHORIZED)

    async def _note(self, request: web.Request, status: int, why: str, person: Person | None) -> None:
        await self._denials.note(request, status, why, person, request[ORIGIN])


def _refusal(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    """The answer that aiohttp, or a handler in its way, gives by an exception."""
    if error.status < HTTPStatus.BAD_REQUEST:
        raise error
    refusal = problem(request, error.status)
    if "Allow" in error.headers:
        refusal.headers["Allow"] = error.headers["Allow"]
    return refusal


async def _sized(request: web.Request, route: Route) -> web.StreamResponse:
    """Call the handler with a body no larger than the route allows."""
    if (request.content_length or 0) > route.max_bytes:
        return problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if request.can_read_body and not route.form and request.content_type != "application/json":
        return problem(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return await route.handler(request.clone(client_max_size=route.max_bytes))
