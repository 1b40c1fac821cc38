"""Signing in and out, and the one-time links. The pages are the console's; what they lead to happens here."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.specs import SpecFolder
from channels.base import NexoraError
from channels.locales import say
from gateway.settings.model import Settings
from gateway.web.http.language import language_of
from gateway.web.http.middleware import SIGN_IN_PAGE
from gateway.web.http.problems import Problem, problem, status_of
from gateway.web.http.route import DRAWS, ORIGIN, PERSON, SESSION, Access, Route, needs_of
from gateway.web.http.visitor import cookie_name, is_https, is_on_this_machine
from governance.accounts.sentences import sentence_of
from governance.people import invitations
from governance.people.agent_grants import MOST_FOR_ADMINS
from governance.people.names import NameRefused
from governance.people.wrong import NameWrong, PersonExists
from governance.record.transaction import Store
from governance.sign_in.attempts import LockedOut
from governance.sign_in.passwords import PasswordRefused
from governance.sign_in.sessions import Sessions
from governance.sign_in.sign_in import LinkUsed, SignedIn, SignIn, SignInRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What signing in uses."""

    store: Store
    sign_in: SignIn
    sessions: Sessions
    specs: SpecFolder
    settings: Settings


class Credentials(BaseModel):
    """What signs somebody in."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=1024)


async def sign_in_form(request: web.Request) -> web.StreamResponse:
    """The sign-in page; whoever is signed in already goes on."""
    where = safe_next(request.query.get("next", ""))
    if PERSON in request:
        raise web.HTTPSeeOther(where)
    return _page(request, "sign_in.html", next=where)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Sign in by a form, which leads on to `next`, or by JSON, which answers 204."""
    needs = needs_of(request, Needs)
    needs.sign_in.require_open(request[ORIGIN])
    is_form = request.content_type != "application/json"
    given = dict(await request.post()) if is_form else {}
    try:
        wanted = _credentials(given) if is_form else Credentials.model_validate_json(await request.read())
        require_safe_transport(request, needs.settings)
        signed = await needs.sign_in.by_password(wanted.name, wanted.password, origin=request[ORIGIN])
    except ValidationError:
        return _refused(request, SignInRefused(), "sign_in.html", is_form=is_form, next=_next_of(given))
    except (SignInRefused, LockedOut, Problem) as error:
        return _refused(request, error, "sign_in.html", is_form=is_form, next=_next_of(given))
    return _welcomed(request, signed, _next_of(given) if is_form else None)


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End this session and forget its cookie."""
    needs, session = needs_of(request, Needs), request[SESSION]
    await needs.sessions.end(session.id, session.person.id, by=session.person, origin=request[ORIGIN])
    answer = (
        web.Response(status=HTTPStatus.NO_CONTENT)
        if request.method == "DELETE"
        else web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": SIGN_IN_PAGE})
    )
    name = cookie_name(request, needs.settings)
    answer.del_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="Lax")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


async def welcome_form(request: web.Request) -> web.StreamResponse:
    """What a one-time link shows. Looking changes nothing, so a preview of the link does not use it up."""
    code = request.match_info["code"]
    link = await invitations.find(needs_of(request, Needs).store, code)
    if link is None:
        return problem(request, HTTPStatus.GONE, sentence_of(LinkUsed(), language_of(request)))
    return _page(request, "welcome.html", code=code, name=link.name, invited=link.name)


async def welcome_submit(request: web.Request) -> web.StreamResponse:
    """Use a one-time link: make the first admin or set the password, and sign in."""
    needs = needs_of(request, Needs)
    code = request.match_info["code"]
    given = dict(await request.post())
    name, password = str(given.get("name", "")).strip(), str(given.get("password", ""))
    try:
        require_safe_transport(request, needs.settings)
        signed = await needs.sign_in.by_link(
            code,
            name,
            password,
            language=language_of(request),
            agents=needs.specs.names()[:MOST_FOR_ADMINS],
            origin=request[ORIGIN],
        )
    except LinkUsed as error:
        return problem(request, HTTPStatus.GONE, sentence_of(error, language_of(request)))
    except (LockedOut, NameRefused, NameWrong, PasswordRefused, PersonExists, Problem) as error:
        link = await invitations.find(needs.store, code)
        invited = link.name if link is not None else ""
        return _refused(request, error, "welcome.html", is_form=True, code=code, name=name, invited=invited)
    return _welcomed(request, signed, "/")


def safe_next(where: str) -> str:
    """A path of ours to go on to, or the front page: never another site, never a script."""
    parts = urlsplit(where)
    is_path = where.startswith("/") and not where.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return where if is_path and where.isprintable() and "\\" not in where else "/"


def _next_of(given: dict[str, Any]) -> str:
    return safe_next(str(given.get("next", "")))


def _credentials(given: dict[str, Any]) -> Credentials:
    return Credentials.model_validate({name: given.get(name) for name in ("name", "password")})


def require_safe_transport(request: web.Request, settings: Settings) -> None:
    """What is typed must not travel in the open: over https, or on this machine. Raises Problem."""
    if not is_https(request, settings) and not is_on_this_machine(request, settings):
        raise Problem(HTTPStatus.FORBIDDEN, detail=say("problem.needs_https", language_of(request)))


def _refused(
    request: web.Request, error: NexoraError, template: str, *, is_form: bool, **context: Any
) -> web.StreamResponse:
    status = error.status if isinstance(error, Problem) else status_of(error) or HTTPStatus.BAD_REQUEST
    words = sentence_of(error, language_of(request))
    answer = _page(request, template, problem=words, **context) if is_form else problem(request, status, words)
    answer.set_status(status)
    if isinstance(error, LockedOut):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer


def _welcomed(request: web.Request, signed: SignedIn, where: str | None) -> web.StreamResponse:
    needs = needs_of(request, Needs)
    name = cookie_name(request, needs.settings)
    answer = (
        web.Response(status=HTTPStatus.NO_CONTENT)
        if where is None
        else web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": where})
    )
    answer.set_cookie(
        name,
        signed.token,
        path="/",
        max_age=int(needs.sessions.absolute.total_seconds()),
        secure=name.startswith("__Host-"),
        httponly=True,
        samesite="Lax",
    )
    return answer


def _page(request: web.Request, template: str, **context: Any) -> web.Response:
    """A page of the console. Both templates read problem, code, name and next."""
    values = {"problem": "", "code": "", "name": "", "next": "/", **context}
    return request.app[DRAWS](request, template, **values)


ROUTES: tuple[Route, ...] = (
    Route("GET", SIGN_IN_PAGE, sign_in_form, Access.PUBLIC, page=True),
    Route("POST", "/session", sign_in, Access.PUBLIC, form=True, max_bytes=16 * 1024),
    Route("DELETE", "/session", sign_out, Access.SIGNED_IN),
    Route("POST", "/session/end", sign_out, Access.SIGNED_IN, form=True, max_bytes=16 * 1024),
    Route("GET", "/welcome/{code}", welcome_form, Access.PUBLIC, page=True),
    Route("POST", "/welcome/{code}", welcome_submit, Access.PUBLIC, form=True, max_bytes=16 * 1024),
)
