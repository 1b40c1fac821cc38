"""Sends: streams in answer to a message, everything else first; a pressed card is rewritten while that is allowed.

A card is two messages, because a template card holds only a few short lines: the whole request as Markdown, then the
buttons. Facts: document/path/101463: a stream ends within 6 minutes, a pressed card is rewritten within 5 seconds.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex

import structlog

from channels.base import ChannelError
from channels.messages import Account, Address, Card, File, Outbound, Ref
from channels.wecom import render
from channels.wecom.connection import Connection, Refusal
from channels.wecom.normalise import GROUP
from channels.wecom.uploads import Uploads

_log = structlog.get_logger(__name__)

ANSWER_SECONDS = 300.0
PRESS_SECONDS = 4.5
KEPT = 2000
STREAM = "stream:"
WELCOME = (
    "您好！请直接告诉我要做什么；发送 /help 查看其他用法。\n"
    "Hello! Tell me what you would like done, or send /help for what else there is."
)
"""Whoever opens the chat may have said nothing yet, so their language is not known."""
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Open:
    """A request of the platform that may be answered by `req_id` until then, by the loop's clock."""

    req_id: str
    until: float


class Sender:
    """Knows which messages and presses may still be answered."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._uploads = Uploads(connection)
        self._clock = clock
        self._messages: OrderedDict[str, Open] = OrderedDict()
        self._presses: OrderedDict[str, Open] = OrderedDict()

    def note_message(self, message_id: str, req_id: str) -> None:
        """This message may be answered by a stream."""
        _note(self._messages, message_id, Open(req_id, self._clock() + ANSWER_SECONDS))

    def note_press(self, task_id: str, req_id: str) -> None:
        """This card was pressed and may be rewritten."""
        _note(self._presses, task_id, Open(req_id, self._clock() + PRESS_SECONDS))

    async def welcome(self, req_id: str) -> None:
        """Greet whoever has opened the chat, which WeCom lets a bot do within 5 seconds and as the only answer."""
        try:
            await self._connection.request(
                "aibot_respond_welcome_msg", {"msgtype": "text", "text": {"content": WELCOME}}, req_id
            )
        except ChannelError as error:
            _log.info("welcome_not_said", reason=str(error))

    async def send(self, message: Outbound) -> Ref:
        """Send one message; raises what `Connection.request` raises."""
        if message.only_for is not None:
            return await self._post(_alone(message.address, message.only_for), message)
        stream = message.replaces
        if stream is not None and stream.id.startswith(STREAM) and message.card is None and message.text.strip():
            return await self._finish(message, stream)
        if (
            message.card is not None
            and message.answers is not None
            and await self._rewrite(message.card, message.answers)
        ):
            return message.answers
        return await self._post(message.address, message)

    async def _rewrite(self, card: Card, ref: Ref) -> bool:
        """Put the outcome in the place of the buttons that were just pressed; False when that may not be any more."""
        task_id = ref.id
        pressed = self._presses.pop(task_id, None)
        if pressed is None or self._clock() >= pressed.until:
            return False
        shown = render.buttons_card(card, task_id) if card.buttons else render.outcome_card(card, task_id)
        body = {"response_type": "update_template_card", "template_card": shown}
        try:
            await self._connection.request("aibot_respond_update_msg", body, pressed.req_id)
        except Refusal as error:
            _log.info("card_not_rewritten", reason=str(error))
            return False
        return True

    async def _post(self, address: Address, message: Outbound) -> Ref:
        card = message.card
        text = render.words_of(card) if card is not None else render.markdown(message.text)
        if text.strip() or not _files(message):
            await self._push(address, {"msgtype": "markdown", "markdown": {"content": text}})
        await self._post_files(address, message)
        if card is None or not card.buttons:
            return Ref(address=address, id="")
        task_id = render.task_id(card.id, message.key)
        shown = {"msgtype": "template_card", "template_card": render.buttons_card(card, task_id)}
        await self._push(address, shown)
        return Ref(address=address, id=task_id)

    async def _post_files(self, address: Address, message: Outbound) -> None:
        for file in _files(message):
            await self._push(address, await self._uploads.message_of(file))

    async def _push(self, address: Address, body: render.Json) -> None:
        is_group = address.room.startswith(GROUP)
        told = {"chatid": address.room.removeprefix(GROUP), "chat_type": 2 if is_group else 1}
        await self._connection.request("aibot_send_msg", {**told, **body})

    async def _finish(self, message: Outbound, stream: Ref) -> Ref:
        """End a stream with its whole text; where it is too late for that, send the text anew."""
        _, req_id, stream_id = stream.id.split(":", 2)
        try:
            await self.stream(req_id, stream_id, render.markdown(message.text), is_final=True)
        except Refusal as error:
            _log.info("stream_not_finished", reason=str(error))
            return await self._post(message.address, message)
        await self._post_files(message.address, message)
        return stream

    async def stream(self, req_id: str, stream_id: str, text: str, *, is_final: bool = False) -> None:
        """Show the whole text so far in the stream of that name."""
        shown = {"id": stream_id, "finish": is_final, "content": text}
        await self._connection.request("aibot_respond_msg", {"msgtype": "stream", "stream": shown}, req_id)

    def answerable(self, message_id: str) -> str:
        """The req_id by which that message may be answered now, once; empty when it may not."""
        known = self._messages.pop(message_id, None)
        return known.req_id if known is not None and self._clock() < known.until else ""


class Growing:
    """An answer that grows in a stream of the platform's own."""

    def __init__(self, sender: Sender, address: Address, req_id: str, stream_id: str = "") -> None:
        """With a `stream_id` it goes on with that stream."""
        self._sender = sender
        self._address = address
        self._req_id = req_id
        self._stream_id = stream_id or token_hex(8)
        self._is_shown = bool(stream_id)

    async def show(self, text: str) -> None:
        """Show the whole text so far."""
        if not self._req_id:
            raise ChannelError("this message may not be answered by a stream")
        await self._sender.stream(self._req_id, self._stream_id, render.markdown(text))
        self._is_shown = True

    def standing(self) -> Ref | None:
        """The stream, once a part of it was shown."""
        return Ref(address=self._address, id=f"{STREAM}{self._req_id}:{self._stream_id}") if self._is_shown else None

    async def close(self) -> Ref | None:
        """The stream that the final text must end."""
        return self.standing()


def _note(known: OrderedDict[str, Open], key: str, value: Open) -> None:
    known[key] = value
    if len(known) > KEPT:
        known.popitem(last=False)


def _files(message: Outbound) -> list[File]:
    return [part for part in message.parts if isinstance(part, File)]


def _alone(address: Address, account: Account) -> Address:
    """The private conversation with that account; its room is the person's own id."""
    return Address(channel=address.channel, room=account.id)
