"""The command about memory: what is remembered, why, changing and forgetting it, and whether anything is."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from agents.memory.choices import MemoryChoices
from agents.memory.entries import (
    MemoryBasis,
    MemoryEntry,
    MemoryKind,
    MemoryLayer,
    MemoryName,
    MemoryReader,
    NewMemory,
)
from agents.memory.fit import unfit
from agents.memory.memories import Memories, MemoryMissing
from agents.memory.pages import written_out
from channels.messages import File, Outbound
from channels.text.grammar import behind_words, is_word, word_called
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.people.people import Role
from governance.record.transaction import Store

_LISTED = 15
_LONGEST = 240
_MOST_WRITTEN_OUT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the command about memory uses. `outgoing` is the folder of files on their way out."""

    store: Store
    memories: Memories
    choices: MemoryChoices
    outgoing: Path


Call: TypeAlias = CommandCall[Needs]


async def memory(call: Call) -> str:  # noqa: PLR0911  # one for each thing that can be done
    """List a page of it, or tell why, edit, forget, take back, write out, or switch it off and on."""
    if not call.words or (len(call.words) == 1 and _page(call.words[0])):
        return await _listed(call, _page(call.words[0]) if call.words else 1)
    wanted = word_called(call.words[0], "edit", "export", "forget", "list", "off", "on", "undo", "why")
    match wanted, len(call.words):
        case "why", 2:
            return await _why(call)
        case "edit", count if count > 2:  # noqa: PLR2004  # a number and words
            return await _edit(call)
        case "forget", 2 | 3:
            return await _forget(call)
        case "undo", 1:
            return await _take_back(call)
        case "export", 1:
            return await _export(call)
        case "on" | "off", 1:
            return await _switch(call, is_on=wanted == "on")
        case "list", 1:
            return await _listed(call, 1)
        case _:
            raise Misused


def _reader(call: Call) -> MemoryReader:
    return MemoryReader(
        person_id=call.person.id,
        conversation=call.inbound.address.key,
        is_direct=call.inbound.is_direct,
        is_admin=call.person.role is Role.ADMIN,
    )


def _page(word: str) -> int:
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 5 else 0  # noqa: PLR2004  # pages, not entries


def _name(call: Call) -> MemoryName:
    name = MemoryName.of(call.words[1])
    if name is None:
        raise Misused
    return name


async def _listed(call: Call, page: int) -> str:
    entries, total = await call.needs.memories.listed(_reader(call), skip=_LISTED * (page - 1), limit=_LISTED)
    is_on = await call.needs.choices.is_on(call.person.id)
    off = [] if is_on else [call.say("memory.is_off")]
    if not entries:
        return "\n".join((call.say("memory.none" if call.inbound.is_direct else "memory.none_here"), *off))
    parts = [call.say("memory.title", count=total), _lines(call, entries), call.say("memory.how")]
    if total > _LISTED * page:
        parts.insert(2, call.say("memory.more", page=page + 1))
    return "\n".join((*parts, *off))


def _lines(call: Call, entries: Iterable[MemoryEntry]) -> str:
    return bullets(
        f"**{entry.label}** {verbatim(entry.words, _LONGEST)} ({call.say(f'memory.kind.{entry.kind.value}')})"
        for entry in entries
    )


async def _why(call: Call) -> str:
    try:
        entry = await call.needs.memories.get(_reader(call), _name(call))
    except MemoryMissing as error:
        raise _missing(call) from error
    basis = entry.basis
    return call.say(
        "memory.why",
        label=entry.label,
        words=verbatim(entry.words, _LONGEST),
        basis=verbatim(basis.words, _LONGEST) if basis.words else "-",
        at=call.moment(basis.at or entry.created_at),
        count=entry.confirmed,
        confirmed=call.moment(entry.confirmed_at),
    )


