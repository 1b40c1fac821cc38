"""What people are called and what was said: learned beside the work where it is known, asked for where it is not.

Hearing an event never waits for a name. It waits for the words that a message answers, but only a moment.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import structlog

from channels.base import ChannelError, MessageRefused, RateLimited
from channels.feishu.api import Api
from channels.feishu.normalise import content_of, texts_in

_log = structlog.get_logger(__name__)

V = TypeVar("V")
NAME_SECONDS = 3600.0
ASK_AGAIN_SECONDS = 60.0
MOST_NAMES = 10_000
MOST_WAITING = 200
QUOTE_SECONDS = 0.8
MOST_QUOTED = 2000


class Recent(OrderedDict[str, V], Generic[V]):
    """The newest entries, so many of them."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: str, value: V) -> None:
        """Remember, and forget the oldest."""
        self[key] = value
        self.move_to_end(key)
        while len(self) > self._most:
            self.popitem(last=False)


class Names:
    """Display names by open_id, from mentions and, where the app may read them, from the contacts."""

    def __init__(self, api: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._known: Recent[tuple[str, float]] = Recent(MOST_NAMES)
        self._wanted: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._may_ask = True

    def note(self, person: str, name: str) -> None:
        """The platform named this person."""
        if name:
            self._known.keep(person, (name, self._clock() + NAME_SECONDS))

    def of(self, person: str) -> str:
        """The name as far as it is known, else "". Never waits."""
        name, until = self._known.get(person, ("", 0.0))
        if self._may_ask and self._clock() >= until and not self._wanted.full():
            self._known.keep(person, (name, self._clock() + ASK_AGAIN_SECONDS))  # at once, so that a burst asks once
            self._wanted.put_nowait(person)
        return name

    async def learn(self) -> None:
        """Look names up until cancelled, or until it shows that this app may not."""
        while self._may_ask:
            person = await self._wanted.get()
            try:
                answer = await self._api.call("GET", f"/open-apis/contact/v3/users/{person}?user_id_type=open_id")
                self.note(person, str(answer["data"]["user"].get("name") or ""))
            except RateLimited as error:
                await asyncio.sleep(error.retry_after_seconds)
            except MessageRefused as error:
                _log.info("feishu_names_not_granted", reason=str(error))
                self._may_ask = False
            except (ChannelError, AttributeError, KeyError, TypeError) as error:
                _log.info("feishu_name_not_learned", reason=str(error))


class Sayings:
    """The words of messages that somebody may answer."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: Recent[str] = Recent(MOST_QUOTED)

    def note(self, message_id: str, words: str) -> None:
        """This was said, by us or to us."""
        if words.strip():
            self._known.keep(message_id, words)

    async def words(self, message_id: str) -> str:
        """The words of a message, "" where they cannot be had in a moment."""
        if message_id in self._known:
            return self._known[message_id]
        try:
            async with asyncio.timeout(QUOTE_SECONDS):
                answer = await self._api.call("GET", f"/open-apis/im/v1/messages/{message_id}")
            # What was passed on as one message comes with all that was said in it behind it.
            first, *within = answer["data"]["items"]
            words = "\n".join(_read(item) for item in within) if within else _read(first)
        except (TimeoutError, ChannelError, AttributeError, LookupError, TypeError, ValueError) as error:
            _log.info("feishu_quote_not_read", reason=str(error) or type(error).__name__)
            return ""
        self.note(message_id, words)
        return words


def _read(item: Mapping[str, Any]) -> str:
    """All words of a message as the platform hands it out, whatever its layout."""
    words = "\n".join(texts_in(content_of(item["body"]["content"])))
    for mention in item.get("mentions") or ():
        words = words.replace(str(mention["key"]), f"@{mention['name']}")
    return words.strip()
