"""A growing answer: one card whose words the platform types out (open.feishu.cn/document, "流式更新卡片").

Whatever makes the platform stop typing, ten minutes or a refusal, the card is then rewritten whole. Where the app may
not make such cards, nothing is shown before the end, and the channel's health says so.
"""

import structlog

from channels.base import ChannelError, MessageRefused
from channels.feishu import render
from channels.feishu.api import Refusal
from channels.feishu.sending import Sender
from channels.messages import Address, Ref, Text
from channels.sayings import saying

_log = structlog.get_logger(__name__)

UNGRANTED = frozenset({99991672, 99991679})
"""A scope is missing."""


class CardStreams:
    """Whether the app may make cards that grow, found out by trying."""

    def __init__(self) -> None:
        self.lack = ""

    def refused(self, refusal: Refusal) -> None:
        """The platform told us that we may not."""
        if refusal.code in UNGRANTED:
            _log.warning("feishu_streams_not_granted", reason=str(refusal))
            self.lack = saying("lack.streams", words=str(refusal))


class Growing:
    """One answer while it grows; satisfies `channels.base.LiveMessage`."""

    def __init__(
        self,
        sender: Sender,
        streams: CardStreams,
        address: Address,
        *,
        key: str,
        answers: Ref | None = None,
        resumes: Ref | None = None,
    ) -> None:
        self._sender = sender
        self._streams = streams
        self._address = address
        self._answers = answers
        self._key = key
        self._ref = resumes
        self._is_open = False
        self._text = ""

    async def show(self, text: str) -> None:
        """Show the whole text so far; raises RateLimited, MessageRefused or ChannelDown."""
        text = text[: render.MAX_TEXT]
        if text == self._text or not text.strip():
            return
        if self._ref is None:
            await self._begin(text)
        else:
            await self._go_on(self._ref, text)
        self._text = text

    async def _begin(self, text: str) -> None:
        if self._streams.lack:
            raise MessageRefused(self._streams.lack)
        content = render.words(_rendered(text), text, streaming=True)
        try:
            entity = await self._sender.make(content)
        except Refusal as refusal:
            self._streams.refused(refusal)
            raise
        self._ref = await self._sender.begin(entity, self._address, self._answers, self._key)
        self._is_open = True

    async def _go_on(self, ref: Ref, text: str) -> None:
        if self._is_open:
            try:
                await self._sender.grow(ref, _rendered(text))
            except Refusal as refusal:
                _log.info("feishu_stream_ended_early", reason=str(refusal))
                self._is_open = False
            else:
                return
        await self._sender.rewrite(ref, render.words(_rendered(text), text))

    def standing(self) -> Ref | None:
        """The message, once it is there."""
        return self._ref

    async def close(self) -> Ref | None:
        """Stop typing. A card that does not end is ended by the words that replace it."""
        if self._ref is None:
            return None
        if self._is_open:
            self._is_open = False
            try:
                await self._sender.end(self._ref)
                self._sender.shown.keep(self._ref.id, self._text)
            except ChannelError as error:
                _log.info("feishu_stream_not_ended", reason=str(error))
        return self._ref


def _rendered(text: str) -> str:
    return render.parts((Text(text=text),))
