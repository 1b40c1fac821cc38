"""Reply addresses that come with what people write: the cheapest way to answer, for they count against no quota.

They live in memory and for about 90 minutes, name no message that could be found again, and are called only where they
lie at DingTalk. Whatever one of them does not take goes through the API, whose word is final.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import structlog
from yarl import URL

from channels.base import ChannelDown, RateLimited
from channels.sayings import saying
from channels.shared.certificates import why

CALL_SECONDS = 15.0
MOST_KEPT = 1_000
MARGIN = timedelta(minutes=1)
TOO_FAST = 130101
"""What a robot is told that said more than 20 things in a minute."""
TOO_FAST_SECONDS = 60.0
_HOMES = (".dingtalk.com", ".dingtalk.io")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Webhook:
    url: URL
    until: datetime


class Webhooks:
    """The newest reply address of each room, and who wrote what may be answered."""

    def __init__(self, api_url: str, http: aiohttp.ClientSession, now: Callable[[], datetime]) -> None:
        self._ours = URL(api_url).origin()
        self._http = http
        self._now = now
        self._kept: dict[str, _Webhook] = {}
        self._authors: dict[str, str] = {}

    def note(self, room: str, data: Mapping[str, Any]) -> None:
        """Remember what a message of that room brought along."""
        _put(self._authors, str(data.get("msgId") or ""), str(data.get("senderStaffId") or ""))
        url = self.trusted(str(data.get("sessionWebhook") or ""))
        expires = int(data.get("sessionWebhookExpiredTime") or 0)
        if url is not None and expires:
            until = datetime.fromtimestamp(expires / 1000, tz=self._now().tzinfo) - MARGIN
            self._kept.pop(room, None)
            _put(self._kept, room, _Webhook(url=url, until=until))

    def author(self, message_id: str) -> str:
        """The member who wrote that message, if it was heard lately."""
        return self._authors.get(message_id, "")

    def trusted(self, address: str) -> URL | None:
        """The address if it lies at DingTalk or where the settings put the API."""
        try:
            url = URL(address)
            at_home = url.scheme == "https" and f".{url.host or ''}".endswith(_HOMES)
            if url.is_absolute() and (at_home or url.origin() == self._ours):
                return url
        except ValueError:
            at_home = False
        if address:
            _log.warning("dingtalk_reply_address_refused", host=address.partition("?")[0][:100])
        return None

    async def post(self, room: str, body: dict[str, Any]) -> bool:
        """Say something in a room; False where there is no address for it or DingTalk does not take it there.

        Raises RateLimited, or ChannelDown where nobody knows whether it was said.
        """
        kept = self._kept.get(room)
        if kept is None or kept.until <= self._now():
            self._kept.pop(room, None)
            return False
        code = await self.post_to(kept.url, body)
        if code == TOO_FAST:
            raise RateLimited(TOO_FAST_SECONDS, "DingTalk asks us to wait: more than 20 messages in a minute")
        if code:
            _log.info("dingtalk_reply_not_taken", code=code)
            self._kept.pop(room, None)
        return not code

    async def post_to(self, url: URL, body: dict[str, Any]) -> int:
        """DingTalk's error code, 0 when it took the message; raises ChannelDown."""
        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self._http.post(url, json=body, allow_redirects=False) as answer,
            ):
                if answer.status >= 500:  # noqa: PLR2004  HTTP's own number
                    raise ChannelDown(saying("answers", platform="DingTalk", status=answer.status))
                if answer.status != 200:  # noqa: PLR2004  as above
                    return answer.status
                return _code(await answer.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("unreachable", platform="DingTalk", why=why(error))) from None


def _code(body: bytes) -> int:
    """The error code of an answer; -1 for one that is not DingTalk's."""
    try:
        told = json.loads(body)
    except ValueError:
        return -1
    return int(told.get("errcode") or 0) if isinstance(told, dict) else -1


def _put(kept: dict[str, Any], key: str, value: Any) -> None:
    kept[key] = value
    while len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]
