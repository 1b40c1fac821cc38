"""Everything said in Slack: messages, edits, private ones, files. Slack drops no repeat, so one is looked up."""

from dataclasses import replace
from typing import Any

import aiohttp
import structlog

from channels.base import ChannelError, MessageRefused
from channels.messages import Account, Address, File, Outbound, Ref
from channels.slack import render
from channels.slack.client import Api, Declined
from channels.slack.files import Files
from channels.slack.normalise import is_command, is_direct, user_of
from channels.slack.options import Options
from channels.slack.replies import Replies

MESSAGE_KIND = "nexora_message"
LOOK_BACK = 50
MOST_REMEMBERED = 1_000
NOT_THERE = frozenset({"channel_not_found", "not_in_channel"})

log = structlog.get_logger(__name__)


class Sender:
    """The writing half of one Slack channel."""

    def __init__(self, name: str, options: Options, http: aiohttp.ClientSession, api: Api, files: Files) -> None:
        self._name = name
        self._files = files
        self._direct: dict[str, str] = {}
        self.api = api
        self.replies = Replies(options.api_url, http)
        self.streams_natively = True
        self.shown: dict[str, str] = {}
        self.threads: dict[tuple[str, str], None] = {}

    async def send(self, message: Outbound) -> Ref:
        """Send, edit, or show privately; the Ref's id is the message's ts, empty where Slack gives none."""
        if message.replaces:
            return await self._replace(message, message.replaces)
        if message.only_for:
            return await self._send_privately(message, message.only_for)
        if message.may_repeat and (found := await self._find(message)):
            return found
        return await self._send_openly(message)

    async def _send_openly(self, message: Outbound) -> Ref:
        thread = thread_of(message.address, message.answers)
        uploaded = await self._files.upload(files_of(message))
        has_words = bool(message.text.strip() or message.card)
        ref = await self._post(message, thread) if has_words else Ref(address=message.address, id="")
        if uploaded:
            await self._files.share(uploaded, message.address, thread)
        if not has_words and not uploaded:
            raise MessageRefused("there is nothing to send")
        return ref

    async def _post(self, message: Outbound, thread: str) -> Ref:
        try:
            answer = await self.api.ask(
                self.api.sdk.chat_postMessage,
                channel=message.address.room,
                thread_ts=thread or None,
                metadata=_mark(message),
                **render.message(message),
            )
        except Declined as refusal:
            if refusal.word in NOT_THERE and await self._answer_command(message):
                return Ref(address=message.address, id="")
            raise
        self.remember_thread(message.address.room, thread)
        return Ref(address=message.address, id=answer["ts"])

    async def _answer_command(self, message: Outbound) -> bool:
        """Answer a slash command to the person who gave it; the only way into a room that the bot is not in."""
        url = self.replies.for_answer(message.address.room, message.answers)
        return bool(url) and await self.replies.post(url, render.message(message))

    async def _replace(self, message: Outbound, ref: Ref) -> Ref:
        if not ref.id:
            raise MessageRefused("Slack cannot edit a private reply or a file")
        if self.shown.pop(ref.id, None) == message.text and not message.card and not files_of(message):
            return ref
        try:
            await self._update(message, ref)
        except Declined as refusal:
            if refusal.word != "streaming_state_conflict":
                raise
            # A crash left the stream open: end it, then write.
            await self.api.ask(self.api.sdk.chat_stopStream, channel=ref.address.room, ts=ref.id)
            await self._update(message, ref)
        if files := files_of(message):
            await self._files.share(await self._files.upload(files), ref.address, ref.address.thread)
        return ref

    async def _update(self, message: Outbound, ref: Ref) -> None:
        body = render.message(message)
        await self.api.ask(
            self.api.sdk.chat_update,
            channel=ref.address.room,
            ts=ref.id,
            text=body["text"],
            blocks=body["blocks"],
            metadata=_mark(message),
        )

    async def _send_privately(self, message: Outbound, account: Account) -> Ref:
        """By the reply address of press or command, else as an ephemeral message there, else in a direct message."""
        is_words = not files_of(message)
        if is_words and message.receipt and await self.replies.post(message.receipt, render.message(message)):
            return Ref(address=message.address, id="")
        answers_command = message.answers is not None and is_command(message.answers)
        if is_words and answers_command and await self._answer_command(message):
            return Ref(address=message.address, id="")
        if is_words and not is_direct(message.address.room):
            try:
                await self._post_ephemeral(message, account)
                return Ref(address=message.address, id="")
            except Declined as refusal:
                log.info("slack_ephemeral_not_shown", reason=refusal.word)
        home = await self.direct_room(account)
        kept = message.address if home.room == message.address.room else home
        return await self._send_openly(replace(message, address=kept, answers=None))

    async def _post_ephemeral(self, message: Outbound, account: Account) -> None:
        body = render.message(message)
        await self.api.ask(
            self.api.sdk.chat_postEphemeral,
            channel=message.address.room,
            user=user_of(account),
            thread_ts=message.address.thread or None,
            text=body["text"],
            blocks=body["blocks"],
        )

    async def direct_room(self, account: Account) -> Address:
        """The private conversation with an account; raises MessageRefused where Slack has none."""
        user = user_of(account)
        if user not in self._direct:
            answer = await self.api.ask(self.api.sdk.conversations_open, users=user)
            self._direct[user] = answer["channel"]["id"]
            _forget_oldest(self._direct)
        return Address(channel=self._name, room=self._direct[user])

    async def _find(self, message: Outbound) -> Ref | None:
        """The message of this key if a crash came after Slack had it; its key was sent along as metadata."""
        room, thread = message.address.room, thread_of(message.address, message.answers)
        call = self.api.sdk.conversations_replies if thread else self.api.sdk.conversations_history
        where = {"ts": thread} if thread else {}
        try:
            answer = await self.api.ask(call, channel=room, limit=LOOK_BACK, include_all_metadata=True, **where)
        except ChannelError as error:
            log.info("slack_repeat_not_looked_up", reason=str(error))
            return None
        for sent in answer.get("messages", []):
            if sent.get("metadata", {}).get("event_payload", {}).get("key") == message.key:
                return Ref(address=message.address, id=sent["ts"])
        return None

    def remember_thread(self, room: str, thread: str) -> None:
        """We have spoken in that thread, so what is said there is said to us."""
        if thread:
            self.threads[room, thread] = None
            _forget_oldest(self.threads)

    def remember_shown(self, ts: str, text: str) -> None:
        """That message already shows that text, so that replacing it by the same costs no call."""
        self.shown[ts] = text
        _forget_oldest(self.shown)


def thread_of(address: Address, answers: Ref | None) -> str:
    """The thread an answer belongs in: the conversation's, else one below the message answered, except when direct."""
    if address.thread or answers is None or is_direct(address.room) or is_command(answers):
        return address.thread
    return answers.id


def files_of(message: Outbound) -> list[File]:
    """The files that go out with a message."""
    return [part for part in message.parts if isinstance(part, File)]


def _mark(message: Outbound) -> dict[str, Any]:
    return {"event_type": MESSAGE_KIND, "event_payload": {"key": message.key}}


def _forget_oldest(remembered: dict[Any, Any]) -> None:
    while len(remembered) > MOST_REMEMBERED:
        del remembered[next(iter(remembered))]
