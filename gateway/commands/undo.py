"""The commands /undo and /redo: take back what calls changed in a conversation's workspace, and bring it back."""

import re
from pathlib import Path
from typing import TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

from agents.layers import About, EntryState, Undone, Which
from agents.workspaces import workspace_name
from channels.locales import listed
from channels.text.grammar import is_word
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.diff import Needs, line_of, own, send_difference, turn_of
from gateway.commands.marks import bullets, verbatim
from governance.people.people import Role

_LISTED = 15
_MOST = 50
_NAMED = 5
_NUMBER = re.compile(r"#(\d{1,8})")
_CODE = re.compile(r"[A-Z0-9]{4,12}")


Call: TypeAlias = CommandCall[Needs]


async def undo(call: Call) -> str:
    """Take something back; everybody their own, admins anything."""
    if len(call.words) == 1 and is_word(call.words[0], "list"):
        return await _listed(call)
    force = bool(call.words) and is_word(call.words[-1], "force")
    words = call.words[:-1] if force else call.words
    if words and is_word(words[0], "turn"):
        return await _turn(call, words[1:], force=force)
    return await _take_back(call, _which(call, words), force=force)


async def redo(call: Call) -> str:
    """Bring back what the last undo took; an undo of several as one."""
    force = len(call.words) == 1 and is_word(call.words[0], "force")
    if call.words and not force:
        raise Misused
    entries = await call.needs.layers.history(_workspace(call))
    names = {each.folder.name: each for each in entries}
    begun = next((each for each in entries if each.call == _order(call) and each.undoes in names), None)
    undoes = [each for each in own(call, entries) if not each.is_change and each.state is EntryState.MERGED]
    if begun is None and not undoes:
        raise Unfit(call.say("undo.nothing_to_redo"))
    by = names[begun.undoes].call if begun else undoes[-1].call
    return await _take_back(call, Which(by=by, person=_person(call)), force=force, redo=True)


async def _turn(call: Call, words: tuple[str, ...], *, force: bool) -> str:
    """Take back a whole turn, named by one of its changes; without one, show what that would be."""
    entries = own(call, await call.needs.layers.history(_workspace(call)))
    changes = turn_of(call, entries, words)
    if not words:
        await send_difference(call, changes, call.say("undo.would"))
        shown = bullets(line_of(call, each) for each in reversed(changes))
        return "\n".join((shown, call.say("undo.confirm_turn", number=changes[-1].number)))
    return await _take_back(call, Which(turn=changes[-1].turn, person=_person(call)), force=force)


async def _take_back(call: Call, which: Which, *, force: bool, redo: bool = False) -> str:
    about = About(person=str(call.person.id), tool="undo", what=call.rest, conversation=call.inbound.address.key)
    undone = await call.needs.layers.undo(_workspace(call), which, about, force=force, call_id=_order(call))
    if undone.entries:
        await _record(call, undone, force=force)
    return _told(call, undone, redo=redo)


def _workspace(call: Call) -> Path:
    return call.needs.layers.workspace(workspace_name(call.inbound.address.key))


def _order(call: Call) -> UUID:
    return uuid5(NAMESPACE_URL, f"nexora:undo:{call.inbound.address.channel}:{call.inbound.event_id}")


def _person(call: Call) -> str:
    return "" if call.person.role is Role.ADMIN else str(call.person.id)


def _which(call: Call, words: tuple[str, ...]) -> Which:
    person = _person(call)
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


def _told(call: Call, undone: Undone, *, redo: bool) -> str:
    if undone.is_missing:
        raise Unfit(call.say("undo.nothing"))
    lines = []
    if undone.entries:
        lines.append(call.say("undo.redone" if redo else "undo.done", number=undone.number))
        lines.append(bullets(line_of(call, entry) for entry in undone.entries))
        lines.append(call.say("undo.paths", paths=_paths(call, undone.paths)))
    if undone.gone:
        lines.append(call.say("undo.gone", number=undone.gone.number))
    if undone.refusal:
        number, later = undone.refusal.entry.number, undone.refusal.later
        by = listed((f"#{each}" for each in later), call.person.language) or call.say("undo.by_hand")
        lines.append(call.say("undo.refused", number=number, paths=_paths(call, undone.refusal.paths), by=by))
    return "\n".join(lines)


async def _listed(call: Call) -> str:
    entries = own(call, await call.needs.layers.history(_workspace(call)))
    if not entries:
        return call.say("undo.nothing")
    shown = [line_of(call, each) for each in entries[-_LISTED:][::-1]]
    return "\n".join((call.say("undo.title"), bullets(shown), call.say("undo.how")))


def _paths(call: Call, paths: tuple[str, ...]) -> str:
    unique = list(dict.fromkeys(paths))
    shown = listed((verbatim(path, 60) for path in unique[:_NAMED]), call.person.language)
    return call.say("undo.more", shown=shown, more=len(unique) - _NAMED) if len(unique) > _NAMED else shown
