"""Hosts: what commands were not let through to, what admins made of it, and the same decisions. For admins only."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway.web.console.pages import Said, noticed, render
from gateway.web.http.server import PERSON, SERVICES, Route
from gateway.web.http.visitor import origin_of
from governance.approvals.hosts.host_rules import HostOffer
from governance.people.people import Origin, Person, Role


async def hosts(request: web.Request) -> web.Response:
    """The whole page."""
    return await _show(request, Said())


async def allow(request: web.Request) -> web.Response:
    """Make a rule of it."""
    return await _change(request, request.app[SERVICES].host_rules.allow, "hosts.made")


async def deny(request: web.Request) -> web.Response:
    """Have nobody asked about it any more."""
    return await _change(request, request.app[SERVICES].host_rules.deny, "hosts.now_denied")


async def revoke(request: web.Request) -> web.Response:
    """End a rule, or take a denial back."""
    return await _change(request, request.app[SERVICES].host_rules.revoke, "hosts.ended")


async def _change(
    request: web.Request, act: Callable[[Person, str, Origin], Awaitable[HostOffer | None]], word: str
) -> web.Response:
    offer = await act(request[PERSON], request.match_info["code"], origin_of(request, request.app[SERVICES].settings))
    if offer is None:
        return await _show(request, Said(words=noticed(request, "hosts.changed").words, is_problem=True))
    if word == "hosts.ended" and offer.is_denied:
        word = "hosts.reopened"
    return await _show(request, noticed(request, word, agent=offer.agent, place=offer.place))


async def _show(request: web.Request, said: Said) -> web.Response:
    found = await request.app[SERVICES].host_rules.listed()
    return render(
        request,
        "hosts.html",
        said=said,
        rules=[offer for offer in found if offer.is_allowed],
        blocked=[offer for offer in found if not offer.is_allowed and not offer.is_denied],
        denied=[offer for offer in found if offer.is_denied],
    )


ROUTES = (
    Route("GET", "/hosts", hosts, Role.ADMIN, page=True),
    Route("POST", "/hosts/{code}/allow", allow, Role.ADMIN, page=True, form=True),
    Route("POST", "/hosts/{code}/deny", deny, Role.ADMIN, page=True, form=True),
    Route("POST", "/hosts/{code}/revoke", revoke, Role.ADMIN, page=True, form=True),
)
