"""What was said while nobody listened, asked of Slack's history: bounded in age and number, and it says what it lacks.

Slack sends again what was not acknowledged, but only for some minutes. Until when we listened is known from our own
store: the newest event of all. Rooms in which nobody has spoken to us within its memory are not asked about.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from channels.base import ChannelDown, ChannelError
from channels.messages import Inbound
from channels.sayings import saying
from channels.slack.client import Api, Declined
from channels.slack.normalise import is_direct

OLDEST = timedelta(days=1)
MOST_PLACES = 30
PAGE = 100
AT_ONCE = 4

log = structlog.get_logger(__name__)

Place = tuple[str, str]
"""A room, and a thread in it or ""."""


class Missed:
    """The question what was missed, asked once at the beginning of each connection."""

    def __init__(self, api: Api, channel: str) -> None:
        self._api = api
        self._channel = channel
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._unread: set[Place] = set()
        self._late = False

    @property
    def gap(self) -> str:
        """What could not be fetched, as a sentence; empty when nothing is lacking."""
        if self._late:
            return saying("gap_late", platform="Slack")
        if self._unread:
            return saying("gap", count=len(self._unread))
        return ""

    async def within(self, seconds: float, newest: Sequence[Inbound], now: datetime) -> list[dict[str, Any]]:
        """The events that were missed, as Slack would have told them, oldest first; what takes longer becomes a gap.

        `newest` is the newest event of each conversation, newest first. Raises ChannelDown.
        """
        self._unread, self._late = set(), False
        try:
            async with asyncio.timeout(seconds):
                return await self._all(newest, now)
        except TimeoutError:
            self._late = True
            return []

    async def _all(self, newest: Sequence[Inbound], now: datetime) -> list[dict[str, Any]]:
        if not newest:
            return []
        since = max(newest[0].at, now - OLDEST).timestamp()
        places = _places(newest)
        self._unread.update(places[MOST_PLACES:])
        asked = (self._page(place, since) for place in places[:MOST_PLACES])
        found: list[dict[str, Any]] = []
        for page in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(page, BaseException):
                raise page
            found += page
        return sorted(found, key=lambda event: float(event["ts"]))

    async def _page(self, place: Place, since: float) -> list[dict[str, Any]]:
        """What was said there after `since` (seconds since 1970); nothing where we may not look; raises ChannelDown."""
        room, thread = place
        call = self._api.sdk.conversations_replies if thread else self._api.sdk.conversations_history
        where = {"ts": thread} if thread else {}
        try:
            async with self._at_once:
                answer = await self._api.ask(call, channel=room, oldest=f"{since:.6f}", limit=PAGE, **where)
        except ChannelDown:
            raise
        except ChannelError as error:
            log.warning("slack_history_not_read", channel=self._channel, room=room, reason=str(error))
            # Where the bot was taken out of the room, or the thread is gone, nothing is for us any more.
            if not isinstance(error, Declined) or error.lack is not None:
                self._unread.add(place)
            return []
        if answer.get("has_more"):
            self._unread.add(place)
        return [_event(message, room) for message in answer.get("messages", []) if float(message["ts"]) > since]


def _places(newest: Sequence[Inbound]) -> list[Place]:
    """Where to ask: each conversation, and each of their channels for new questions; the newest first."""
    found: dict[Place, None] = {}
    for event in newest:
        found[event.address.room, event.address.thread] = None
        if not is_direct(event.address.room):
            found[event.address.room, ""] = None
    return list(found)


def _event(message: dict[str, Any], room: str) -> dict[str, Any]:
    """As it was told when it was said: with its room, and with a thread only where it did not begin that thread."""
    event = {**message, "channel": room}
    if event.get("thread_ts") == event["ts"]:
        del event["thread_ts"]
    return event
