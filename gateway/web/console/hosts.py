"""Hosts: what commands were not let through to, what admins made of it, and the same decisions. For admins only."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from gateway.web.console.pages import Said, noticed, render
from gateway.web.http.route import ORIGIN, PERSON, Route, needs_of
from governance.approvals.hosts.host_rules import HostOffer, HostRules
from governance.people.people import Origin, Person, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page of hosts uses."""

    host_rules: HostRules


async def hosts(request: web.Request) -> web.Response:
    """The whole page."""
    return await _show(request, Said())


async def allow(request: web.Request) -> web.Response:
    """Make a rule of it."""
    return await _change(request, needs_of(request, Needs).host_rules.allow, "hosts.made")


async def deny(request: web.Request) -> web.Response:
    """Have nobody asked about it any more."""
    return await _change(request, needs_of(request, Needs).host_rules.deny, "hosts.now_denied")


async def revoke(request: web.Request) -> web.Response:
    """End a rule, or take a denial back."""
    return await _change(request, needs_of(request, Needs).host_rules.revoke, "hosts.ended")


async def _change(
    request: web.Request, act: Callable[[Person, str, Origin], Awaitable[HostOffer | None]], word: str
) -> web.Response:
    offer = await act(request[PERSON], request.match_info["code"], request[ORIGIN])
    if offer is None:
        return await _show(request, Said(words=noticed(request, "hosts.changed").words, is_problem=True))
    if word == "hosts.ended" and offer.is_denied:
        word = "hosts.reopened"
    return await _show(request, noticed(request, word, agent=offer.agent, place=offer.place))


async def _show(request: web.Request, said: Said) -> web.Response:
    found = await needs_of(request, Needs).host_rules.listed()
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
