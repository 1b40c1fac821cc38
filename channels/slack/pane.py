"""The pane of the assistant: phrases to begin with, a title, and a sign that an answer is being prepared.

Each conversation in the pane is a thread of the private room. The sign stands in threads of channels too; Slack takes
it away when we say something there, and after two minutes (docs.slack.dev/reference/methods, under
assistant.threads.setStatus). Phrases and title are decoration: what Slack refuses is noted, and nobody waits for it.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from channels.base import ChannelError
from channels.messages import Inbound
from channels.slack.client import Api
from channels.text.plain import shortened

STATUS = "is working on it … · 正在处理……"
MAX_TITLE = 60
MAX_PROMPT_TITLE = 75
MOST_UNTITLED = 500
STATUS_SECONDS = 120.0

log = structlog.get_logger(__name__)


class Pane:
    """The threads of the pane, as far as something is to be shown in them."""

    def __init__(self, api: Api, prompts: Sequence[str]) -> None:
        self._api = api
        self._prompts = [{"title": prompt[:MAX_PROMPT_TITLE], "message": prompt} for prompt in prompts]
        self._untitled: dict[tuple[str, str], None] = {}
        self._signs: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def opened(self, event: dict[str, Any]) -> None:
        """Somebody began a conversation in the pane, or looks at another channel beside it: offer phrases."""
        thread = event["assistant_thread"]
        room, ts = thread["channel_id"], thread["thread_ts"]
        if event["type"] == "assistant_thread_started":
            self._untitled[room, ts] = None
            while len(self._untitled) > MOST_UNTITLED:
                del self._untitled[next(iter(self._untitled))]
        if self._prompts:
            self._show(
                self._api.sdk.assistant_threads_setSuggestedPrompts,
                channel_id=room,
                thread_ts=ts,
                prompts=self._prompts,
            )

    def heard(self, inbound: Inbound) -> None:
        """Somebody said something: the first words of a conversation in the pane are its title."""
        where, title = (inbound.address.room, inbound.address.thread), " ".join(inbound.text.split())
        if where not in self._untitled or not title or inbound.press is not None:
            return
        del self._untitled[where]
        self._show(
            self._api.sdk.assistant_threads_setTitle,
            channel_id=where[0],
            thread_ts=where[1],
            title=shortened(title, MAX_TITLE),
        )

    async def show_status(self, room: str, thread: str) -> None:
        """Show in that thread that an answer is being prepared; raises RateLimited or ChannelError."""
        self._signs.add((room, thread))
        await self._set_status(room, thread, STATUS)

    async def clear_status(self, room: str, thread: str) -> None:
        """Take that away, where it was shown; raises as above."""
        if (room, thread) in self._signs:
            self._signs.discard((room, thread))
            await self._set_status(room, thread, "")

    async def _set_status(self, room: str, thread: str, status: str) -> None:
        call = self._api.sdk.assistant_threads_setStatus
        await self._api.ask(call, channel_id=room, thread_ts=thread, status=status)

    async def close(self) -> None:
        """End what is still being shown."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _show(self, call: Callable[..., Any], **arguments: Any) -> None:
        task = asyncio.create_task(self._ask(call, arguments), name="slack pane")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, call: Callable[..., Any], arguments: dict[str, Any]) -> None:
        try:
            await self._api.ask(call, **arguments)
        except ChannelError as error:
            log.info("slack_pane_not_decorated", reason=str(error))
