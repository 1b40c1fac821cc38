"""The command that says how every channel is, in the platform's own words where it gave any."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from channels.base import ChannelState, Health, Lacking
from channels.locales import say
from channels.running.supervisor import Supervisor
from channels.sayings import told as said_of
from channels.text.retold import retold
from gateway.commands.command import CommandCall
from gateway.commands.marks import verbatim
from gateway.queue.outbox import Backlog, backlog
from gateway.settings.model import ChannelSettings
from gateway.upkeep.channel_times import LastTraffic, times_of
from gateway.upkeep.lacks import cannot, repair
from governance.record.transaction import Store

_MARKS = {ChannelState.DOWN: "✗", ChannelState.ELSEWHERE: "⇄", ChannelState.STARTING: "…", ChannelState.UP: "✓"}
_REASON = 300
_LACKS = 3
"""So many are named; the console's page has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the command about channels uses.

    `troubles` says what is wrong inside this gateway, part by part; the settings of those that are `unstarted` keep
    them from starting.
    """

    store: Store
    channels: Mapping[str, Supervisor]
    unstarted: Mapping[str, ChannelSettings]
    troubles: Callable[[], Mapping[str, str]]


Call: TypeAlias = CommandCall[Needs]


async def channels(call: Call) -> str:
    """What is wrong inside, which channels cannot start, and state, messages, backlog and trouble of the others."""
    unsent = await backlog(call.needs.store)
    times = await times_of(call.needs.store, call.needs.channels)
    lines = [
        call.say("channels.part", name=name, reason=verbatim(reason, _REASON))
        for name, reason in sorted(call.needs.troubles().items())
    ]
    lines += [
        call.say(
            "channels.unstarted",
            name=verbatim(name),
            reason=verbatim(_all(given.problems, call.person.language), _REASON),
        )
        for name, given in sorted(call.needs.unstarted.items())
    ]
    lines += [
        _lines(call, name, supervisor, unsent.get(name, Backlog()), times[name])
        for name, supervisor in sorted(call.needs.channels.items())
    ]
    return "\n".join(lines) or call.say("channels.none")


def _lines(call: Call, name: str, supervisor: Supervisor, unsent: Backlog, times: LastTraffic) -> str:
    health, record = supervisor.health, supervisor.record
    line = call.say(
        "channels.line",
        mark="⚠️" if health.state is ChannelState.UP and health.lacking else _MARKS[health.state],
        name=name,
        state=_state(call, health),
        heard=_when(call, times.last_in),
        sent=_when(call, times.last_out),
    )
    if unsent.waiting or unsent.dead or record.reconnects:
        line += call.say("channels.trouble", waiting=unsent.waiting, dead=unsent.dead, reconnects=record.reconnects)
    reason = health.reason or ("" if health.state in {ChannelState.ELSEWHERE, ChannelState.UP} else record.last_error)
    told = [verbatim(said_of(reason, call.person.language), _REASON)] if reason else []
    return "\n  ".join([f"- {line}", *told, *_repairs(health.lacking, call.person.language)])


def _all(problems: Iterable[str], language: str) -> str:
    return "; ".join(retold(problem, language) for problem in problems)


def _state(call: Call, health: Health) -> str:
    """The state in a word, and what cannot be done in it for want of what."""
    language = call.person.language
    lacks = [cannot_for(each, language) for each in health.lacking[:_LACKS]]
    return say("chat.cannot.also", language).join([call.say(f"state.{health.state.value}"), *lacks])


def cannot_for(lacking: Lacking, language: str) -> str:
    """What cannot be done, and for want of what, on one line."""
    return say("chat.cannot.for", language, what=cannot(lacking, language), word=verbatim(lacking.lack.word))


def _repairs(lacking: tuple[Lacking, ...], language: str) -> list[str]:
    """What to do about it, each once."""
    found = (repair(each, language) for each in lacking[:_LACKS])
    return list(dict.fromkeys(each for each in found if each))


def _when(call: Call, at: datetime | None) -> str:
    return call.moment(at) if at else call.say("never")
