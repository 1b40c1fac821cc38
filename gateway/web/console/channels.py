"""How every channel is, in the platform's own words where it gave any. For admins only."""

from functools import partial
from typing import Any

from aiohttp import web

from gateway.queue.outbox import Backlog, backlog
from gateway.upkeep.channel_times import times_of
from gateway.upkeep.lacks import cannot, repair
from gateway.web.console.pages import is_part, noticed, render
from gateway.web.http.problems import language_of
from gateway.web.http.server import SERVICES, Route
from gateway.web.http.visitor import distrusted_proxy
from governance.people.people import Role


async def channels(request: web.Request) -> web.Response:
    """The whole page, or its table alone."""
    return await _shown(request, "channels_list.html" if is_part(request) else "channels.html")


async def _shown(request: web.Request, template: str, **more: Any) -> web.Response:
    services = request.app[SERVICES]
    unsent = await backlog(services.store)
    times = await times_of(services.store, services.channels)
    rows = [(name, each, unsent.get(name, Backlog()), times[name]) for name, each in sorted(services.channels.items())]
    language = language_of(request)
    return render(
        request,
        template,
        channels=rows,
        unstarted=sorted(services.unstarted.items()),
        is_alone=len(rows) == 1 and not services.unstarted,
        cannot=partial(cannot, language=language),
        repair=partial(repair, language=language),
        proxy=distrusted_proxy(request, services.settings),
        troubles=sorted(services.troubles().items()),
        **more,
    )


async def retry(request: web.Request) -> web.Response:
    """Try a channel again at once."""
    supervisor = request.app[SERVICES].channels.get(request.match_info["name"])
    if supervisor is None:
        raise web.HTTPNotFound
    supervisor.retry()
    said = noticed(request, "channels.retrying", name=request.match_info["name"])
    return await _shown(request, "channels.html", said=said)


ROUTES = (
    Route("GET", "/channels", channels, Role.ADMIN, page=True),
    Route("POST", "/channels-retry/{name}", retry, Role.ADMIN, page=True, form=True),
)
