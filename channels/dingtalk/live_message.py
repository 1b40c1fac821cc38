"""A growing answer: an AI card of the admin's template, its text put in whole each time."""

import secrets

from channels.base import MessageRefused
from channels.dingtalk import cards, render
from channels.dingtalk.sending import Sender
from channels.messages import Address, Ref


class Growing:
    """One answer while it grows; satisfies `channels.base.LiveMessage`. The final text ends the card, not `close`."""

    def __init__(self, sender: Sender, address: Address, key: str, resumes: Ref | None = None) -> None:
        self._sender = sender
        self._address = address
        self._key = key
        self._track = resumes.id if resumes else ""
        self._planned = f"{cards.STREAM}{secrets.token_hex(20)}"  # also of a second try, so that there is one card
        self._text = ""

    async def show(self, text: str) -> None:
        """Show the whole text so far; raises RateLimited or ChannelError."""
        if text == self._text or not text.strip():
            return
        if self._track:
            await self._sender.stream(self._track, render.markdown(text), is_final=False)
        else:
            await self._begin(text)
        self._text = text

    async def _begin(self, text: str) -> None:
        template = self._sender.streams
        if not template.is_usable:
            raise MessageRefused(template.refusal or "there is no template for answers that grow")
        await self._sender.show(template, self._address, self._planned, {self._key: render.markdown(text)}, text)
        self._track = self._planned

    def standing(self) -> Ref | None:
        """The card, once DingTalk has shown it."""
        return Ref(address=self._address, id=self._track) if self._track else None

    async def close(self) -> Ref | None:
        """Nothing ends here: the final text is put into the card and closes it in one call."""
        return self.standing()
