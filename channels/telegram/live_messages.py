"""Answers that are shown while they grow: drafts where the platform has them, else one message that is edited.

Both bear a button that ends the answer. That of a draft is the platform's own, and its press names nothing but the
draft (Bot API 10.3: core.telegram.org/bots/api#sendmessagedraft, #messagegenerationstopped); that of a message is ours,
and the edit that brings the final text takes it away.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from channels.base import BearsStop, LiveMessage, MessageRefused, RateLimited
from channels.messages import Address, Ref, Stop
from channels.telegram.normalise import draft_of
from channels.telegram.sender import Sender
from channels.telegram.transport import translated

_log = structlog.get_logger(__name__)

GROUP_INTERVAL_SECONDS = 3.0
"""A group takes 20 messages a minute, edits included (core.telegram.org/bots/faq)."""


class LiveMessages:
    """The live messages of one bot, which remembers that its platform takes no drafts."""

    def __init__(self, channel: str, sender: Sender) -> None:
        self._channel = channel
        self._sender = sender
        self._takes_drafts = True

    def open(self, address: Address, answers: Ref | None, resumes: Ref | None, now: datetime) -> LiveMessage:
        """A draft in a private chat (ids of persons are positive), else a message that is edited.

        What an earlier live message of the same answer left standing is edited there too.
        """
        is_private = int(address.room) > 0
        edited = EditedMessage(
            self._sender, address, answers, resumes, interval_seconds=0.0 if is_private else GROUP_INTERVAL_SECONDS
        )
        if not (is_private and self._takes_drafts) or resumes is not None:
            return edited
        draft_id = int(now.timestamp() * 1000) % 2_000_000_000 + 1
        return DraftSight(self._sender, address, draft_id, edited, self._refused)

    def _refused(self, error: MessageRefused) -> None:
        self._takes_drafts = False
        _log.info("drafts_not_taken", channel=self._channel, reason=str(error))


class DraftSight:
    """A preview in a private chat, which the platform takes away when the message is sent or after 30 s.

    Where drafts are refused the answer goes on in the live message that is `instead`, and `refused` is told.
    """

    def __init__(
        self,
        sender: Sender,
        address: Address,
        draft_id: int,
        instead: LiveMessage,
        refused: Callable[[MessageRefused], None],
    ) -> None:
        self._sender = sender
        self._address = address
        self._draft_id = draft_id
        self._instead = instead
        self._refused = refused
        self._takes_drafts = True
        self._can_stop = False

    def bear(self, stop: Stop) -> None:
        """Show the platform's own button; its press is known again by the number of the draft."""
        self._draft_id, self._can_stop = draft_of(stop.id), True
        if isinstance(self._instead, BearsStop):
            self._instead.bear(stop)

    async def show(self, text: str) -> None:
        """Show the whole text so far."""
        if self._takes_drafts:
            try:
                with translated():
                    await self._sender.draft(self._address, self._draft_id, text, can_stop=self._can_stop)
            except MessageRefused as error:
                if not _is_about_drafts(error):
                    raise
                self._takes_drafts = False
                self._refused(error)
            else:
                return
        await self._instead.show(text)

    def standing(self) -> Ref | None:
        """A preview vanishes by itself."""
        return None if self._takes_drafts else self._instead.standing()

    async def close(self) -> Ref | None:
        """Nothing remains of a preview."""
        return None if self._takes_drafts else await self._instead.close()


def _is_about_drafts(error: MessageRefused) -> bool:
    """Whether the method is unknown to this server, or drafts are refused: not the chat, nor this text."""
    return (error.lack is not None and not error.lack.only_here) or "draft" in str(error).lower()


class EditedMessage:
    """A message that is sent with the first words and rewritten as they grow."""

    def __init__(
        self,
        sender: Sender,
        address: Address,
        answers: Ref | None,
        resumes: Ref | None = None,
        *,
        interval_seconds: float = GROUP_INTERVAL_SECONDS,
    ) -> None:
        self._sender = sender
        self._address = address
        self._answers = answers
        self._ref = resumes
        self._interval_seconds = interval_seconds
        self._next_at = 0.0
        self._stop: Stop | None = None

    def bear(self, stop: Stop) -> None:
        """Show that button below the words."""
        self._stop = stop

    async def show(self, text: str) -> None:
        """Show the whole text so far; asks to wait when that would spend the group's budget."""
        now = asyncio.get_running_loop().time()
        if now < self._next_at:
            raise RateLimited(self._next_at - now)
        with translated():
            if self._ref is None:
                self._ref = await self._sender.say(self._address, text, self._answers, self._stop)
            else:
                self._ref = await self._sender.rewrite(self._ref, text, self._stop)
        self._next_at = now + self._interval_seconds

    def standing(self) -> Ref | None:
        """The message, once it is sent."""
        return self._ref

    async def close(self) -> Ref | None:
        """The message that the final text must replace."""
        return self._ref
