"""How every channel is, in the platform's own words where it gave any. For admins only."""

from aiohttp import web

from gateway.web.pages import is_part, noticed, render
from gateway.web.server import SERVICES, Route
from governance.people import Role


async def channels(request: web.Request) -> web.Response:
    """The whole page, or its table alone."""
    template = "channels_list.html" if is_part(request) else "channels.html"
    return render(request, template, channels=sorted(request.app[SERVICES].channels.items()))


async def retry(request: web.Request) -> web.Response:
    """Try a channel again at once."""
    supervisor = request.app[SERVICES].channels.get(request.match_info["name"])
    if supervisor is None:
        raise web.HTTPNotFound
    supervisor.retry()
    said = noticed(request, "channels.retrying", name=request.match_info["name"])
    return render(request, "channels.html", channels=sorted(request.app[SERVICES].channels.items()), said=said)


ROUTES = (
    Route("GET", "/channels", channels, Role.ADMIN, page=True),
    Route("POST", "/channels-retry/{name}", retry, Role.ADMIN, page=True, form=True),
)
