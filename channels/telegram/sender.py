"""What goes out: words, files, cards, edits and private sentences. Raises the SDK's errors; `translated` renames them.

A text that the platform cannot parse is sent again as it is, for a reader loses less by stars than by silence.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, ChatMigrated

from channels.base import MessageRefused
from channels.messages import Account, Address, Card, File, FileKind, Outbound, Ref, Stop, Tone
from channels.telegram import voices
from channels.telegram.render import plain_card, render_card, render_markdown, render_parts
from channels.telegram.rooms import Rooms

_log = structlog.get_logger(__name__)

MAX_ALERT = 200
MOST_REMEMBERED = 1_000
"""Private chats whose newest message is known; in others every answer quotes."""
MAX_PHOTO_BYTES = 10 * 2**20
ALERT = "alert:"
"""Begins the id of a Ref to something that no edit can find again."""

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
_STYLES = {Tone.DANGER: "danger", Tone.PRIMARY: "success"}
_UNPARSABLE = ("can't parse entities", "message text is empty", "message is too long", "message caption is too long")
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid", "message is not found")
_NOT_AS_THAT = {
    "photo": ("photo_invalid", "image_process_failed", "photo_ext_invalid", "photo_save_file_invalid"),
    "voice": ("voice_messages_forbidden",),
}
"""Refusals of a picture or of a voice message that is taken as a document; people may forbid the latter."""

T = TypeVar("T")


class Sender:
    """The outgoing calls of one bot. Previews of links are off: they would let a hostile text call home."""

    def __init__(self, channel: str, bot: Bot, rooms: Rooms) -> None:
        self._channel = channel
        self._bot = bot
        self._rooms = rooms
        self._answered: set[str] = set()
        self._newest: dict[str, str] = {}

    async def send(self, message: Outbound) -> Ref:
        """Send or edit one message."""
        if message.only_for is not None:
            return await self._send_privately(message, message.only_for)
        files = [part for part in message.parts if isinstance(part, File)]
        if files:
            return await self._send_files(message, files)
        html, plain, keyboard = _content(message)
        if message.replaces is not None and message.replaces.id.isdigit():
            return await self._rewrite(message.replaces, html, plain, keyboard, message.answers)
        return await self._say(message.address, html, plain, keyboard, message.answers)

    def heard(self, message: Ref, *, is_newest: bool = True) -> None:
        """Somebody said this in a private chat, and nothing newer there; or changed what stands somewhere above."""
        self._newest.pop(message.address.key, None)
        if is_newest:
            self._newest[message.address.key] = message.id
        while len(self._newest) > MOST_REMEMBERED:
            del self._newest[next(iter(self._newest))]

    def _reply(self, answers: Ref | None) -> ReplyParameters | None:
        """A quote of what is answered, except where it is the last thing said and everybody sees it just above."""
        if answers is None or not answers.id.isdigit() or self._newest.get(answers.address.key) == answers.id:
            return None
        return ReplyParameters(int(answers.id), allow_sending_without_reply=True)

    async def say(self, address: Address, markdown: str, answers: Ref | None, stop: Stop | None = None) -> Ref:
        """A new message of words, with the button that ends them."""
        return await self._say(address, render_markdown(markdown), markdown, _stopping(stop), answers)

    async def rewrite(self, ref: Ref, markdown: str, stop: Stop | None = None) -> Ref:
        """The same message with other words, or a new one when it is gone."""
        return await self._rewrite(ref, render_markdown(markdown), markdown, _stopping(stop), None)

    async def draft(self, address: Address, draft_id: int, markdown: str, *, can_stop: bool = False) -> None:
        """A preview of a message; private chats only. What is stopped stays to be seen until its end is sent."""
        more = {"can_stop": True, "keep_on_stop": True} if can_stop else None

        async def call(text: str, mode: str | None) -> bool:
            return await self._bot.send_message_draft(
                int(address.room), draft_id, text, parse_mode=mode, message_thread_id=_thread(address), api_kwargs=more
            )

        await _worded(call, render_markdown(markdown), markdown)

    async def show_typing(self, address: Address) -> None:
        """Say that the bot is writing; seen for 5 s or until it says something."""
        chat = int(self._rooms.today.get(address.room, address.room))
        await self._bot.send_chat_action(chat, ChatAction.TYPING, message_thread_id=_thread(address))

    async def answer(self, receipt: str, text: str = "") -> None:
        """Stop the spinner of a press; with a text, show it to the presser alone."""
        await self._bot.answer_callback_query(receipt, text or None, show_alert=bool(text))
        if text:
            self._answered.add(receipt)

    def has_answered(self, receipt: str) -> bool:
        """Whether a sentence has answered this press; asked once, then forgotten."""
        if receipt not in self._answered:
            return False
        self._answered.remove(receipt)
        return True

    async def _send_privately(self, message: Outbound, account: Account) -> Ref:
        """An alert on the press where there is one and the text fits, else a direct message."""
        text = message.text
        fits = 0 < _units(text) <= MAX_ALERT and message.card is None
        if message.receipt and fits:
            try:
                await self.answer(message.receipt, text)
            except BadRequest as error:
                _log.info("press_already_answered", channel=self._channel, reason=error.message)
            else:
                return Ref(address=message.address, id=f"{ALERT}{message.receipt}")
        direct = Address(channel=self._channel, room=account.id)
        here = message.address == direct
        return await self.send(
            replace(message, only_for=None, receipt="", address=direct, answers=message.answers if here else None)
        )

    async def _send_files(self, message: Outbound, files: list[File]) -> Ref:
        """Each file by itself, words and card beside the first; the Ref is the first one's."""
        html, plain, keyboard = _content(message)
        first = await self._send_file(message, files[0], (html, plain, keyboard))
        for file in files[1:]:
            await self._send_file(message, file, ("", "", None))
        return first

    async def _send_file(
        self, message: Outbound, file: File, content: tuple[str, str, InlineKeyboardMarkup | None]
    ) -> Ref:
        try:
            kind = await asyncio.to_thread(_presented, file)
        except OSError as error:
            raise MessageRefused(f"cannot read {file.name}: {error.strerror}") from error
        try:
            return await self._upload(message, file, kind, content)
        except BadRequest as error:
            if not any(sign in error.message.lower() for sign in _NOT_AS_THAT.get(kind, ())):
                raise
        return await self._upload(message, file, "document", content)

    async def _upload(
        self, message: Outbound, file: File, kind: str, content: tuple[str, str, InlineKeyboardMarkup | None]
    ) -> Ref:
        html, plain, keyboard = content
        send: Any = {"photo": self._bot.send_photo, "voice": self._bot.send_voice}.get(kind, self._bot.send_document)

        async def call(chat: int) -> Message:
            async def worded(text: str, mode: str | None) -> Message:
                try:
                    handle = await asyncio.to_thread(Path(file.locator).open, "rb")
                except OSError as error:
                    raise MessageRefused(f"cannot read {file.name}: {error.strerror}") from error
                with handle:
                    upload = InputFile(handle, filename=file.name, attach=True, read_file_handle=False)
                    sent: Message = await send(
                        chat,
                        upload,
                        caption=text or None,
                        parse_mode=mode,
                        reply_markup=keyboard,
                        message_thread_id=_thread(message.address),
                        reply_parameters=self._reply(message.answers),
                    )
                    return sent

            return await _worded(worded, html, plain)

        return await self._in_room(message.address, call)

    async def _say(
        self, address: Address, html: str, plain: str, keyboard: InlineKeyboardMarkup | None, answers: Ref | None
    ) -> Ref:
        async def call(chat: int) -> Message:
            async def worded(text: str, mode: str | None) -> Message:
                return await self._bot.send_message(
                    chat,
                    text,
                    parse_mode=mode,
                    reply_markup=keyboard,
                    link_preview_options=_NO_PREVIEW,
                    message_thread_id=_thread(address),
                    reply_parameters=self._reply(answers),
                )

            return await _worded(worded, html, plain)

        return await self._in_room(address, call)

    async def _rewrite(
        self, ref: Ref, html: str, plain: str, keyboard: InlineKeyboardMarkup | None, answers: Ref | None
    ) -> Ref:
        chat = int(self._rooms.today.get(ref.address.room, ref.address.room))

        async def worded(text: str, mode: str | None) -> object:
            return await self._bot.edit_message_text(
                text,
                chat,
                int(ref.id),
                parse_mode=mode,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
            )

        try:
            await _worded(worded, html, plain)
        except BadRequest as error:
            reason = error.message.lower()
            if "message is not modified" in reason:
                return ref
            if not any(sign in reason for sign in _GONE):
                raise
        except ChatMigrated as moved:
            await self._rooms.refused(ref.address.room, str(moved.new_chat_id))
        else:
            return ref
        return await self._say(ref.address, html, plain, keyboard, answers)

    async def _in_room(self, address: Address, call: Callable[[int], Awaitable[Message]]) -> Ref:
        """Call for the chat, following it when a group has become a supergroup with another id."""
        room = self._rooms.today.get(address.room, address.room)
        try:
            sent = await call(int(room))
        except ChatMigrated as moved:
            await self._rooms.refused(address.room, str(moved.new_chat_id))
            sent = await call(moved.new_chat_id)
        return Ref(address=address, id=str(sent.message_id))


