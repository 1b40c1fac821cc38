"""The commands that set something going later: /remind tells words, /schedule lets an agent do what they ask for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from agents.conversation.choosing import chosen
from channels.locales import listed
from channels.messages import Account, Address
from channels.text.grammar import behind_words, is_word, word_called
from channels.times import Precision, moment, money, zone_of
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.accounts.accounts import Accounts
from governance.approvals.bindings import Bindings
from governance.approvals.shown.copies import PRIVATE
from governance.people.agent_grants import chosen_agent
from governance.people.people import CONSOLE, Person
from governance.record.transaction import Store
from governance.schedules.phrases.facts import Unsure
from governance.schedules.phrases.reading import Read, read, read_times
from governance.schedules.schedule import (
    IfMissed,
    NewSchedule,
    Place,
    Schedule,
    ScheduleRun,
    ScheduleState,
    ScheduleTooMany,
    ScheduleTooOften,
)
from governance.schedules.schedules import Schedules
from governance.schedules.timing import SecondsRefused

_NEXT = 3
_SHOWN = 80
_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What these commands use. `fire_now` sets one going beside its times."""

    store: Store
    accounts: Accounts
    bindings: Bindings
    schedules: Schedules
    fire_now: Callable[[Schedule, Person], Awaitable[None]]
    default_agent: str


Call: TypeAlias = CommandCall[Needs]


async def remind(call: Call) -> str:
    """Tell these words at that time, without a model; without words it lists what there is."""
    if not call.words:
        return await _listed(call)
    return await _new(call, agent="")


async def schedule(call: Call) -> str:
    """Let the agent of this conversation do that at these times, or list, show and change what there is."""
    if not call.words:
        return await _listed(call)
    verb = word_called(call.words[0], "list", *_DOES)
    if verb == "list" and len(call.words) == 1:
        return await _listed(call)
    number = call.words[1].removeprefix("#") if len(call.words) > 1 else ""
    if verb and verb != "list" and number.isdecimal():
        return await _changed(call, verb, int(number[:9]))
    return await _new(call, agent=await _agent(call))


async def _new(call: Call, *, agent: str) -> str:
    text, to = await _target(call, call.rest)
    zone = zone_of(call.person.time_zone, call.person.language)
    found = _sure(call, _read(call, text, zone))
    if not found.words:
        raise Unfit(call.say("schedule.no_words"))
    wanted = NewSchedule(
        words=found.words,
        timing=found.timing,
        place=to or Place(address=call.inbound.address, is_direct=call.inbound.is_direct),
        account=call.inbound.sender,
        agent=agent,
        time_zone=found.zone,
    )
    try:
        made = await call.needs.schedules.add(call.person, wanted, origin=call.origin)
    except ScheduleTooMany as error:
        raise Unfit(call.say("schedule.too_many", most=error.most)) from error
    except ScheduleTooOften as error:
        raise Unfit(call.say("schedule.too_often", minutes=error.minutes)) from error
    key = "schedule.made" if agent else "schedule.remind_made"
    told = call.say(key, number=made.number, words=verbatim(made.words, _SHOWN), agent=agent, times=_times(call, made))
    return f"{told} {call.say('schedule.where', where=made.place.address.channel)}" if to else told


def _read(call: Call, text: str, zone: str) -> Read | Unsure:
    try:
        return read(text, call.needs.store.now(), zone)
    except SecondsRefused as error:
        raise Unfit(call.say("schedule.seconds")) from error


def _sure(call: Call, found: Read | Unsure) -> Read:
    if isinstance(found, Unsure):
        raise Unfit(call.say(f"schedule.unsure.{found.word}", **found.fields))
    return found


async def _agent(call: Call) -> str:
    """The agent that answers here."""
    bound = None if call.inbound.is_direct else await call.needs.bindings.of(call.inbound.address)
    if bound is not None and bound.agent:
        if bound.agent not in call.person.agents:
            raise Unfit(call.say("schedule.no_agent"))
        return bound.agent
    here = await chosen(call.needs.store, call.inbound.address)
    agent = chosen_agent(here, call.person, call.needs.default_agent)
    if agent is None:
        raise Unfit(call.say("schedule.no_agent"))
    return agent


async def _target(call: Call, text: str) -> tuple[str, Place | None]:
    """What is left of the words without `to CHANNEL` at their end, and that place: one of the person's own accounts."""
    parts = text.rsplit(maxsplit=2)
    if len(parts) < 3 or not is_word(parts[1], "to"):  # noqa: PLR2004  # words, `to` and a name
        return text, None
    own = [Account(channel=CONSOLE, id=str(call.person.id))]
    own += [each.account for each in await call.needs.accounts.of(call.person.id)]
    found = next((each for each in own if each.channel.lower() == parts[2].lower()), None)
    return (text, None) if found is None else (parts[0], private_place(found))


def private_place(account: Account) -> Place:
    """The private room of that account."""
    return Place(address=Address(channel=account.channel, room=PRIVATE + account.id), only_for=account)


async def _listed(call: Call) -> str:
    found = await call.needs.schedules.of(call.person.id)
    if not found:
        return call.say("schedule.none")
    lines = [_line(call, each) for each in found[:_LISTED]]
    if len(found) > _LISTED:
        lines.append(call.say("schedule.more", count=len(found) - _LISTED))
    return "\n".join((call.say("schedule.title"), bullets(lines), call.say("schedule.how")))


def _line(call: Call, each: Schedule) -> str:
    if each.state is ScheduleState.PAUSED:
        when = call.say("schedule.state.paused")
    elif each.next_at is None:
        when = call.say(f"schedule.state.{each.state.value}")
    else:
        when = _moment(call, each, each.next_at)
    sign = "🤖" if each.agent else "⏰"
    return f"{sign} #{each.number} {verbatim(each.words, _SHOWN)} · {when}"


