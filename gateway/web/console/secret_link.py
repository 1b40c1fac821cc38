"""The page of a one-time link by which somebody keeps one secret, without signing in.

It shows no value and no other secret: whoever has the link can give a value, and read none.
"""

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from channels.base import NexoraError
from gateway.settings.model import Settings
from gateway.web.console.pages import form_of, render, words
from gateway.web.http.auth import require_safe_transport
from gateway.web.http.language import language_of
from gateway.web.http.problems import problem, status_of
from gateway.web.http.route import ORIGIN, Access, Route, needs_of
from governance.accounts.sentences import sentence_of
from governance.secrets.links import SecretLink, SecretLinks
from governance.secrets.names import SecretLinkUsed

_AT = "/keep/{code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page of a link uses."""

    secret_links: SecretLinks
    settings: Settings


async def show(request: web.Request) -> web.StreamResponse:
    """The form. Looking changes nothing, so a preview of the link does not use it up."""
    link = await needs_of(request, Needs).secret_links.find(request.match_info["code"])
    return _page(request, link) if link else _gone(request)


async def keep(request: web.Request) -> web.StreamResponse:
    """Keep what was typed, once."""
    needs, code = needs_of(request, Needs), request.match_info["code"]
    link = await needs.secret_links.find(code)
    if link is None:
        return _gone(request)
    form = await form_of(request)
    try:
        require_safe_transport(request, needs.settings)
        await needs.secret_links.keep(code, form.get("value", "").replace("\r\n", "\n"), origin=request[ORIGIN])
    except SecretLinkUsed:
        return _gone(request)
    except NexoraError as error:
        if status_of(error) is None:
            raise
        return _page(request, link, wrong=sentence_of(error, language_of(request)))
    return _page(request, link, kept=words(language_of(request), "secrets.kept", name=link.name))


def _gone(request: web.Request) -> web.Response:
    return problem(request, HTTPStatus.GONE, sentence_of(SecretLinkUsed(), language_of(request)))


def _page(request: web.Request, link: SecretLink, *, wrong: str = "", kept: str = "") -> web.Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    code = request.match_info["code"]
    return render(request, "secret_link.html", status=status, code=code, link=link, wrong=wrong, kept=kept)


ROUTES = (
    Route("GET", _AT, show, Access.PUBLIC, page=True),
    Route("POST", _AT, keep, Access.PUBLIC, page=True, form=True, max_bytes=256 * 1024),
)
