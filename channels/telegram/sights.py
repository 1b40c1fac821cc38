"""Answers that are shown while they grow: drafts where the platform has them, else one message that is edited."""

import asyncio

from channels.base import RateLimited
from channels.messages import Address, Ref
from channels.telegram.sender import Sender
from channels.telegram.transport import translated

GROUP_INTERVAL_SECONDS = 3.0
"""A group takes 20 messages a minute, edits included (core.telegram.org/bots/faq)."""


class DraftSight:
    """A preview in a private chat, which the platform takes away when the message is sent or after 30 s."""

    def __init__(self, sender: Sender, address: Address, draft_id: int) -> None:
        self._sender = sender
        self._address = address
        self._draft_id = draft_id

    async def show(self, text: str) -> None:
        """Show the whole text so far."""
        with translated():
            await self._sender.draft(self._address, self._draft_id, text)

    def standing(self) -> Ref | None:
        """A preview vanishes by itself."""
        return None

    async def close(self) -> Ref | None:
        """Nothing remains of a preview."""
        return None


class EditSight:
    """A message that is sent with the first words and rewritten as they grow."""

    def __init__(self, sender: Sender, address: Address, answers: Ref | None, resumes: Ref | None = None) -> None:
        self._sender = sender
        self._address = address
        self._answers = answers
        self._ref = resumes
        self._next_at = 0.0

    async def show(self, text: str) -> None:
        """Show the whole text so far; asks to wait when that would spend the group's budget."""
        now = asyncio.get_running_loop().time()
        if now < self._next_at:
            raise RateLimited(self._next_at - now)
        with translated():
            if self._ref is None:
                self._ref = await self._sender.say(self._address, text, self._answers)
            else:
                self._ref = await self._sender.rewrite(self._ref, text)
        self._next_at = now + GROUP_INTERVAL_SECONDS

    def standing(self) -> Ref | None:
        """The message, once it is sent."""
        return self._ref

    async def close(self) -> Ref | None:
        """The message that the final text must replace."""
        return self._ref
