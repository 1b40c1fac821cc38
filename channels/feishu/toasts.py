"""Presses that wait for their answer: the platform shows one toast to the presser, and takes no other private word.

A press is answered within three seconds. What is said to the presser alone in the first second becomes the toast;
what comes later goes to their private conversation.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from channels.base import NOT_YET

LONGEST_TOAST = 300
RECEIVED: dict[str, Any] = {
    "type": "info",
    "content": "Received",
    "i18n": {"zh_cn": "已收到", "en_us": "Received", "ja_jp": "受け付けました"},
}
PUT_OFF: dict[str, Any] = {"type": "error", "content": NOT_YET}


@dataclass(slots=True, eq=False)
class WaitingPress:
    """One press whose answer is still open."""

    message_id: str
    _words: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def take(self, words: str) -> bool:
        """Answer with these words, "" for none in particular; False when it was answered already."""
        if self._words.done():
            return False
        self._words.set_result(words)
        return True

    async def toast(self, seconds: float) -> dict[str, Any]:
        """The toast, once there are words for it or the time is over; no words are taken after that."""
        await asyncio.wait([self._words], timeout=max(seconds, 0.0))
        self.take("")
        words = self._words.result()
        return {"type": "warning", "content": words} if words else RECEIVED


class Toasts:
    """The presses that are being answered."""

    def __init__(self) -> None:
        self._open: dict[str, WaitingPress] = {}

    @contextmanager
    def waiting(self, receipt: str, message_id: str) -> Iterator[WaitingPress]:
        """The press is open inside."""
        waiting = self._open[receipt] = WaitingPress(message_id)
        try:
            yield waiting
        finally:
            self._open.pop(receipt, None)

    def offer(self, receipt: str, words: str) -> bool:
        """Show these words to whoever pressed; False when it is too late or they are too many."""
        waiting = self._open.get(receipt)
        return waiting is not None and 0 < len(words) <= LONGEST_TOAST and waiting.take(words)

    def settle(self, message_id: str) -> None:
        """That message is about to be rewritten, so its presses are answered first: the platform wants this order."""
        for waiting in self._open.values():
            if waiting.message_id == message_id:
                waiting.take("")
