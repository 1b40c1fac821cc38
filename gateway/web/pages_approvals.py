"""What waits for a decision, what was decided, and the grants that decisions left. Whether one may is asked below."""

from datetime import timedelta

from aiohttp import web

from gateway.web.conversations import account_of
from gateway.web.pages import form_of, is_part, render
from gateway.web.problems import language_of
from gateway.web.server import PERSON, SERVICES, Route
from gateway.web.words import say
from governance.cards import buttons, details
from governance.people import Role

RECENT = 20
LONGEST_REASON = 500
WHOLE = 1200
"""Arguments longer than this are folded, with all of them one press away."""


async def approvals(request: web.Request) -> web.Response:
    """The whole page."""
    return await _show(request, "approvals.html")


async def listed(request: web.Request) -> web.Response:
    """The lists alone, which the page asks for again and again."""
    return await _show(request, "approvals_list.html")


async def waiting(request: web.Request) -> web.Response:
    """How many requests wait, for the menu."""
    pending = await request.app[SERVICES].approvals.pending(request[PERSON])
    return render(request, "count.html", number=len(pending))


async def decide(request: web.Request) -> web.Response:
    """Decide a request by the id on its card."""
    form = await form_of(request)
    person = request[PERSON]
    outcome = await request.app[SERVICES].approvals.decide(
        person,
        account_of(person),
        card_id=request.match_info["card"],
        choice=form.get("choice", ""),
        reason=form.get("reason", "")[:LONGEST_REASON],
    )
    return await _show(request, "approvals_list.html" if is_part(request) else "approvals.html", outcome.sentence)


async def revoke(request: web.Request) -> web.Response:
    """End a grant for a conversation."""
    person, language = request[PERSON], language_of(request)
    ended = await request.app[SERVICES].tool_grants.revoke(person, request.match_info["code"])
    words = say(language, "grants.revoked" if ended else "grants.not_yours")
    return await _show(request, "approvals_list.html" if is_part(request) else "approvals.html", words)


async def _show(request: web.Request, template: str, notice: str = "") -> web.Response:
    services, person, language = request.app[SERVICES], request[PERSON], language_of(request)
    return render(
        request,
        template,
        notice=notice,
        pending=await services.approvals.pending(person),
        recent=[each for each in await services.approvals.recent(person, RECENT) if not each.is_pending],
        grants=await services.tool_grants.live(person),
        now=services.store.now(),
        soon=timedelta(minutes=5),
        whole=WHOLE,
        details=lambda asked: details(asked, language),
        buttons=lambda asked: buttons(asked, language),
    )


ROUTES = (
    Route("GET", "/approvals", approvals, Role.OPERATOR, page=True),
    Route("GET", "/approvals/list", listed, Role.OPERATOR, page=True),
    Route("GET", "/approvals/count", waiting, Role.OPERATOR, page=True),
    Route("POST", "/approvals/{card}/decide", decide, Role.OPERATOR, page=True, form=True),
    Route("POST", "/tool-grants/{code}/revoke", revoke, Role.OPERATOR, page=True, form=True),
)
