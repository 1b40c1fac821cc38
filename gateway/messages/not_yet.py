"""Tells people that what they wrote or pressed cannot be stored now, once in an outage. It stores and decides nothing.

What is said usually goes through the outbox, which lies in the database that is away. This goes straight through the
living channel, a moment later, so that nobody hears of an outage that was over at once. A press is told here only where
the adapter has no place of the platform's own for it (`Traits.tells_presses`).
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from channels.base import NOT_YET, ChannelDown, ChannelError, Deferred, NotStored, RateLimited, Receive, RepeatsSome
from channels.locales import say_to
from channels.messages import Inbound
from channels.running.supervisor import Supervisor
from gateway.messages.reply import reply
from governance.people.people import CONSOLE

_log = structlog.get_logger(__name__)

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each attempt to tell; a channel may be connecting anew because of the very same outage."""
PATIENCE_SECONDS = 5.0
"""How long an event may take to be stored before whoever waits for an answer is told."""
MOST_A_MINUTE = 30
MOST_CONVERSATIONS = 5000
QUIET = timedelta(minutes=10)
"""Outages that follow each other sooner are one for whoever was told."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Told:
    """When a conversation was told, and in which outage."""

    at: datetime
    outage: int


class NotYet:
    """Passes on what the channels hear, and tells whoever said what could not be stored."""

    def __init__(
        self,
        receive: Receive,
        channels: Mapping[str, Supervisor],
        now: Callable[[], datetime],
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._receive = receive
        self._channels = channels
        self._now = now
        self._sleep = sleep
        self._is_away = False
        self._outage = 0
        self._told: OrderedDict[str, _Told] = OrderedDict()
        self._recent: deque[datetime] = deque(maxlen=MOST_A_MINUTE)
        self._telling: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def receive(self, inbound: Inbound) -> None:
        """Persist an event of a channel; raises NotStored."""
        waiting = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._still_waiting, inbound)
        try:
            await self._receive(inbound)
        except NotStored:
            self._put_off(inbound)
            raise
        finally:
            waiting.cancel()
        if self._is_away or self._telling:
            self._stored(inbound)

    async def close(self) -> None:
        """Leave no task behind."""
        tasks = list(self._telling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _stored(self, inbound: Inbound) -> None:
        """The outage is over, and nobody needs to hear of this event any more."""
        self._outage += self._is_away
        self._is_away = False
        if telling := self._telling.get(_name(inbound)):
            telling.cancel()

    def _still_waiting(self, inbound: Inbound) -> None:
        """A database that says nothing at all is away as well. A press may count yet, so nothing is said of it."""
        if inbound.press is None:
            self._put_off(inbound)

    def _put_off(self, inbound: Inbound) -> None:
        self._is_away = True
        supervisor = self._channels.get(inbound.address.channel)
        if supervisor is None or inbound.address.channel == CONSOLE or not inbound.to_me:
            return  # the console's page says it itself, and what was not said to us needs no answer
        try:
            channel = supervisor.channel
        except ChannelDown:
            return
        if (inbound.press is not None and channel.traits.tells_presses) or not self._may_tell(inbound):
            return
        comes_again = channel.repeats(inbound) if isinstance(channel, RepeatsSome) else channel.traits.repeats
        work = self._tell(inbound, supervisor, self._outage, comes_again=comes_again)
        task = asyncio.create_task(work, name="not yet")
        self._telling[_name(inbound)] = task
        task.add_done_callback(lambda _: self._telling.pop(_name(inbound), None))

    def _may_tell(self, inbound: Inbound) -> bool:
        """Whether this is news for the conversation, and not too much for everybody; notes it if so."""
        place = (
            f"press {inbound.sender.channel}:{inbound.sender.id}" if inbound.press is not None else inbound.address.key
        )
        now, told = self._now(), self._told.get(place)
        if told is not None and (told.outage == self._outage or now - told.at < QUIET):
            return False
        if len(self._recent) == MOST_A_MINUTE and now - self._recent[0] < timedelta(minutes=1):
            return False
        self._recent.append(now)
        self._told[place] = _Told(now, self._outage)
        self._told.move_to_end(place)
        while len(self._told) > MOST_CONVERSATIONS:
            self._told.popitem(last=False)
        return True

    async def _tell(self, inbound: Inbound, supervisor: Supervisor, outage: int, *, comes_again: bool) -> None:
        """Say it, unless the outage is over and the event comes again by itself; then its answer says more."""
        reason = ""
        word = "chat.not_stored.kept" if comes_again else "chat.not_stored.again"
        words = say_to(inbound.text, inbound.language, word)
        is_press = inbound.press is not None
        message = reply(f"not yet {inbound.event_id}", inbound, NOT_YET if is_press else words, private=is_press)
        for pause in PAUSES:
            await self._sleep(pause)
            if comes_again and self._outage != outage:
                return
            try:
                await supervisor.send(message)
            except (ChannelDown, Deferred, RateLimited) as error:
                reason = str(error)
            except ChannelError as error:
                reason = str(error)
                break
            else:
                return
        _log.info("not_yet_not_told", channel=inbound.address.channel, reason=reason)


def _name(inbound: Inbound) -> tuple[str, str]:
    return inbound.address.channel, inbound.event_id
