"""The command /undo: takes back what calls changed in the workspace of the conversation, and lists what can be."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import NAMESPACE_URL, uuid5

from agents.layers import About, Entry, EntryState, Layers, Undone, Which
from agents.workspaces import workspace_name
from channels.locales import listed
from channels.text.grammar import is_word
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.people.people import Role
from governance.record.transaction import Store

_LISTED = 15
_MOST = 50
_NAMED = 5
_NUMBER = re.compile(r"#(\d{1,8})")
_CODE = re.compile(r"[A-Z0-9]{4,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the command that takes changes back uses."""

    store: Store
    layers: Layers


Call: TypeAlias = CommandCall[Needs]


async def undo(call: Call) -> str:
    """Take something back; everybody their own, admins anything."""
    if len(call.words) == 1 and is_word(call.words[0], "list"):
        return await _listed(call)
    force = bool(call.words) and is_word(call.words[-1], "force")
    which = _which(call, call.words[:-1] if force else call.words)
    workspace = call.needs.layers.workspace(workspace_name(call.inbound.address.key))
    about = About(person=str(call.person.id), tool="undo", what=call.rest, conversation=call.inbound.address.key)
    call_id = uuid5(NAMESPACE_URL, f"nexora:undo:{call.inbound.address.channel}:{call.inbound.event_id}")
    undone = await call.needs.layers.undo(workspace, which, about, force=force, call_id=call_id)
    if undone.entries:
        await _record(call, undone, force=force)
    return _told(call, undone)


def _which(call: Call, words: tuple[str, ...]) -> Which:
    person = "" if call.person.role is Role.ADMIN else str(call.person.id)
    if not words:
        return Which(count=1, person=person)
    if len(words) != 1:
        raise Misused
    word = words[0].upper()
    if found := _NUMBER.fullmatch(word):
        return Which(number=int(found[1]), person=person)
    if word.isdecimal() and 0 < int(word) <= _MOST:
        return Which(count=int(word), person=person)
    if _CODE.fullmatch(word):
        return Which(under=word, person=person)
    raise Misused


async def _record(call: Call, undone: Undone, *, force: bool) -> None:
    detail = {
        "numbers": [entry.number for entry in undone.entries],
        "calls": [str(entry.call) for entry in undone.entries],
        "paths": len(undone.paths),
        "forced": force,
    }
    numbers = ", ".join(f"#{entry.number}" for entry in undone.entries)
    await call.needs.store.record(call.origin.event("workspace:undone", call.person, resource=numbers, detail=detail))


def _told(call: Call, undone: Undone) -> str:
    if undone.is_missing:
        raise Unfit(call.say("undo.nothing"))
    lines = []
    if undone.entries:
        lines.append(call.say("undo.done", number=undone.number))
        lines.append(bullets(_line(call, entry) for entry in undone.entries))
        lines.append(call.say("undo.paths", paths=_paths(call, undone.paths)))
    if undone.gone:
        lines.append(call.say("undo.gone", number=undone.gone.number))
    if undone.refusal:
        number, later = undone.refusal.entry.number, undone.refusal.later
        by = listed((f"#{each}" for each in later), call.person.language) or call.say("undo.by_hand")
        lines.append(call.say("undo.refused", number=number, paths=_paths(call, undone.refusal.paths), by=by))
    return "\n".join(lines)


async def _listed(call: Call) -> str:
    workspace = call.needs.layers.workspace(workspace_name(call.inbound.address.key))
    entries = [
        each
        for each in await call.needs.layers.history(workspace)
        if call.person.role is Role.ADMIN or each.person == str(call.person.id)
    ]
    if not entries:
        return call.say("undo.nothing")
    shown = [_line(call, each) for each in entries[-_LISTED:][::-1]]
    return "\n".join((call.say("undo.title"), bullets(shown), call.say("undo.how")))


def _line(call: Call, entry: Entry) -> str:
    state = "undone" if entry.state is EntryState.UNDONE else "kept" if entry.is_kept else "gone"
    return call.say(
        "undo.line",
        number=entry.number,
        at=call.moment(datetime.fromisoformat(entry.at)),
        tool=entry.tool,
        what=verbatim(entry.what),
        paths=len(entry.steps),
        state=call.say(f"undo.state.{state}"),
    )


def _paths(call: Call, paths: tuple[str, ...]) -> str:
    unique = list(dict.fromkeys(paths))
    shown = listed((verbatim(path, 60) for path in unique[:_NAMED]), call.person.language)
    return call.say("undo.more", shown=shown, more=len(unique) - _NAMED) if len(unique) > _NAMED else shown
