"""Presses are answered once each: with a sentence for the presser, else by stopping the spinner a moment later."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from channels.base import NOT_YET, ChannelError
from channels.telegram.sender import Sender
from channels.telegram.transport import translated

_log = structlog.get_logger(__name__)


class Presses:
    """The presses of one connection, by the id under which each is answered."""

    def __init__(self, channel: str, sender: Sender, spinner_seconds: float) -> None:
        self._channel = channel
        self._sender = sender
        self._spinner_seconds = spinner_seconds
        self._put_off: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def stored(self, receipt: str) -> None:
        """It is being handled: leave time for a sentence, then stop the spinner."""
        self._put_off.discard(receipt)
        self._begin(self._stop_spinner(receipt))

    def put_off(self, receipt: str) -> None:
        """It could not be stored: say so once, however often Telegram delivers it again."""
        if receipt not in self._put_off:
            self._put_off.add(receipt)
            self._begin(self._answer(receipt, NOT_YET))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="telegram spinner")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop_spinner(self, receipt: str) -> None:
        """Unless a sentence for the presser did so in the meantime: it can be answered only once."""
        await asyncio.sleep(self._spinner_seconds)
        if not self._sender.has_answered(receipt):
            await self._answer(receipt)

    async def _answer(self, receipt: str, text: str = "") -> None:
        try:
            with translated():
                await self._sender.answer(receipt, text)
        except ChannelError as error:
            _log.info("press_not_answered", channel=self._channel, reason=str(error))

    async def drop(self) -> None:
        """Leave no task behind."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
