"""Commands about messages that were put aside after failing, in either direction. It shows no message's words."""

import re
from dataclasses import dataclass
from typing import TypeAlias

from channels.text.grammar import leading
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from gateway.queue.dead_letters import Side, dead_letters, put_back, woken
from governance.record.transaction import Store
from governance.record.urgency import place_of

_ID = re.compile(r"(in|out)-?(\d{1,18})", re.IGNORECASE)
_LISTED = 10
_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about dead letters use."""

    store: Store


Call: TypeAlias = CommandCall[Needs]


async def dead(call: Call) -> str:
    """The latest dead letters of inbox and outbox, with the reason of each."""
    rows = await dead_letters(call.needs.store, _LISTED)
    if not rows:
        return call.say("dead.none")
    lines = [
        call.say(
            f"dead.{row['side']}",
            id=f"**{row['side']}-{row['id']}**",
            at=call.moment(row["at"]),
            lane=verbatim(place_of(row["lane"])),
            reason=verbatim(row["error"], _REASON),
        )
        + (f" ×{row['times']}" if row["times"] > 1 else "")
        for row in rows
    ]
    return f"{call.say('dead.title')}\n{bullets(lines)}"


async def retry(call: Call) -> str:
    """Put one of them back at its place, with its tries ahead of it and an hour to be sent in."""
    given = _ID.fullmatch(leading(call.rest)[0])
    if given is None:
        raise Misused
    side: Side = "in" if given[1].lower() == "in" else "out"
    number = int(given[2])
    name = f"{side}-{number}"
    async with call.needs.store.transaction() as work:
        row = await put_back(work, side, number, call.needs.store.now())
        if row is None:
            raise Unfit(call.say("retry.none", id=name))
        detail = {"lane": place_of(row["lane"]), "key": row["key"], "reason": row["error"][:500]}
        work.record(call.origin.event("dead_letter:retried", call.person, resource=name, detail=detail))
    call.needs.store.commits.tell(woken(side, row["lane"]))
    return call.say("retry.done", id=name)