async def _edit(call: Call) -> str:
    name, words = _name(call), behind_words(call.rest, 2).strip()
    if unfit(words):
        raise Unfit(call.say("memory.unfit"))
    basis = MemoryBasis(
        words=words, conversation=call.inbound.address.key, at=call.needs.store.now(), told_by=call.person.id
    )
    new = NewMemory(layer=name.layer, kind=MemoryKind.FACT, words=words, basis=basis)
    try:
        async with call.needs.store.transaction() as work:
            entry = await call.needs.memories.correct(_reader(call), work, name, new)
            work.record(call.origin.event("memory:changed", call.person, resource=entry.label))
    except MemoryMissing as error:
        raise _missing(call) from error
    return call.say("memory.changed", label=entry.label, words=verbatim(entry.words, _LONGEST))


async def _forget(call: Call) -> str:
    if is_word(call.words[1], "all"):
        return await _forget_all(call)
    if len(call.words) != 2:  # noqa: PLR2004  # the word and a number
        raise Misused
    try:
        async with call.needs.store.transaction() as work:
            entry = await call.needs.memories.forget(_reader(call), work, _name(call))
            work.record(call.origin.event("memory:forgotten", call.person, resource=entry.label))
    except MemoryMissing as error:
        raise _missing(call) from error
    return call.say("memory.forgotten", label=entry.label, words=verbatim(entry.words, _LONGEST))


async def _forget_all(call: Call) -> str:
    """Everything of the person, or in a group of the conversation, once the word is there that confirms it."""
    layer = MemoryLayer.PERSON if call.inbound.is_direct else MemoryLayer.CONVERSATION
    if len(call.words) != 3 or not is_word(call.words[2], "sure"):  # noqa: PLR2004  # with that word
        raise Unfit(call.say("memory.sure"))
    async with call.needs.store.transaction() as work:
        count = await call.needs.memories.forget_all(_reader(call), work, layer)
        if count:
            detail = {"count": count, "layer": layer.value}
            work.record(call.origin.event("memory:forgotten", call.person, resource="*", detail=detail))
    return call.say("memory.forgot_all", count=count)


async def _take_back(call: Call) -> str:
    async with call.needs.store.transaction() as work:
        entries = await call.needs.memories.take_back(_reader(call), work)
        if entries:
            detail = {"count": len(entries)}
            work.record(call.origin.event("memory:restored", call.person, resource=entries[0].label, detail=detail))
    if not entries:
        raise Unfit(call.say("memory.nothing_to_undo"))
    return "\n".join((call.say("memory.restored", count=len(entries)), _lines(call, entries[:_LISTED])))


async def _export(call: Call) -> str:
    """Send it as a Markdown file, into the private chat alone."""
    if not call.inbound.is_direct:
        raise Unfit(call.say("memory.direct"))
    entries, _ = await call.needs.memories.listed(_reader(call), limit=_MOST_WRITTEN_OUT)
    content = written_out(entries, call.person.language).encode()
    folder = call.needs.outgoing / hashlib.sha256(content).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "bytes").write_bytes(content)
    file = File(name="memory.md", media_type="text/markdown", size=len(content), locator=str(folder / "bytes"))
    async with call.needs.store.transaction() as work:
        key = f"memory:{call.inbound.address.channel}:{call.inbound.event_id}"
        work.send(Outbound(key=key, address=call.inbound.address, parts=(file,), in_language=call.person.language))
        work.record(call.origin.event("memory:exported", call.person, detail={"count": len(entries)}))
    return call.say("memory.exported", count=len(entries))


async def _switch(call: Call, *, is_on: bool) -> str:
    async with call.needs.store.transaction() as work:
        await call.needs.choices.choose(work, call.person.id, is_on=is_on)
        work.record(call.origin.event("memory:switched", call.person, detail={"is_on": is_on}))
    return call.say("memory.on" if is_on else "memory.off")


def _missing(call: Call) -> Unfit:
    return Unfit(call.say("memory.missing", label=verbatim(call.words[1])))
