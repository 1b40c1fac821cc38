"""The command /diff: what a call or a whole turn changed in the workspace of the conversation, as a card."""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from agents.layers import Entry, EntryState, Layers
from agents.workspaces import workspace_name
from channels.messages import BodyKind, Card, Fact, File, Outbound
from channels.text.grammar import is_word
from channels.text.plain import one_line, shortened
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.masking import for_chat
from governance.people.people import Role
from governance.record.transaction import Store

_SHOWN_LINES = 40
_SHOWN_CHARACTERS = 2_400
_NUMBER = re.compile(r"#(\d{1,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the commands about changes use. `outgoing` is the folder of files that are to be sent."""

    store: Store
    layers: Layers
    outgoing: Path


Call: TypeAlias = CommandCall[Needs]


async def diff(call: Call) -> str:
    """Show the difference of the last change, of one, or of a turn."""
    entries = own(call, await call.needs.layers.history(_workspace(call)))
    if call.words and is_word(call.words[0], "turn"):
        chosen = turn_of(call, entries, call.words[1:])
    else:
        chosen = [_one_of(call, _standing(entries), call.words)]
    await send_difference(call, chosen, call.say("diff.title"))
    return bullets(line_of(call, each) for each in reversed(chosen))


def own(call: Call, entries: Sequence[Entry]) -> list[Entry]:
    """Those of whoever calls; all of them for an admin."""
    return [each for each in entries if call.person.role is Role.ADMIN or each.person == str(call.person.id)]


def turn_of(call: Call, entries: Sequence[Entry], words: Sequence[str]) -> list[Entry]:
    """The changes that stand of the turn that made a change, or of the last one; raises Unfit when there are none."""
    named = _one_of(call, [each for each in entries if each.turn and each.is_change], words)
    chosen = [each for each in _standing(entries) if each.turn == named.turn]
    if not chosen and not words:
        standing = [each for each in _standing(entries) if each.turn]
        chosen = [each for each in standing if each.turn == standing[-1].turn]
    # the changes of a turn that an order of the same name has taken back already are still named by it
    return chosen or [named]


def line_of(call: Call, entry: Entry) -> str:
    """One change as a line of a list."""
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


async def send_difference(call: Call, chosen: Sequence[Entry], title: str) -> None:
    """Send what these changed as a card, and as a file where the card cannot hold it; raises Unfit without any."""
    text = for_chat(await call.needs.layers.difference(_workspace(call), *(each.number for each in chosen)))
    if not text:
        raise Unfit(call.say("diff.none"))
    shown, more = _cut(text)
    lines = text.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++ ") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("--- ") for line in lines)
    key = f"diff:{call.inbound.address.channel}:{call.inbound.event_id}"
    card = Card(
        id=hashlib.sha256(key.encode()).hexdigest()[:16],
        title=title,
        facts=(
            Fact(label=call.say("diff.what"), value=_named(chosen)),
            Fact(label=call.say("diff.lines"), value=f"+{added} −{removed}"),
        ),
        body=shown,
        body_kind=BodyKind.DIFF,
        note=call.say("diff.cut", more=more) if more else "",
    )
    address, language = call.inbound.address, call.person.language
    async with call.needs.store.transaction() as work:
        work.send(Outbound(key=key, address=address, card=card, in_language=language))
        if more:
            parts = (await asyncio.to_thread(_file, call, text),)
            work.send(Outbound(key=f"{key}:file", address=address, parts=parts, in_language=language))


def _workspace(call: Call) -> Path:
    return call.needs.layers.workspace(workspace_name(call.inbound.address.key))


def _standing(entries: Sequence[Entry]) -> list[Entry]:
    return [each for each in entries if each.state is EntryState.MERGED and each.is_change]


def _one_of(call: Call, entries: Sequence[Entry], words: Sequence[str]) -> Entry:
    """The change that is named, or the last one."""
    if len(words) > 1 or (words and not _NUMBER.fullmatch(words[0])):
        raise Misused
    wanted = int(words[0][1:]) if words else entries[-1].number if entries else 0
    found = next((each for each in entries if each.number == wanted), None)
    if found is None:
        raise Unfit(call.say("undo.nothing"))
    return found


def _named(chosen: Sequence[Entry]) -> str:
    if len(chosen) == 1:
        return f"#{chosen[0].number} {chosen[0].tool} {shortened(one_line(chosen[0].what), 80)}"
    return ", ".join(f"#{each.number}" for each in chosen[:20])


def _cut(text: str) -> tuple[str, int]:
    """What a card shows of it, whole lines, and how many lines it leaves out."""
    shown: list[str] = []
    lines = text.splitlines()
    for line in lines[:_SHOWN_LINES]:
        if sum(map(len, shown)) + len(line) > _SHOWN_CHARACTERS:
            break
        shown.append(line)
    return "\n".join(shown), len(lines) - len(shown)


def _file(call: Call, text: str) -> File:
    content = text.encode()
    folder = call.needs.outgoing / hashlib.sha256(content).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "bytes").write_bytes(content)
    return File(name="changes.diff", media_type="text/x-diff", size=len(content), locator=str(folder / "bytes"))
