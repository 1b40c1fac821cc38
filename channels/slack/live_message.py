"""A growing answer: Slack's own stream where Slack allows one, else one message that is edited.

A native stream needs a thread and a recipient (docs.slack.dev/reference/methods/chat.startStream). It ends by itself
when nothing is appended for a while, and it cannot take words back: in both cases editing takes over. A stream bears no
button before its end (docs.slack.dev/reference/methods/chat.stopStream), an edited message does.
"""

import structlog

from channels.base import ChannelError, RateLimited
from channels.messages import Account, Address, Ref, Stop
from channels.slack import render
from channels.slack.client import Declined
from channels.slack.normalise import team_of, user_of
from channels.slack.sending import Sender, thread_of

log = structlog.get_logger(__name__)


class Growing:
    """One answer while it grows; satisfies `channels.base.LiveMessage`."""

    def __init__(
        self, sender: Sender, address: Address, recipient: Account, answers: Ref | None, resumes: Ref | None = None
    ) -> None:
        self._sender = sender
        self._api = sender.api
        self._address = address
        self._recipient = recipient
        self._thread = thread_of(address, answers)
        self._native = bool(self._thread) and sender.streams_natively and resumes is None
        self._ts = resumes.id if resumes else ""
        self._is_resumed = resumes is not None
        self._text = ""
        self._shown = ""
        self._stop: Stop | None = None

    def bear(self, stop: Stop) -> None:
        """Show that button below the words of a message that is edited; the final text comes without."""
        self._stop = stop

    async def show(self, text: str) -> None:
        """Show the whole text so far, up to one message's length; raises RateLimited or ChannelError."""
        text = text[: render.MAX_TEXT]
        if text == self._text or not text.strip():
            return
        if not self._ts:
            await self._begin(text)
        else:
            await self._go_on(text)
        self._text = text

    async def _begin(self, text: str) -> None:
        if self._native:
            self._native = await self._start_stream(text)
        if not self._native:
            answer = await self._api.ask(
                self._api.sdk.chat_postMessage,
                channel=self._address.room,
                thread_ts=self._thread or None,
                unfurl_links=False,
                unfurl_media=False,
                **render.words(text, self._stop),
            )
            self._ts = answer["ts"]
        self._sender.remember_thread(self._address.room, self._thread)

    async def _start_stream(self, text: str) -> bool:
        self._shown = render.markdown(text)
        try:
            answer = await self._api.ask(
                self._api.sdk.chat_startStream,
                channel=self._address.room,
                thread_ts=self._thread,
                recipient_user_id=user_of(self._recipient),
                recipient_team_id=team_of(self._recipient),
                markdown_text=self._shown,
            )
        except RateLimited:
            return False  # streams are counted apart from messages
        except Declined as refusal:
            log.info("slack_stream_declined", reason=str(refusal))
            self._sender.streams_natively = False  # this workspace has none: ask no more until the channel is rebuilt
            return False
        self._ts = answer["ts"]
        return True

    async def _go_on(self, text: str) -> None:
        if self._is_resumed:  # a crash may have left the stream open, and an open stream takes no edit
            self._is_resumed = False
            await self._end_stream()
        words = render.markdown(text)
        if self._native and words.startswith(self._shown):
            self._native = await self._append(words[len(self._shown) :])
            self._shown = words if self._native else self._shown
        elif self._native:
            await self._end_stream()
        if not self._native:
            await self._api.ask(
                self._api.sdk.chat_update, channel=self._address.room, ts=self._ts, **render.words(text, self._stop)
            )

    async def _append(self, words: str) -> bool:
        try:
            await self._api.ask(
                self._api.sdk.chat_appendStream, channel=self._address.room, ts=self._ts, markdown_text=words
            )
        except Declined as refusal:
            log.info("slack_stream_ended_early", reason=refusal.word)
            return False
        return True

    def standing(self) -> Ref | None:
        """The message, once Slack has given it its ts."""
        return Ref(address=self._address, id=self._ts) if self._ts else None

    async def close(self) -> Ref | None:
        """End the stream. A stream that will not end is ended by the edit that follows."""
        if not self._ts:
            return None
        if self._native:
            await self._end_stream()
        self._sender.remember_shown(self._ts, self._text)
        return Ref(address=self._address, id=self._ts)

    async def _end_stream(self) -> None:
        self._native = False
        try:
            await self._api.ask(self._api.sdk.chat_stopStream, channel=self._address.room, ts=self._ts)
        except ChannelError as error:
            log.info("slack_stream_not_ended", reason=str(error))
