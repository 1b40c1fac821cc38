"""The command that sets when somebody is sent their digest, and where. It tells nothing that is not theirs to see."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from channels.locales import day_name, listed
from channels.messages import Account, Address
from channels.text.grammar import is_word
from channels.times import zone_of
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import verbatim
from governance.accounts.accounts import Accounts
from governance.digests.digests import Compose, Digest, Digests
from governance.digests.times import Cadence, ZoneUnknown, minute_of, weekday_called
from governance.people.people import CONSOLE
from governance.record.transaction import Store

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the command about digests uses. `compose` writes one."""

    store: Store
    accounts: Accounts
    digests: Digests
    compose: Compose


Call: TypeAlias = CommandCall[Needs]


async def digest(call: Call) -> str:
    """Show it, send it now, end it, or set it: daily 8:30, weekly mon 8:30, a zone, `to` a channel."""
    words = [word.lower() for word in call.words]
    if not words:
        return await _shown(call)
    if is_word(words[0], "off") and len(words) == 1:
        ended = await call.needs.digests.drop(call.person, origin=call.origin)
        return call.say("digest.ended" if ended else "digest.none")
    if is_word(words[0], "now") and len(words) == 1:
        _refuse_group(call)
        now = call.needs.store.now()
        current = await call.needs.digests.of(call.person.id)
        return await call.needs.compose(call.person, current.since if current else now - _DAY, now)
    cadence, rest = await _cadence(call, words)
    made = await call.needs.digests.put(call.person, cadence, await _target(call, rest), origin=call.origin)
    return call.say("digest.set", when=_when(call, made), where=made.address.channel)


async def _shown(call: Call) -> str:
    current = await call.needs.digests.of(call.person.id)
    if current is None:
        return call.say("digest.none")
    return call.say("digest.is", when=_when(call, current), where=current.address.channel)


def _when(call: Call, made: Digest) -> str:
    cadence, language = made.cadence, call.person.language
    day = call.say("digest.every_day") if cadence.weekday is None else day_name(cadence.weekday, language)
    return f"{day} {cadence.clock} ({cadence.time_zone})"


async def _cadence(call: Call, words: list[str]) -> tuple[Cadence, list[str]]:
    """What was asked for, and the words after the time."""
    is_weekly = is_word(words[0], "weekly")
    rest = words[1:] if is_weekly or is_word(words[0], "daily") else words
    weekday = weekday_called(rest[0]) if rest else None
    if weekday is not None:
        rest = rest[1:]
    is_daily = len(rest) < len(words) and not is_weekly
    if not rest or not (is_daily or weekday is not None):
        raise Misused
    if len(rest) > 1 and is_word(rest[1], "oclock"):
        rest = [rest[0] + rest[1], *rest[2:]]
    minute = minute_of(rest[0])
    if minute is None:
        raise Misused
    rest = rest[1:]
    zone = await _zone(call)
    if rest and not is_word(rest[0], "to"):
        zone, rest = call.words[len(words) - len(rest)], rest[1:]
    cadence = Cadence(minute=minute, weekday=weekday, time_zone=zone)
    try:
        cadence.next_after(call.needs.store.now())
    except ZoneUnknown as error:
        raise Unfit(call.say("digest.zone", zone=verbatim(zone))) from error
    return cadence, rest


async def _zone(call: Call) -> str:
    """The zone that the person named last, else the one of their language."""
    current = await call.needs.digests.of(call.person.id)
    return current.cadence.time_zone if current else zone_of(call.person.time_zone, call.person.language)


async def _target(call: Call, words: list[str]) -> Address | Account:
    """This conversation, or the private room of the person's account on the channel that is named."""
    if not words:
        _refuse_group(call)
        return call.inbound.address
    if len(words) != 2:  # noqa: PLR2004 - `to` and a name
        raise Misused
    accounts = await call.needs.accounts.of(call.person.id)
    own = Account(channel=CONSOLE, id=str(call.person.id))
    known = [own, *(account.account for account in accounts)]
    found = next((account for account in known if account.channel.lower() == words[1]), None)
    if found is None:
        names = listed(sorted({account.channel for account in known}), call.person.language)
        raise Unfit(call.say("digest.no_account", channel=verbatim(words[1]), channels=names))
    return found


def _refuse_group(call: Call) -> None:
    if not call.inbound.is_direct:
        raise Unfit(call.say("digest.private"))
