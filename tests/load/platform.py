"""The world around the program: the fake Telegram and the fake model, each its own process, and people who write."""

import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout

from tests.load.processes import Program

PATIENCE = ClientTimeout(total=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message of the bot as a person sees it; `at` is when it was first sent, in seconds since 1970."""

    chat: int
    id: int
    text: str
    at: float
    buttons: tuple[str, ...] = ()


class Platform:
    """Both servers, driven over HTTP. `telegram`, `model` and `key` are what a program needs to use them."""

    def __init__(self, session: ClientSession, telegram: str, model: str, key: str, last: str) -> None:
        self._session = session
        self.telegram = telegram
        self.model = model
        self.key = key
        self._last = last

    @classmethod
    async def start(cls, stack: AsyncExitStack, folder: Path) -> "Platform":
        session = await stack.enter_async_context(ClientSession(timeout=PATIENCE))
        telegram = await Program.start(["tests.platforms.telegram"], folder / "telegram.log")
        stack.push_async_callback(telegram.end)
        model = await Program.start(["tests.load.model"], folder / "model.log")
        stack.push_async_callback(model.end)
        base = await telegram.first_line()
        url, key, last = (await model.first_line()).split()
        return cls(session, base, url, key, last)

    async def push(self, chat: int, text: str, count: int = 1) -> float:
        """Somebody writes; with `count`, so many messages ending in 0, 1, 2 … Returns when, in seconds since 1970."""
        at = time.time()
        await self._post("push", {"chat": chat, "text": text, "count": count})
        return at

    async def press(self, chat: int, message: Sent, choice: str) -> float:
        """The person of a private chat presses a button. Returns when, in seconds since 1970."""
        data = next(each for each in message.buttons if each.endswith(f"|{choice}"))
        at = time.time()
        await self._post("press", {"chat": chat, "message": message.id, "data": data})
        return at

    async def sent(self, *, chat: int | None = None, after: int = 0, wait: int = 0, seconds: float = 30) -> list[Sent]:
        """What the bot has sent with an id above `after`, once there are `wait` of it or the seconds are over."""
        asked = {"after": after, "wait": wait, "seconds": str(seconds)} | ({} if chat is None else {"chat": chat})
        async with self._session.get(f"{self.telegram}/_control/sent", params=asked) as response:
            response.raise_for_status()
            return [
                Sent(
                    chat=each["chat"],
                    id=each["id"],
                    text=each["text"],
                    at=each["at"],
                    buttons=tuple(button["callback_data"] for button in each["buttons"]),
                )
                for each in await response.json()
            ]

    async def calls(self) -> int:
        """How often the bot has called the platform, apart from asking for news."""
        async with self._session.get(f"{self.telegram}/_control/calls") as response:
            counts: dict[str, int] = (await response.json())["calls"]
        return sum(count for method, count in counts.items() if method != "getUpdates")

    async def is_drained(self) -> bool:
        """Whether the bot has confirmed every message that people wrote."""
        async with self._session.get(f"{self.telegram}/_control/calls") as response:
            return bool((await response.json())["waiting"] == 0)

    async def reset(self) -> None:
        """Forget what was sent and counted."""
        await self._post("reset", {})

    async def last_request(self) -> dict[str, Any]:
        """The body of the last request to the model."""
        async with self._session.get(f"{self._last}/last") as response:
            asked: dict[str, Any] = await response.json()
        return asked

    async def answers(self, address: str) -> bool:
        """Whether an HTTP server answers there, whatever it says."""
        try:
            async with self._session.get(address, timeout=ClientTimeout(total=1), allow_redirects=False):
                return True
        except (OSError, TimeoutError):  # aiohttp's connection errors are OSErrors
            return False

    async def _post(self, what: str, given: dict[str, Any]) -> None:
        async with self._session.post(f"{self.telegram}/_control/{what}", json=given) as response:
            response.raise_for_status()


def after_last(messages: Iterable[Sent]) -> int:
    """The id after which only news follows."""
    return max((message.id for message in messages), default=0)
