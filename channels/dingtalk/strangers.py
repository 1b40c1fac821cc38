"""Whoever DingTalk does not name: people from outside the organisation, and everybody before the app is published.

Only `senderStaffId` is an identity: `senderId` is encrypted and promises nothing. So nobody without one is heard; they
are told so once an hour, where they wrote, and the channel's health tells the admin when nobody at all was named.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from yarl import URL

from channels.base import ChannelDown
from channels.sayings import saying

SAY_AGAIN = timedelta(hours=1)
MOST_REMEMBERED = 1_000
SENTENCE = (
    "DingTalk does not tell me who you are, so I may not answer. I hear members of the organisation that owns this app,"
    " once the app is published.\n钉钉没有告诉我您是谁，因此我不能回答。应用发布之后，我只听取本组织成员的消息。"
)

_log = structlog.get_logger(__name__)


class ReplyAddresses(Protocol):
    """Where somebody who wrote can be answered."""

    def trusted(self, address: str) -> URL | None:
        """The address if it may be called."""

    async def post_to(self, url: URL, body: dict[str, Any]) -> int:
        """Say something there; 0 when it was taken. Raises ChannelDown."""


class Strangers:
    """Tells them, and remembers that it did."""

    def __init__(self, replies: ReplyAddresses, now: Callable[[], datetime]) -> None:
        self.knows_somebody = False
        self._replies = replies
        self._now = now
        self._told: dict[str, datetime] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def met(self, data: Mapping[str, Any]) -> None:
        """Somebody wrote whom DingTalk does not name."""
        who = f"{data.get('conversationId')} {data.get('senderId')}"
        last = self._told.get(who)
        if last is not None and self._now() - last < SAY_AGAIN:
            return
        self._told.pop(who, None)
        self._told[who] = self._now()
        while len(self._told) > MOST_REMEMBERED:
            del self._told[next(iter(self._told))]
        _log.info("dingtalk_stranger_not_heard")
        if (url := self._replies.trusted(str(data.get("sessionWebhook") or ""))) is not None:
            task = asyncio.create_task(self._tell(url), name="dingtalk stranger")
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, url: URL) -> None:
        try:
            code = await self._replies.post_to(url, {"msgtype": "text", "text": {"content": SENTENCE}})
        except ChannelDown as error:
            _log.info("dingtalk_stranger_not_told", reason=str(error))
            return
        if code:
            _log.info("dingtalk_stranger_not_told", code=code)

    def lacks(self) -> list[str]:
        """A sentence for the admin when everybody who wrote was a stranger."""
        return [saying("lack.names")] if self._told and not self.knows_somebody else []

    async def close(self) -> None:
        """Leave no task behind."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
