"""What is remembered of whoever looks: why, changing it, forgetting it, taking it out. Nobody sees another's."""

from dataclasses import dataclass

from aiohttp import web

from agents.memory.choices import MemoryChoices
from agents.memory.entries import MemoryBasis, MemoryKind, MemoryLayer, MemoryName, MemoryReader, NewMemory
from agents.memory.fit import unfit
from agents.memory.memories import Memories, MemoryMissing
from agents.memory.pages import written_out
from gateway.web.console.pages import Said, form_of, noticed, render
from gateway.web.http.route import ORIGIN, PERSON, Route, needs_of
from governance.people.people import Role
from governance.record.transaction import Store

PAGE = 50
_MOST_WRITTEN_OUT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the page of memory uses."""

    store: Store
    memories: Memories
    choices: MemoryChoices


async def memory(request: web.Request) -> web.Response:
    """A page of it."""
    return await _show(request, Said())


async def edit(request: web.Request) -> web.Response:
    """Other words for one."""
    needs, person, name = needs_of(request, Needs), request[PERSON], _name(request)
    words = (await form_of(request)).get("words", "").strip()
    if unfit(words):
        return await _show(request, Said(words=noticed(request, "memory.unfit").words, is_problem=True))
    basis = MemoryBasis(words=words, at=needs.store.now(), told_by=person.id)
    new = NewMemory(layer=name.layer, kind=MemoryKind.FACT, words=words, basis=basis)
    try:
        async with needs.store.transaction() as work:
            await needs.memories.correct(_reader(request), work, name, new)
            work.record(request[ORIGIN].event("memory:changed", person, resource=str(name.number)))
    except MemoryMissing:
        return await _show(request, _gone(request))
    return await _show(request, noticed(request, "memory.changed", number=name.number))


async def forget(request: web.Request) -> web.Response:
    """Show one to nobody any more."""
    needs, person, name = needs_of(request, Needs), request[PERSON], _name(request)
    try:
        async with needs.store.transaction() as work:
            await needs.memories.forget(_reader(request), work, name)
            work.record(request[ORIGIN].event("memory:forgotten", person, resource=str(name.number)))
    except MemoryMissing:
        return await _show(request, _gone(request))
    return await _show(request, noticed(request, "memory.forgotten", number=name.number))


async def forget_all(request: web.Request) -> web.Response:
    """Show nothing of it any more, where that was meant."""
    if (await form_of(request)).get("sure") != "yes":
        return await _show(request, Said(words=noticed(request, "memory.sure").words, is_problem=True))
    needs, person = needs_of(request, Needs), request[PERSON]
    async with needs.store.transaction() as work:
        count = await needs.memories.forget_all(_reader(request), work, MemoryLayer.PERSON)
        if count:
            work.record(request[ORIGIN].event("memory:forgotten", person, resource="*", detail={"count": count}))
    return await _show(request, noticed(request, "memory.forgot_all", count=count))


async def take_back(request: web.Request) -> web.Response:
    """Remember again what was forgotten last."""
    needs, person = needs_of(request, Needs), request[PERSON]
    async with needs.store.transaction() as work:
        entries = await needs.memories.take_back(_reader(request), work)
        if entries:
            detail = {"count": len(entries)}
            work.record(request[ORIGIN].event("memory:restored", person, resource=entries[0].label, detail=detail))
    if not entries:
        return await _show(request, Said(words=noticed(request, "memory.nothing").words, is_problem=True))
    return await _show(request, noticed(request, "memory.restored", count=len(entries)))


async def switch(request: web.Request) -> web.Response:
    """Switch it on or off."""
    needs, person = needs_of(request, Needs), request[PERSON]
    is_on = (await form_of(request)).get("on") == "yes"
    async with needs.store.transaction() as work:
        await needs.choices.choose(work, person.id, is_on=is_on)
        work.record(request[ORIGIN].event("memory:switched", person, detail={"is_on": is_on}))
    return await _show(request, noticed(request, "memory.now_on" if is_on else "memory.now_off"))


async def export(request: web.Request) -> web.Response:
    """All of it as a file."""
    needs, person = needs_of(request, Needs), request[PERSON]
    entries, total = await needs.memories.listed(_reader(request), limit=_MOST_WRITTEN_OUT)
    await needs.store.record(request[ORIGIN].event("memory:exported", person, detail={"count": total}))
    headers = {"Content-Disposition": 'attachment; filename="memory.md"'}
    text = written_out(entries, person.language)
    return web.Response(text=text, content_type="text/markdown", charset="utf-8", headers=headers)


def _reader(request: web.Request) -> MemoryReader:
    return MemoryReader(person_id=request[PERSON].id)


def _name(request: web.Request) -> MemoryName:
    name = MemoryName.of(request.match_info["number"])
    if name is None or name.layer is not MemoryLayer.PERSON:
        raise web.HTTPNotFound
    return name


def _gone(request: web.Request) -> Said:
    return Said(words=noticed(request, "memory.gone").words, is_problem=True)


async def _show(request: web.Request, said: Said) -> web.Response:
    needs, asked = needs_of(request, Needs), request.query.get("page", "1")
    page = max(1, int(asked[:4])) if asked.isascii() and asked.isdecimal() else 1
    entries, total = await needs.memories.listed(_reader(request), skip=PAGE * (page - 1), limit=PAGE)
    return render(
        request,
        "memory.html",
        said=said,
        entries=entries,
        total=total,
        is_on=await needs.choices.is_on(request[PERSON].id),
        earlier=page - 1,
        later=page + 1 if total > PAGE * page else 0,
    )


ROUTES = (
    Route("GET", "/memory", memory, Role.OPERATOR, page=True),
    Route("GET", "/memory/export", export, Role.OPERATOR, page=True),
    Route("POST", "/memory/all/forget", forget_all, Role.OPERATOR, page=True, form=True),
    Route("POST", "/memory/all/undo", take_back, Role.OPERATOR, page=True, form=True),
    Route("POST", "/memory/all/switch", switch, Role.OPERATOR, page=True, form=True),
    Route("POST", "/memory/{number}/edit", edit, Role.OPERATOR, page=True, form=True),
    Route("POST", "/memory/{number}/forget", forget, Role.OPERATOR, page=True, form=True),
)
