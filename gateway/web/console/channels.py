"""How every channel is, in the platform's own words where it gave any. For admins only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from channels.running.supervisor import Supervisor
from gateway.queue.outbox import Backlog, backlog
from gateway.settings.model import ChannelSettings, Settings
from gateway.upkeep.channel_times import times_of
from gateway.upkeep.lacks import cannot, repair
from gateway.web.console.pages import is_part, noticed, render
from gateway.web.http.language import language_of
from gateway.web.http.route import Route, needs_of
from gateway.web.http.visitor import distrusted_proxy
from governance.people.people import Role
from governance.record.transaction import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page of channels uses. `troubles` says what is wrong inside this gateway, part by part."""

    store: Store
    channels: Mapping[str, Supervisor]
    unstarted: Mapping[str, ChannelSettings]
    troubles: Callable[[], Mapping[str, str]]
    settings: Settings


async def channels(request: web.Request) -> web.Response:
    """The whole page, or its table alone."""
    return await _shown(request, "channels_list.html" if is_part(request) else "channels.html")


async def _shown(request: web.Request, template: str, **more: Any) -> web.Response:
    needs = needs_of(request, Needs)
    unsent = await backlog(needs.store)
    times = await times_of(needs.store, needs.channels)
    rows = [(name, each, unsent.get(name, Backlog()), times[name]) for name, each in sorted(needs.channels.items())]
    language = language_of(request)
    return render(
        request,
        template,
        channels=rows,
        unstarted=sorted(needs.unstarted.items()),
        is_alone=len(rows) == 1 and not needs.unstarted,
        cannot=partial(cannot, language=language),
        repair=partial(repair, language=language),
        proxy=distrusted_proxy(request, needs.settings),
        troubles=sorted(needs.troubles().items()),
        **more,
    )


async def retry(request: web.Request) -> web.Response:
    """Try a channel again at once."""
    supervisor = needs_of(request, Needs).channels.get(request.match_info["name"])
    if supervisor is None:
        raise web.HTTPNotFound
    supervisor.retry()
    said = noticed(request, "channels.retrying", name=request.match_info["name"])
    return await _shown(request, "channels.html", said=said)


ROUTES = (
    Route("GET", "/channels", channels, Role.ADMIN, page=True),
    Route("POST", "/channels-retry/{name}", retry, Role.ADMIN, page=True, form=True),
)
