"""The pages of a sign-in to a server of others: who is about to be signed in where, the way there, and the way back.

Nobody needs a session for them, since people of chats have none; whoever has one of somebody else is refused. The way
back is bound to the browser that went. Nothing that a server says leads a browser anywhere but to its own sign-in page.
"""

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from channels.locales import say
from gateway.settings.model import Settings
from gateway.signing_in.begun import LASTS, BegunSignIn
from gateway.signing_in.desk import BACK, CLIENT, START, SignInDesk, SignInRefusedHere
from gateway.web.http.language import language_of
from gateway.web.http.problems import problem
from gateway.web.http.route import DRAWS, PERSON, Access, Route, needs_of
from gateway.web.http.visitor import is_https
from governance.people.people import Person

_COOKIE = "nexora_server_sign_in"
_LONGEST = 4_096
_STATUS = {"over": HTTPStatus.GONE, "failed": HTTPStatus.BAD_GATEWAY, "denied": HTTPStatus.BAD_REQUEST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What these pages use."""

    desk: SignInDesk
    settings: Settings


async def start(request: web.Request) -> web.Response:
    """Who would be signed in where. Looking changes nothing, so a preview of the link does not use it up."""
    needs = needs_of(request, Needs)
    try:
        begun, person = await needs.desk.opened(request.match_info["link"], request.get(PERSON))
    except SignInRefusedHere as refused:
        return _refused(request, refused)
    return _page(request, begun, person, onward="")


async def go(request: web.Request) -> web.Response:
    """Bind it to this browser and lead it to where one signs in."""
    needs = needs_of(request, Needs)
    browser = request.cookies.get(_COOKIE, "")[:100] or secrets.token_urlsafe(24)
    try:
        begun, person = await needs.desk.opened(request.match_info["link"], request.get(PERSON))
        await needs.desk.go_on(request.match_info["link"], request.get(PERSON), browser)
    except SignInRefusedHere as refused:
        return _refused(request, refused)
    onward = begun.kept.url if begun.kept else ""
    answer = _page(request, begun, person, onward=onward)
    answer.headers["Refresh"] = f"0; url={onward}"  # a redirect of the form is what our Content-Security-Policy refuses
    answer.set_cookie(
        _COOKIE,
        browser,
        path="/servers",
        max_age=int(LASTS.total_seconds()),
        secure=is_https(request, needs.settings),
        httponly=True,
        samesite="Lax",
    )
    return answer


async def back(request: web.Request) -> web.Response:
    """Whoever comes back from there."""
    needs = needs_of(request, Needs)
    given = {name: request.query.get(name, "")[:_LONGEST] for name in ("code", "error", "iss", "state")}
    if given["error"]:
        given["code"] = ""
    try:
        begun = await needs.desk.come_back(given, request.get(PERSON), request.cookies.get(_COOKIE, "")[:100])
    except SignInRefusedHere as refused:
        return _refused(request, refused)
    answer = request.app[DRAWS](request, "server_sign_in.html", server=begun.server, done=True, onward="")
    answer.del_cookie(_COOKIE, path="/servers")
    return answer


async def about_us(request: web.Request) -> web.Response:
    """What we are, for authorisation servers that take an address for a name."""
    return web.json_response(dict(needs_of(request, Needs).desk.about_us))


def _page(request: web.Request, begun: BegunSignIn, person: Person, *, onward: str) -> web.Response:
    place = begun.kept.place if begun.kept else None
    return request.app[DRAWS](
        request,
        "server_sign_in.html",
        server=begun.server,
        done=False,
        onward=onward,
        link=request.match_info["link"],
        whose=person.label,
        for_all=begun.for_all,
        host=urlsplit(place.server_url).netloc if place else "",
        place=urlsplit(place.authorize_url).netloc if place else "",
        scopes=place.scope.split() if place else [],
    )


def _refused(request: web.Request, refused: SignInRefusedHere) -> web.Response:
    server = refused.server or say("sign_in.some_server", language_of(request))
    words = say(f"sign_in.refused.{refused.word}", language_of(request), server=server)
    return problem(request, _STATUS.get(refused.word, HTTPStatus.FORBIDDEN), words)


ROUTES = (
    Route("GET", START + "{link}", start, Access.PUBLIC, page=True),
    Route("POST", START + "{link}", go, Access.PUBLIC, page=True, form=True, max_bytes=1024),
    Route("GET", BACK, back, Access.PUBLIC, page=True),
    Route("GET", CLIENT, about_us, Access.PUBLIC),
)
