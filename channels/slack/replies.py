"""Reply addresses that Slack hands out with presses and commands: who may be called, and which answers whom."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from yarl import URL

from channels.messages import Inbound, Ref

REPLY_SECONDS = 10.0
# A response_url lives for 30 minutes (docs.slack.dev/interactivity/handling-user-interaction).
LIFE_SECONDS = 29 * 60.0
MOST_KEPT = 1_000
HOOKS = ("hooks.slack.com", "hooks.slack-gov.com")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    room: str
    person: str
    url: str
    until: float


class Replies:
    """Posts to reply addresses, and keeps those of slash commands: the only way into rooms the bot is not in."""

    def __init__(self, api_url: str, http: aiohttp.ClientSession, clock: Callable[[], float] = time.monotonic) -> None:
        self._ours = URL(api_url).origin()
        self._http = http
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def keep(self, command: Inbound, url: str) -> None:
        """Remember where a slash command may be answered."""
        if not command.message or not url:
            return
        self._kept[command.message.id] = _Kept(
            room=command.address.room, person=command.sender.id, url=url, until=self._clock() + LIFE_SECONDS
        )
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    def for_answer(self, room: str, answers: Ref | None) -> str:
        """The reply address of the command that is answered; else of the only person who commands in that room.

        Empty when nobody or several did: an answer is never shown to somebody else.
        """
        now = self._clock()
        living = {name: kept for name, kept in self._kept.items() if kept.room == room and kept.until > now}
        if answers and answers.id in living:
            return living[answers.id].url
        latest = list(living.values())
        return latest[-1].url if len({kept.person for kept in latest}) == 1 else ""

    async def post(self, address: str, body: dict[str, Any]) -> bool:
        """Show a message to the one person whom that address answers; false when Slack did not take it."""
        url = URL(address)
        if not self._is_slacks(url):
            log.warning("slack_reply_address_refused", host=url.host)
            return False
        private = body | {"response_type": "ephemeral", "replace_original": False}
        try:
            async with (
                asyncio.timeout(REPLY_SECONDS),
                self._http.post(url, json=private, allow_redirects=False) as answer,
            ):
                if answer.status == 200:  # noqa: PLR2004  HTTP's own number
                    return True
                log.info("slack_reply_not_taken", status=answer.status)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("slack_reply_not_taken", error=type(error).__name__)
        return False

    def _is_slacks(self, url: URL) -> bool:
        """An address travels through the database, so only Slack's host and the configured one are ever called."""
        return url.is_absolute() and ((url.scheme == "https" and url.host in HOOKS) or url.origin() == self._ours)
