"""Commands about messages that were put aside after failing, in either direction. It shows no message's words."""

import re
from pathlib import Path

from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.approvals.shown.cards import moment
from governance.record.transaction import Committed, load_queries
from governance.record.urgency import place_of

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
_ID = re.compile(r"(in|out)-?(\d{1,18})", re.IGNORECASE)
_LISTED = 10
_REASON = 200


async def dead(call: CommandCall) -> str:
    """The latest dead letters of inbox and outbox, with the reason of each."""
    rows = await call.services.store.fetch(QUERIES["dead"], _LISTED)
    if not rows:
        return call.say("dead.none")
    lines = [
        call.say(
            f"dead.{row['side']}",
            id=f"**{row['side']}-{row['id']}**",
            at=moment(row["at"]),
            lane=verbatim(place_of(row["lane"])),
            reason=verbatim(row["error"], _REASON),
        )
        + (f" ×{row['times']}" if row["times"] > 1 else "")
        for row in rows
    ]
    return f"{call.say('dead.title')}\n{bullets(lines)}"


async def retry(call: CommandCall) -> str:
    """Put one of them back at its place, with its tries ahead of it and an hour to be sent in."""
    given = _ID.fullmatch(call.rest.strip())
    if given is None:
        raise Misused
    side, number = given[1].lower(), int(given[2])
    name = f"{side}-{number}"
    times = (call.services.store.now(),) if side == "out" else ()
    async with call.services.store.transaction() as work:
        row = await work.fetchrow(QUERIES[f"put_back_{side}"], number, *times)
        if row is None:
            raise Unfit(call.say("retry.none", id=name))
        detail = {"lane": place_of(row["lane"]), "key": row["key"], "reason": row["error"][:500]}
        work.record(call.origin.event("dead_letter:retried", call.person, resource=name, detail=detail))
    lane = frozenset({row["lane"]})
    call.services.store.on_commit(Committed(outbox=lane) if side == "out" else Committed(inbox=lane))
    return call.say("retry.done", id=name)
