"""The page behind the links of a card: a GET shows what would be decided, a POST decides, once. Nothing else is there.

Programs that scan mail open every link, so opening one decides nothing. The page runs no script, loads nothing, tells
no other site where it was, and is kept by no cache. What a link may decide is signed (`tokens`); whether the person may
and the card still stands is looked up by those who hear the press.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from html import escape
from http import HTTPStatus

import structlog
from aiohttp import web

from channels.base import NotStored
from channels.email.tokens import MailChoice, Signer
from channels.locales import say

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_MOST_BYTES = 8192
_MOST_USED = 10_000

log = structlog.get_logger(__name__)

Decide = Callable[[MailChoice], Awaitable[None]]


class Webhook:
    """Answers the two requests of one page."""

    def __init__(self, signer: Signer, now: Callable[[], datetime]) -> None:
        self._signer = signer
        self._now = now
        self._used: OrderedDict[str, None] = OrderedDict()

    async def show(self, request: web.Request) -> web.Response:
        """GET: what would be decided, and the button that does."""
        token = request.query.get("t", "")
        choice = self._signer.read_link(token)
        if problem := self._problem(choice, request):
            return problem
        assert choice is not None  # noqa: S101 -- `_problem` answers for None
        return _page("ask", choice.language, HTTPStatus.OK, _form(token, choice))

    async def decide(self, request: web.Request, decide: Decide) -> web.Response:
        """POST: decide, if the token is ours, in time and not used."""
        if request.content_type != "application/x-www-form-urlencoded" or (request.content_length or 0) > _MOST_BYTES:
            return _page("bad", "en", HTTPStatus.FORBIDDEN)
        token = (await request.post()).get("t", "")
        choice = self._signer.read_link(token if isinstance(token, str) else "")
        if problem := self._problem(choice, request):
            return problem
        assert choice is not None  # noqa: S101 -- `_problem` answers for None
        self._used[choice.name] = None
        try:
            await decide(choice)
        except NotStored as error:
            self._used.pop(choice.name, None)
            log.warning("email_decision_not_stored", reason=str(error))
            return _page("busy", choice.language, HTTPStatus.SERVICE_UNAVAILABLE)
        while len(self._used) > _MOST_USED:
            self._used.popitem(last=False)
        return _page("done", choice.language, HTTPStatus.OK)

    def _problem(self, choice: MailChoice | None, request: web.Request) -> web.Response | None:
        if choice is None:
            log.warning("email_link_not_ours", remote=request.remote, method=request.method)
            return _page("bad", "en", HTTPStatus.FORBIDDEN)
        if choice.is_over(self._now()):
            return _page("late", choice.language, HTTPStatus.GONE)
        return _page("used", choice.language, HTTPStatus.CONFLICT) if choice.name in self._used else None


def _form(token: str, choice: MailChoice) -> str:
    you = say("email.page.you", choice.language, address=choice.address)
    return (
        f"<p><strong>{escape(choice.title)}</strong></p>\n<p>{escape(you)}</p>\n"
        f'<form method="post"><input type="hidden" name="t" value="{escape(token)}">'
        f'<button type="submit">{escape(choice.label)}</button></form>'
    )


def _page(key: str, language: str, status: HTTPStatus, below: str = "") -> web.Response:
    title = escape(say(f"email.page.{key}", language))
    text = (
        f'<!DOCTYPE html>\n<html lang="{say("language.tag", language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{title}</title></head><body><h1>{title}</h1>\n{below}\n</body></html>\n"
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=_HEADERS)
