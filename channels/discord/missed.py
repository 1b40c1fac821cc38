"""What was said while nobody listened, asked of Discord's history: bounded in age and number, and it says so.

A new session begins with the present. What each conversation had heard last is known from our own store; what a
server's channel holds since, Discord tells by the id of its last message. For private conversations it does not tell,
so each that is known is asked. One that somebody began while we were away cannot be known of at all.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from channels.base import RateLimited
from channels.discord.api import Api, Declined, Json
from channels.discord.normalise import snowflake
from channels.discord.places import channel_of
from channels.messages import Inbound
from channels.sayings import saying

_log = structlog.get_logger(__name__)

PAGE, MOST_PAGES = 100, 3
AT_ONCE = 4
MOST_WAITS, LONGEST_WAIT_SECONDS = 3, 30.0
MOST_STRANGE_CHANNELS = 50
"""Channels in which nobody has spoken to us yet but where there is something new."""


class Missed:
    """The question what was missed, asked once at the beginning of a session."""

    def __init__(self, api: Api, hours: float) -> None:
        self._api = api
        self._hours = hours
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._known: dict[str, int] = {}
        self._newest = 0
        self._oldest = 0
        self._strange = 0
        self._unread: set[str] = set()
        self.direct: tuple[str, ...] = ()

    @property
    def gap(self) -> str:
        """What could not be fetched, as a sentence; empty when nothing is missing."""
        if not self._unread:
            return ""
        return saying("gap", count=len(self._unread))

    def prepare(self, newest: Sequence[Inbound], now: datetime) -> None:
        """Learn what was heard last: the newest event of each conversation."""
        self._oldest = snowflake(now - timedelta(hours=self._hours))
        for event in newest if self._hours else ():
            number = event.message.id if event.message and event.corrects is None else ""
            heard = int(number) if number.isdigit() else snowflake(event.at)
            channel = channel_of(event.address)
            self._known[channel] = max(heard, self._known.get(channel, 0))
        self._newest = max(self._known.values(), default=0)
        self.direct = tuple({channel_of(event.address): None for event in newest if event.is_direct and self._hours})

    def since(self, channel: str, last: str | None) -> int | None:
        """The id after which to ask for messages there, None when there is nothing to ask.

        `last` is the id of the channel's last message where Discord tells it.
        """
        if not self._newest:
            return None
        begin = max(self._known.get(channel, self._newest), self._oldest)
        if last is not None and int(last) <= begin:
            return None
        if channel not in self._known:
            if self._strange == MOST_STRANGE_CHANNELS:
                self._unread.add(channel)
                return None
            self._strange += 1
        return begin

    async def fetch(self, channel: str, since: int) -> list[Json]:
        """The messages after that id, oldest first; raises ChannelDown."""
        found: list[Json] = []
        async with self._at_once:
            for _ in range(MOST_PAGES):
                page = await self._page(channel, since)
                found += sorted(page, key=lambda message: int(message["id"]))
                if len(page) < PAGE:
                    return found
                since = int(found[-1]["id"])
        self._unread.add(channel)
        return found

    async def _page(self, channel: str, since: int) -> Sequence[Any]:
        for _ in range(MOST_WAITS):
            try:
                return await self._api.logs_from(channel, PAGE, after=since)
            except Declined as refusal:
                # Discord tells a bot of channels, too, that it may not read.
                _log.info("discord_history_not_read", channel=channel, reason=str(refusal))
                return ()
            except RateLimited as limited:
                if limited.retry_after_seconds > LONGEST_WAIT_SECONDS:
                    break
                await asyncio.sleep(limited.retry_after_seconds)
        self._unread.add(channel)
        return ()