async def _changed(call: Call, verb: str, number: int) -> str:
    if len(call.words) > 2 and verb != "edit":  # noqa: PLR2004  # a verb and a number
        raise Misused
    return await _DOES[verb](call, number)


async def _show(call: Call, number: int) -> str:
    return await _shown(call, await call.needs.schedules.get(call.person.id, number))


async def _run(call: Call, number: int) -> str:
    found = await call.needs.schedules.get(call.person.id, number)
    if found.state not in {ScheduleState.ACTIVE, ScheduleState.PAUSED}:
        raise Unfit(call.say("schedule.gone", number=number))
    if found.agent and found.agent not in call.person.agents:
        raise Unfit(call.say("schedule.no_agent"))
    await call.needs.fire_now(found, call.person)
    return call.say("schedule.runs", number=number)


async def _pause(call: Call, number: int) -> str:
    await call.needs.schedules.pause(call.person, number, origin=call.origin)
    return call.say("schedule.paused", number=number)


async def _resume(call: Call, number: int) -> str:
    try:
        again = await call.needs.schedules.resume(call.person, number, origin=call.origin)
    except ScheduleTooMany as error:
        raise Unfit(call.say("schedule.too_many", most=error.most)) from error
    return call.say("schedule.resumed", number=number, times=_times(call, again))


async def _remove(call: Call, number: int) -> str:
    await call.needs.schedules.remove(call.person, number, origin=call.origin)
    return call.say("schedule.removed", number=number)


async def _keep_late(call: Call, number: int) -> str:
    return await _if_missed(call, number, IfMissed.ONCE)


async def _leave_out(call: Call, number: int) -> str:
    return await _if_missed(call, number, IfMissed.SKIP)


async def _if_missed(call: Call, number: int, missed: IfMissed) -> str:
    found = await call.needs.schedules.get(call.person.id, number)
    await call.needs.schedules.edit(call.person, replace(found, missed=missed), origin=call.origin)
    return call.say(f"schedule.missed.{missed.value}", number=number)


async def _edit(call: Call, number: int) -> str:
    return await _edited(call, await call.needs.schedules.get(call.person.id, number))


async def _edited(call: Call, found: Schedule) -> str:
    """Other times, other words, or both, as far as they are given; and where it is told, with `to` alone."""
    rest, to = await _target(call, f"- {behind_words(call.rest, 2)}")
    rest = rest.removeprefix("-").strip()
    zone = found.zone(call.person)
    changed = replace(found, place=to or found.place)
    if rest:
        try:
            whole = read_times(rest, call.needs.store.now(), zone)
        except SecondsRefused as error:
            raise Unfit(call.say("schedule.seconds")) from error
        understood = whole if not isinstance(whole, Unsure) or whole.word != "none" else _read(call, rest, zone)
        if isinstance(understood, Unsure) and understood.word == "none":
            changed = replace(changed, words=rest.strip('"“”'))
        else:
            sure = _sure(call, understood)
            changed = replace(
                changed,
                timing=sure.timing,
                words=sure.words or found.words,
                time_zone=sure.zone or found.time_zone,
            )
    elif to is None:
        raise Misused
    try:
        after = await call.needs.schedules.edit(call.person, changed, origin=call.origin)
    except ScheduleTooOften as error:
        raise Unfit(call.say("schedule.too_often", minutes=error.minutes)) from error
    words = verbatim(after.words, _SHOWN)
    return call.say("schedule.edited", number=after.number, words=words, times=_times(call, after))


async def _shown(call: Call, found: Schedule) -> str:
    lines = [_line(call, found)]
    if found.state is ScheduleState.ACTIVE:
        lines.append(call.say("schedule.next", times=_times(call, found)))
    lines.append(call.say("schedule.where", where=found.place.address.channel))
    lines.append(call.say(f"schedule.missed.{found.missed.value}", number=found.number))
    runs = await call.needs.schedules.history(found)
    lines += [_run_line(call, found, run) for run in runs[:_LISTED]] or [call.say("schedule.no_runs")]
    return "\n".join((lines[0], bullets(lines[1:])))


def _run_line(call: Call, found: Schedule, run: ScheduleRun) -> str:
    outcome = call.say(f"schedule.outcome.{run.outcome}")
    late = f" {call.say('schedule.was_late')}" if run.is_late else ""
    cost = f" · {_cost(call, run)}" if run.calls else ""
    return f"{_moment(call, found, run.fired_at)}: {outcome}{late}{cost}"


def _cost(call: Call, run: ScheduleRun) -> str:
    return "?" if run.cost_usd is None else money(run.cost_usd, call.person.language)


def _times(call: Call, found: Schedule) -> str:
    """The next three times, in the reader's words and the zone of the schedule."""
    coming = islice(found.timing.upcoming(call.needs.store.now(), found.zone(call.person)), _NEXT)
    times = [_moment(call, found, at) for at in coming]
    return listed(times, call.person.language) or call.say("schedule.state.ended")


def _moment(call: Call, found: Schedule, at: datetime) -> str:
    precision = Precision.NEAR if at.year == call.needs.store.now().year else Precision.DATED
    return moment(at, call.person.language, found.zone(call.person), precision)


_DOES: Mapping[str, Callable[[Call, int], Awaitable[str]]] = {
    "edit": _edit,
    "late": _keep_late,
    "leave_out": _leave_out,
    "pause": _pause,
    "remove": _remove,
    "restore": _resume,
    "resume": _resume,
    "run": _run,
    "show": _show,
}
"""What is done with one that is named by its number."""
