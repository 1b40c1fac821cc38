"""The page that adds a channel: a code to scan where the platform makes apps so, else a form. For admins only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from channels.base import ChannelDown, NexoraError
from channels.locales import say
from channels.onboarding import SetUpEnded
from channels.running import catalogue
from gateway.settings.forms import Filled, fields_of, filled
from gateway.upkeep import channel_adding
from gateway.upkeep.qr_codes import as_svg
from gateway.upkeep.set_ups import AddedChannel, SetUps
from gateway.web.console.pages import Said, form_of, is_part, render, words
from gateway.web.http.language import language_of
from gateway.web.http.route import ORIGIN, PERSON, Route, needs_of
from governance.people.people import Role

PAGE = "/channels/add"
STOP_ASKING = 286
"""The status at which htmx asks no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page that adds a channel uses."""

    set_ups: SetUps


async def choose(request: web.Request) -> web.Response:
    """Which kind, under which name; with both and no code to scan, the form."""
    kind, name = request.query.get("kind", ""), request.query.get("name", "")
    if kind not in channel_adding.kinds():
        return _chosen(request, Said(), name=name)
    return _form(request, kind, name or kind, {}, Filled())


async def begin(request: web.Request) -> web.StreamResponse:
    """Ask the platform for a code and show it, or show the form."""
    form = await form_of(request)
    kind = form.get("kind", "")
    name = form.get("name", "").strip() or kind
    set_ups, begun = needs_of(request, Needs).set_ups, None
    try:
        if form.get("form"):
            set_ups.refuse(kind, name)
        else:
            begun = await set_ups.begin(request[PERSON], request[ORIGIN], kind, name)
    except NexoraError as error:
        return _chosen(request, Said(words=_sentence(request, error), is_problem=True), kind=kind, name=name)
    if begun is not None:
        raise web.HTTPSeeOther(f"{PAGE}/{begun.code}")
    raise web.HTTPSeeOther(f"{PAGE}?{urlencode({'kind': kind, 'name': name})}")


async def shown(request: web.Request) -> web.Response:
    """The code, as long as it is waited for, then what came of it."""
    begun = needs_of(request, Needs).set_ups.of(request[PERSON], request.match_info["code"])
    if begun is None:
        raise web.HTTPNotFound
    language = language_of(request)
    scan, then = channel_adding.words_of(begun.kind, language)
    told = [then, *_told(begun.added, language)] if begun.added else []
    return render(
        request,
        "add_channel_code_part.html" if is_part(request) else "add_channel_code.html",
        status=200 if begun.is_waiting or not is_part(request) else STOP_ASKING,
        begun=begun,
        svg=as_svg(begun.offer.link, scan) if begun.is_waiting else "",
        scan=scan,
        wait=say("adding.wait", language, span=channel_adding.counts_for(begun.offer, language)),
        told=told,
        problem=_sentence(request, begun.error) if begun.error else "",
    )


async def add(request: web.Request) -> web.Response:
    """Take a form: what is wrong is shown beside its field; what the platform does not take, once before it is kept."""
    form, set_ups = await form_of(request), needs_of(request, Needs).set_ups
    kind, name = form.pop("kind", ""), form.pop("name", "").strip()
    despite = form.pop("despite", "") == "yes"
    if kind not in channel_adding.kinds():
        raise web.HTTPNotFound
    known = {each.name for each in fields_of(kind)}
    texts = {each: text for each, text in form.items() if each in known}
    taken = filled(kind, texts)
    if taken.checked is None:
        return _form(request, kind, name, texts, taken)
    try:
        against = "" if despite else await set_ups.against(kind, name, taken)
        if against:
            return _form(request, kind, name, texts, taken, against=against)
        added = await set_ups.add(request[PERSON], request[ORIGIN], kind, name, taken)
    except NexoraError as error:
        return _form(request, kind, name, texts, taken, problem=_sentence(request, error))
    return render(request, "add_channel_done.html", told=_told(added, language_of(request)), name=added.name)


def _chosen(request: web.Request, said: Said, *, kind: str = "", name: str = "") -> web.Response:
    kinds = channel_adding.kinds()
    by_code = [each for each in kinds if catalogue.set_up_of(each)]
    return render(request, "add_channel.html", said=said, kinds=kinds, by_code=by_code, kind=kind, name=name)


def _form(
    request: web.Request,
    kind: str,
    name: str,
    texts: Mapping[str, str],
    taken: Filled,
    *,
    against: str = "",
    problem: str = "",
) -> web.Response:
    language = language_of(request)
    if against:
        problem = say("adding.tried_ill", language, reason=against)
    elif taken.wrong:
        problem = taken.wrong.get("", words(language, "adding.wrong"))
    fields = fields_of(kind)
    values: dict[str, Any] = {each.name: texts.get(each.name, "") for each in fields if not each.is_secret}
    return render(
        request,
        "add_channel_form.html",
        said=Said(words=problem, is_problem=True) if problem else Said(),
        kind=kind,
        name=name,
        fields=fields,
        values=values,
        wrong=taken.wrong,
        may_keep=bool(against),
    )


def _told(added: AddedChannel, language: str) -> list[str]:
    """What was done and what is to be done next."""
    tried = "adding.tried_ill" if added.against else "adding.tried_well"
    written = say("adding.written_over", language, copy=added.copy) if added.copy else say("adding.written", language)
    return [
        say(tried, language, reason=added.against),
        written,
        *(say("adding.secret", language, path=path) for path in added.secrets),
        say("adding.restart", language, kind=added.kind),
    ]


def _sentence(request: web.Request, error: NexoraError) -> str:
    if isinstance(error, SetUpEnded | ChannelDown):
        return channel_adding.why_ended(error, language_of(request))
    return str(error)


ROUTES = (
    Route("GET", PAGE, choose, Role.ADMIN, page=True),
    Route("POST", PAGE, begin, Role.ADMIN, page=True, form=True),
    Route("POST", f"{PAGE}/form", add, Role.ADMIN, page=True, form=True),
    Route("GET", f"{PAGE}/{{code}}", shown, Role.ADMIN, page=True),
)
