"""What people are called and which language they use Slack in, learned beside the work.

Hearing an event waits a moment, once, for the name of somebody who was never heard before: an admin who is asked to let
them in would read a number otherwise, and they would be named after it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from channels.base import ChannelError, RateLimited
from channels.slack.client import Api

NAME_TTL_SECONDS = 3600.0
ASK_AGAIN_SECONDS = 60.0
MOST_NAMES = 10_000
FIRST_PAGE = 200
NAME_WAIT_SECONDS = 0.8
"""Slack takes an event for lost that is not answered within 3 seconds (docs.slack.dev/apis/events-api)."""

log = structlog.get_logger(__name__)


class Names:
    """Display names by user id, each kept for an hour; what is unknown is asked for, at most once a minute."""

    def __init__(self, api: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[str, tuple[str, float]] = {}
        self._zones: dict[str, str] = {}
        self._languages: dict[str, str] = {}
        self._wanted: asyncio.Queue[str] = asyncio.Queue()
        self._asked: dict[str, asyncio.Event] = {}
        self._is_prompt = True

    def of(self, user: str) -> str:
        """The name as far as it is known, else an empty string. Never waits."""
        name, until = self._known.get(user, ("", 0.0))
        if self._clock() >= until and self._wanted.qsize() < MOST_NAMES:
            self._keep(user, name, ASK_AGAIN_SECONDS)  # at once, so that a burst asks once
            self._wanted.put_nowait(user)
            if not name and self._is_prompt:
                self._asked[user] = asyncio.Event()
                asyncio.get_running_loop().call_later(NAME_WAIT_SECONDS, self._came_late, user)
        return name

    async def soon(self, user: str) -> str:
        """The name as far as it is known; of somebody who is being asked about for the first time a moment later.

        What they say meanwhile waits with the first and comes behind it. Where Slack was late with one name, no other
        is waited for until it gives one.
        """
        name, asked = self.of(user), self._asked.get(user)
        if name or asked is None:
            return name
        await asked.wait()
        return self.of(user)

    def zone_of(self, user: str) -> str:
        """Their time zone (`tz` of docs.slack.dev/reference/objects/user-object); empty until it is known."""
        return self._zones.get(user, "")

    def language_of(self, user: str) -> str:
        """The language in which they use Slack, as `zh-CN`; empty until it is known.

        It is the `locale` of a user object, which comes only to whoever asks with `include_locale`
        (docs.slack.dev/reference/methods/users.info, .../users.list).
        """
        return self._languages.get(user, "")

    async def learn(self) -> None:
        """Look names up until cancelled, beginning with the workspace's first members."""
        await self._attempt(self._learn_members())
        while True:
            user = await self._wanted.get()
            await self._attempt(self._learn_one(user))
            self._told(user)

    async def _attempt(self, lookup: Awaitable[None]) -> None:
        try:
            await lookup
        except RateLimited as error:
            await asyncio.sleep(error.retry_after_seconds)
        except ChannelError as error:
            log.info("slack_name_not_learned", reason=str(error))

    async def _learn_members(self) -> None:
        answer = await self._api.ask(self._api.sdk.users_list, limit=FIRST_PAGE, include_locale=True)
        for member in answer.get("members", []):
            self._learned(member["id"], member)

    async def _learn_one(self, user: str) -> None:
        answer = await self._api.ask(self._api.sdk.users_info, user=user, include_locale=True)
        self._learned(user, answer.get("user", {}))

    def _learned(self, user: str, member: dict[str, Any]) -> None:
        self._is_prompt = True
        self._keep(user, _name(member), NAME_TTL_SECONDS)
        self._zones[user] = str(member.get("tz") or "")
        self._languages[user] = str(member.get("locale") or "")
        self._told(user)

    def _told(self, user: str) -> None:
        """Nobody waits for this name any more."""
        if (asked := self._asked.pop(user, None)) is not None:
            asked.set()

    def _came_late(self, user: str) -> None:
        if user in self._asked:
            self._is_prompt = False
            self._told(user)

    def _keep(self, user: str, name: str, seconds: float) -> None:
        self._known.pop(user, None)
        self._known[user] = (name, self._clock() + seconds)
        while len(self._known) > MOST_NAMES:
            gone = next(iter(self._known))
            del self._known[gone]
            self._zones.pop(gone, None)
            self._languages.pop(gone, None)


def _name(member: dict[str, Any]) -> str:
    profile = member.get("profile", {})
    names = (profile.get("display_name"), member.get("real_name"), profile.get("real_name"), member.get("name"))
    return next((str(name) for name in names if name), "")
