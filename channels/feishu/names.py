"""What people are called and what was said: learned beside the work where it is known, asked for where it is not.

Hearing an event waits a moment for the words that a message answers, and once for the name of somebody who was never
heard before: an admin who is asked to let them in would read a number otherwise.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from channels.base import ChannelError, MessageRefused, RateLimited
from channels.feishu.api import Api
from channels.feishu.normalise import content_of, said
from channels.messages import File, Part, Quote, Text

_log = structlog.get_logger(__name__)

V = TypeVar("V")
NAME_SECONDS = 3600.0
ASK_AGAIN_SECONDS = 60.0
MOST_NAMES = 10_000
MOST_WAITING = 200
NAME_WAIT_SECONDS = 0.8
QUOTE_SECONDS = 0.8
PASSED_ON_SECONDS = 2.0
"""An event must be taken within 3 seconds, and without its contents there is nothing to answer."""
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
        self._asked: dict[str, asyncio.Event] = {}
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
            self._asked[person] = asyncio.Event()
        return name

    async def soon(self, person: str, seconds: float = NAME_WAIT_SECONDS) -> str:
        """The name as far as it is known; of somebody who is being asked about for the first time a moment later."""
        name = self.of(person)
        asked = self._asked.get(person)
        if name or asked is None:
            return name
        try:
            async with asyncio.timeout(seconds):
                await asked.wait()
        except TimeoutError:
            self._asked.pop(person, None)  # whoever is heard next does not wait for the same again
        return self.of(person)

    async def learn(self) -> None:
        """Look names up until cancelled, or until it shows that this app may not."""
        while self._may_ask:
            person = await self._wanted.get()
            await self._ask(person)
            if (asked := self._asked.pop(person, None)) is not None:
                asked.set()
        for each in self._asked.values():
            each.set()

    async def _ask(self, person: str) -> None:
        """Ask the contacts once; waits as long as the platform says after too many calls."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What a message says: its words and files, or what was passed on in it, each by the open_id of who said it.

    `lack` says in English why nothing of it is known.
    """

    text: str = ""
    files: tuple[File, ...] = ()
    within: tuple[tuple[str, str], ...] = ()
    lack: str = ""


class Sayings:
    """What messages say that somebody may answer or pass on."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: Recent[Saying] = Recent(MOST_QUOTED)

    def note(self, message_id: str, words: str, files: tuple[File, ...] = ()) -> None:
        """This was said, by us or to us."""
        if words.strip() or files:
            self._known.keep(message_id, Saying(text=words, files=files))

    async def of(self, message_id: str, seconds: float = QUOTE_SECONDS) -> Saying:
        """What a message says; only `lack` where it cannot be had in so many seconds."""
        if message_id in self._known:
            return self._known[message_id]
        try:
            async with asyncio.timeout(seconds):
                answer = await self._api.call("GET", f"/open-apis/im/v1/messages/{message_id}")
            saying = _read(answer["data"]["items"])
        except (TimeoutError, ChannelError, AttributeError, LookupError, TypeError, ValueError) as error:
            _log.info("feishu_quote_not_read", reason=str(error) or type(error).__name__)
            refused = str(error) if isinstance(error, MessageRefused) else ""
            return Saying(lack=f"Feishu did not hand it out{': ' if refused else ''}{refused}")
        self._known.keep(message_id, saying)
        return saying


def _read(items: Sequence[Mapping[str, Any]]) -> Saying:
    """A message as the platform hands it out; what was passed on as one has all that was said in it behind it."""
    first, *within = items
    if not within:
        parts = _parts(first)
        return Saying(text=_words(parts), files=tuple(part for part in parts if isinstance(part, File)))
    said = [each for each in within if each.get("msg_type") != "merge_forward"]
    return Saying(within=tuple((_author(each), _words(_parts(each), within=True)) for each in said))


def _author(item: Mapping[str, Any]) -> str:
    sender = item.get("sender") or {}
    return str(sender.get("id") or "") if sender.get("id_type") == "open_id" else ""


def _parts(item: Mapping[str, Any]) -> tuple[Part, ...]:
    kind, name = str(item["msg_type"]), str(item["message_id"])
    if item.get("deleted"):
        return (Text(text="[This message was taken back.]"),)
    mentions: dict[str, Part] = {str(each["key"]): Text(text=f"@{each['name']}") for each in item.get("mentions") or ()}
    return tuple(said(kind, content_of(item["body"]["content"]), mentions, name))


def _words(parts: tuple[Part, ...], *, within: bool = False) -> str:
    """All words, and in what was passed on the names of files, which Feishu hands out with their own message only."""
    words = []
    for part in parts:
        if isinstance(part, Quote):
            words.append(f"{part.text}\n")
        elif isinstance(part, Text):
            words.append(part.text)
        elif isinstance(part, File) and within:
            words.append(f"[The file {part.name}, which Feishu does not hand out of messages passed on as one.]")
    return "".join(words).strip()
