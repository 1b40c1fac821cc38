"""The command that says how every channel is, in the platform's own words where it gave any."""

from datetime import datetime

from channels.base import State
from channels.supervisor import Supervisor
from gateway.commands.command import CommandCall
from gateway.commands.marks import verbatim
from gateway.outbox import Backlog, backlog
from governance.cards import moment

_MARKS = {State.DOWN: "✗", State.STARTING: "…", State.UP: "✓"}
_REASON = 300


async def channels(call: CommandCall) -> str:
    """What is wrong inside, then state, last messages, backlog, reconnects and trouble of each channel."""
    unsent = await backlog(call.services.store)
    lines = [
        call.say("channels.part", name=name, reason=verbatim(reason, _REASON))
        for name, reason in sorted(call.services.troubles().items())
    ]
    lines += [
        _lines(call, name, supervisor, unsent.get(name, Backlog()))
        for name, supervisor in sorted(call.services.channels.items())
    ]
    return "\n".join(lines) or call.say("channels.none")


def _lines(call: CommandCall, name: str, supervisor: Supervisor, unsent: Backlog) -> str:
    health, record = supervisor.health, supervisor.record
    line = call.say(
        "channels.line",
        mark=_MARKS[health.state],
        name=name,
        state=call.say(f"state.{health.state.value}"),
        heard=_when(call, record.last_in),
        sent=_when(call, record.last_out),
    )
    if unsent.waiting or unsent.dead or record.reconnects:
        line += call.say("channels.trouble", waiting=unsent.waiting, dead=unsent.dead, reconnects=record.reconnects)
    reason = health.reason or ("" if health.state is State.UP else record.last_error)
    return f"- {line}\n  {verbatim(reason, _REASON)}" if reason else f"- {line}"


def _when(call: CommandCall, at: datetime | None) -> str:
    return moment(at) if at else call.say("never")
