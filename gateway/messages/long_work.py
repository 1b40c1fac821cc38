"""Tells somebody once that their answer takes a while, where nothing of it can be seen. It refuses to say it twice."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from agents.turn.task import AnswerView
from channels.messages import Language, Ref
from channels.steps import working
from channels.work import Step
from governance.record.transaction import DatabaseAway

_log = structlog.get_logger(__name__)

Tell = Callable[[str], Awaitable[None]]


class LongWorkView:
    """A `AnswerView` of an answer that shows nothing by itself: after a while of calls it tells how far they are."""

    def __init__(self, view: AnswerView, tell: Tell, language: Language, seconds: float) -> None:
        """`tell` says something in the conversation, once however often it is asked to; raises DatabaseAway."""
        self._view = view
        self._tell = tell
        self._language = language
        self._seconds = seconds
        self._steps: dict[str, Step] = {}
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def write(self, delta: str) -> None:
        """Add words."""
        await self._view.write(delta)

    def note(self, text: str) -> None:
        """Show this below the words."""
        self._view.note(text)

    def step(self, step: Step) -> None:
        """Count that call; with the first the time begins to run."""
        self._steps[step.id] = step
        if self._task is None:
            self._task = asyncio.create_task(self._tell_later(), name="tell of long work")

    async def close(self) -> Ref | None:
        """Say nothing from now on."""
        self._is_over.set()
        if self._task is not None:
            await self._task
        return await self._view.close()

    async def _tell_later(self) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._is_over.wait()
        except TimeoutError:
            await self._tell_now()

    async def _tell_now(self) -> None:
        try:
            await self._tell(working(tuple(self._steps.values()), self._language))
        except DatabaseAway as error:
            _log.warning("long_work_not_told", reason=str(error))