async def _worded(call: Callable[[str, str | None], Awaitable[T]], html: str, plain: str) -> T:
    try:
        return await call(html, ParseMode.HTML if html else None)
    except BadRequest as error:
        if not any(sign in error.message.lower() for sign in _UNPARSABLE):
            raise
        _log.warning("markup_not_taken", reason=error.message)
    return await call(plain, None)


def _content(message: Outbound) -> tuple[str, str, InlineKeyboardMarkup | None]:
    """The message in HTML and in plain words, and its buttons."""
    html, plain = render_parts(message.parts), message.text
    if message.card is None:
        return html, plain, None
    card_html, card_plain = render_card(message.card), plain_card(message.card)
    return (
        f"{html}\n\n{card_html}" if html else card_html,
        f"{plain}\n\n{card_plain}" if plain else card_plain,
        _keyboard(message.card),
    )


def _stopping(stop: Stop | None) -> InlineKeyboardMarkup | None:
    return _keyboard(stop.card) if stop else None


def _keyboard(card: Card) -> InlineKeyboardMarkup | None:
    """Two buttons a row. The data names what is decided, never what it is: at most 64 bytes, and anybody can see it."""
    buttons = [
        InlineKeyboardButton(
            button.label, callback_data=f"ap|{card.id}|{button.choice}", style=_STYLES.get(button.tone)
        )
        for button in card.buttons
    ]
    return InlineKeyboardMarkup([buttons[at : at + 2] for at in range(0, len(buttons), 2)]) if buttons else None


def _presented(file: File) -> str:
    if file.presented_as is FileKind.IMAGE and file.media_type in _PHOTOS and file.size <= MAX_PHOTO_BYTES:
        return "photo"
    return "voice" if file.presented_as is FileKind.VOICE and voices.is_played(Path(file.locator)) else "document"


def _thread(address: Address) -> int | None:
    return int(address.thread) if address.thread else None


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
