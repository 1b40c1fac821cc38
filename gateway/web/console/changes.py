"""What calls changed in workspaces: the list, one change with its difference, taking it back. Own ones; admins all."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from aiohttp import web

from agents.layers import About, Entry, EntryState, Layers, Undone, Which
from gateway.web.console.pages import Said, form_of, noticed, render
from gateway.web.http.route import ORIGIN, PERSON, Route, needs_of
from governance.people.people import People, Role
from governance.record.transaction import Store

MOST = 100
SHOWN_PATHS = 200
_WORKSPACE = re.compile(r"[0-9a-f]{24}")
_LINES = {"+": "added", "-": "removed", "@": "place"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the pages of changes use."""

    store: Store
    people: People
    layers: Layers


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One entry as a row shows it. state: kept, undone or gone (too large to be kept)."""

    workspace: str
    entry: Entry
    at: datetime
    who: str
    state: str


async def changes(request: web.Request) -> web.Response:
    """The newest changes."""
    needs, person = needs_of(request, Needs), request[PERSON]
    only = "" if person.role is Role.ADMIN else str(person.id)
    found = await needs.layers.newest(MOST, person=only)
    return render(request, "changes.html", changes=[await _shown(request, name, entry) for name, entry in found])


async def change(request: web.Request) -> web.Response:
    """One change with its difference."""
    return await _show(request, Said())


async def take_back(request: web.Request) -> web.Response:
    """Take it back, or say what would be lost."""
    needs, person, entry = needs_of(request, Needs), request[PERSON], await _entry_of(request)
    form = await form_of(request)
    force, token = form.get("force") == "yes", form.get("once", "")
    about = About(person=str(person.id), tool="undo", what=f"#{entry.number}", conversation=entry.conversation)
    workspace = needs.layers.workspace(request.match_info["workspace"])
    call_id = uuid5(NAMESPACE_URL, f"nexora:undo:web:{person.id}:{token[:64]}")
    undone = await needs.layers.undo(workspace, Which(number=entry.number), about, force=force, call_id=call_id)
    if undone.entries:
        detail = {"numbers": [entry.number], "calls": [str(entry.call)], "paths": len(undone.paths), "forced": force}
        event = request[ORIGIN].event("workspace:undone", person, resource=f"#{entry.number}", detail=detail)
        await needs.store.record(event)
    return await _show(request, _said(request, undone), would_lose=undone.refusal is not None)


def _said(request: web.Request, undone: Undone) -> Said:
    if undone.refusal:
        return Said(words=noticed(request, "changes.later").words, is_problem=True)
    if not undone.entries:
        return Said(words=noticed(request, "changes.gone").words, is_problem=True)
    return noticed(request, "changes.undone", number=undone.number)


async def _show(request: web.Request, said: Said, *, would_lose: bool = False) -> web.Response:
    entry = await _entry_of(request)
    workspace = needs_of(request, Needs).layers.workspace(request.match_info["workspace"])
    difference = await needs_of(request, Needs).layers.difference(workspace, entry.number)
    return render(
        request,
        "change.html",
        said=said,
        shown=await _shown(request, workspace.name, entry),
        paths=entry.steps[:SHOWN_PATHS],
        left_out=max(0, len(entry.steps) - SHOWN_PATHS),
        lines=[(_kind_of(line), line) for line in difference.splitlines()],
        would_lose=would_lose,
        once=uuid4().hex,
    )


async def _entry_of(request: web.Request) -> Entry:
    """The entry that the address names; not found when it is somebody else's, but for admins."""
    name, number = request.match_info["workspace"], request.match_info["number"]
    if not _WORKSPACE.fullmatch(name) or not number.isdecimal():
        raise web.HTTPNotFound
    layers, person = needs_of(request, Needs).layers, request[PERSON]
    history = await layers.history(layers.workspace(name))
    entry = next((each for each in history if each.number == int(number)), None)
    if entry is None or (person.role is not Role.ADMIN and entry.person != str(person.id)):
        raise web.HTTPNotFound
    return entry


async def _shown(request: web.Request, workspace: str, entry: Entry) -> Shown:
    person = await needs_of(request, Needs).people.get(UUID(entry.person), even_disabled=True) if entry.person else None
    state = "undone" if entry.state is EntryState.UNDONE else "kept" if entry.is_kept else "gone"
    at = datetime.fromisoformat(entry.at).astimezone(UTC)
    return Shown(workspace=workspace, entry=entry, at=at, who=person.label if person else "", state=state)


def _kind_of(line: str) -> str:
    if line.startswith(("+++ ", "--- ")):
        return "file"
    return _LINES.get(line[:1], "same")


ROUTES = (
    Route("GET", "/changes", changes, Role.OPERATOR, page=True),
    Route("GET", "/changes/{workspace}/{number}", change, Role.OPERATOR, page=True),
    Route("POST", "/changes/{workspace}/{number}", take_back, Role.OPERATOR, page=True, form=True),
)
