"""Others that take this bot's updates: a second poller, or a webhook (409, core.telegram.org/bots/api#getting-updates).

Both pass, so polling goes on in seconds and sending is not disturbed; what lasts is told in the channel's health.
"""

import asyncio

import structlog
from telegram import Bot
from telegram.error import Conflict
from yarl import URL

from channels.sayings import saying

_log = structlog.get_logger(__name__)

ENOUGH = 3
"""So many conflicts in a row are told of, and so many polls in a row without one end that; fewer are what a replica
that is just stopping leaves behind."""
LONGEST_SECONDS = 5.0


class Conflicts:
    """The conflicts of one connection. `seconds` is the first pause after one; each is longer by that."""

    def __init__(self, channel: str, bot: Bot, seconds: float) -> None:
        self._channel = channel
        self._bot = bot
        self._seconds = seconds
        self._count = 0
        self._passed = 0
        self.trouble = ""
        """Who else takes the updates, as long as it lasts."""

    def none(self) -> None:
        """A poll was answered in order."""
        self._passed += 1
        if self._passed >= ENOUGH:
            self._count = 0
            self._tell("")

    async def settle(self, conflict: Conflict) -> None:
        """Remove a webhook, which excludes polling, or give way to another poller for a moment."""
        self._passed = 0
        self._count += 1
        is_webhook = "webhook" in conflict.message.lower()
        told = await self._webhook() if is_webhook else saying("rival")
        if self._count >= ENOUGH:
            self._tell(saying("rival_hears", why=told))
        if self._count > 1 or not is_webhook:
            await asyncio.sleep(min(self._seconds * self._count, LONGEST_SECONDS))

    async def _webhook(self) -> str:
        url = (await self._bot.get_webhook_info()).url
        host = URL(url).host if url else ""
        await self._bot.delete_webhook()
        _log.info("webhook_removed", channel=self._channel, host=host, reason="polling excludes it")
        return saying("rival_webhook", host=host)

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            _log.warning("telegram_conflict", channel=self._channel, reason=trouble or "over")
        self.trouble = trouble
