"""Secrets: one's own, and for admins those of the installation. Values are typed in and never shown again."""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from channels.base import NexoraError
from gateway.commands.secrets import FOR_BUILT_IN
from gateway.web.console.pages import Said, form_of, noticed, render
from gateway.web.http.language import language_of
from gateway.web.http.problems import status_of
from gateway.web.http.route import ORIGIN, PERSON, Access, Route, needs_of
from governance.accounts.sentences import sentence_of
from governance.people.people import Role
from governance.secrets.names import Holder, HolderKind, holder_of
from governance.secrets.store import Secrets

OWNERS = ("me", "installation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page of secrets uses."""

    secrets: Secrets


async def secrets(request: web.Request) -> web.Response:
    """The whole page."""
    return await _show(request, Said())


async def keep(request: web.Request) -> web.Response:
    """Keep a value, new or in the place of an older one."""
    form = await form_of(request)
    name, kind, holder = form.get("name", "").strip(), form.get("kind", ""), form.get("holder", "").strip()
    try:
        known = FOR_BUILT_IN.get(name) if form.get("owner") == OWNERS[0] else None
        holders = [holder_of(kind, holder)] if holder else [known] if known else []
        await needs_of(request, Needs).secrets.set(
            name,
            form.get("value", "").replace("\r\n", "\n"),
            by=request[PERSON],
            owner=_whose(request, form.get("owner", "")),
            holders=holders,
            origin=request[ORIGIN],
        )
    except NexoraError as error:
        return await _show(request, _problem(request, error))
    return await _show(request, noticed(request, "secrets.kept", name=name))


async def change(request: web.Request) -> web.Response:
    """Remove a secret, seal it anew, or say who may have it."""
    kept, by, origin = needs_of(request, Needs).secrets, request[PERSON], request[ORIGIN]
    name, act = request.match_info["name"], request.match_info["act"]
    try:
        owner = _whose(request, request.match_info["owner"])
        if act == "remove":
            await kept.remove(name, by=by, owner=owner, origin=origin)
        elif act == "rotate":
            await kept.rotate(name, by=by, owner=owner, origin=origin)
        elif act in {"allow", "disallow"}:
            holder = await _holder(request)
            await kept.entitle(name, holder, by=by, owner=owner, may=act == "allow", origin=origin)
        else:
            raise web.HTTPNotFound
    except NexoraError as error:
        return await _show(request, _problem(request, error))
    return await _show(request, noticed(request, f"secrets.done_{act}", name=name))


async def _holder(request: web.Request) -> Holder:
    form = await form_of(request)
    return holder_of(form.get("kind", ""), form.get("holder", "").strip())


def _whose(request: web.Request, owner: str) -> UUID | None:
    """Whose it is. What is neither one's own nor the installation's is nobody's."""
    if owner not in OWNERS:
        raise web.HTTPNotFound
    me: UUID = request[PERSON].id
    return me if owner == "me" else None


def _problem(request: web.Request, error: NexoraError) -> Said:
    if status_of(error) is None:
        raise error
    return Said(words=sentence_of(error, language_of(request)), is_problem=True)


async def _show(request: web.Request, said: Said) -> web.Response:
    listed = await needs_of(request, Needs).secrets.list(request[PERSON])
    groups = [("me", [one for one in listed if one.owner is not None])]
    if request[PERSON].role is Role.ADMIN:
        groups.append(("installation", [one for one in listed if one.owner is None]))
    return render(request, "secrets.html", said=said, groups=groups, kinds=list(HolderKind))


ROUTES = (
    Route("GET", "/secrets", secrets, Access.SIGNED_IN, page=True),
    Route("POST", "/secrets", keep, Access.SIGNED_IN, page=True, form=True),
    Route("POST", "/secrets/{owner}/{name}/{act}", change, Access.SIGNED_IN, page=True, form=True),
)
