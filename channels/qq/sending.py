"""Sends: each message answers one that may still be answered, and none is sent twice.

What cannot be answered now waits in its lane until the person writes or presses again, which the last answer asks for.
News of a card that has ended never takes that last one: it belongs to the answer for which the person waits.
"""

import asyncio
from collections import OrderedDict
from dataclasses import replace
from typing import Any

import structlog

from channels.base import MessageRefused, RateLimited
from channels.locales import say
from channels.messages import Card, File, Outbound, Ref, plain
from channels.qq import render
from channels.qq.api import BUSY, EXPIRED, REPEATED, UNGRANTED, Api, Refusal
from channels.qq.chunks import carried, is_for_pieces
from channels.qq.files import upload_of
from channels.qq.normalise import GROUP
from channels.qq.passive import Opening, Openings, sequence
from channels.shared.voice import as_notice

_log = structlog.get_logger(__name__)

WAIT_SECONDS = 10.0
LONGEST = 4000
CARDS = PRESSES = 1000
WORDS, MARKDOWN, TYPING, MEDIA = 0, 2, 6, 7
TYPING_SECONDS = 60
"""How long QQ shows "is typing" to the one who wrote; what is sent ends it."""
DONE, FAILED, NOT_ALLOWED = 0, 1, 4
"""How a press is answered; QQ shows its own words for each: it went well, it failed, or there is no right to it."""


class Sender:
    """Knows what may be answered and whether the platform granted Markdown; the latter is found out by trying."""

    def __init__(self, api: Api, openings: Openings, *, markdown: bool) -> None:
        self._api = api
        self._openings = openings
        self.has_markdown = markdown
        self._pressed: OrderedDict[str, None] = OrderedDict()
        self._cards: OrderedDict[str, Ref] = OrderedDict()

    async def send(self, message: Outbound) -> Ref:
        """Send; the Ref's id is the platform's, empty where it names none. A message cannot be rewritten."""
        if message.only_for is not None and message.address.room.startswith(GROUP):
            return await self._aside(message)
        for part in message.parts:
            if isinstance(part, File):  # it comes alone
                return await self._show(message, part)
        if _is_news(message) and self._openings.left(message.address.room) == 1:
            _log.info("answer_kept", key=message.key)
            return Ref(address=message.address, id="")
        ref = await self._post(self._warning(message))
        if message.card is not None:
            self._cards[message.card.id] = ref
            if len(self._cards) > CARDS:
                self._cards.popitem(last=False)
        return ref

    def card(self, card_id: str) -> Ref | None:
        """Where that card stands, if it was sent since the start: a press of QQ's does not say."""
        return self._cards.get(card_id)

    async def _aside(self, message: Outbound) -> Ref:
        """A group has no way to tell one member something: a press is refused by the platform's own sign."""
        interaction = message.receipt.partition(" ")[0]
        if interaction:
            await self.settle(interaction, NOT_ALLOWED)
            return Ref(address=message.address, id="")
        return await self._say(message, {"msg_type": WORDS, "content": say("qq.not_here", message.language)})

    async def settle(self, interaction: str, code: int = DONE) -> None:
        """Answer a press, once; without it the button waits."""
        if interaction in self._pressed:
            return
        self._pressed[interaction] = None
        if len(self._pressed) > PRESSES:
            self._pressed.popitem(last=False)
        try:
            await self._api.call("PUT", f"/interactions/{interaction}", {"code": code})
        except MessageRefused as error:
            _log.info("press_not_answered", reason=str(error))

    async def show_typing(self, room: str, answers: Ref | None) -> None:
        """Show once for each message in private that it is being answered; a group has no such sign.

        The fields are those that the QQ plugin of OpenClaw sends (its `sendC2CInputNotify`, also with 60 seconds).
        One is enough: QQ counts the answers to a message, and its pages do not say whether it counts this.
        """
        opening = self._openings.find(room, answers.id if answers else "")
        if room.startswith(GROUP) or opening is None or opening.is_signed or opening.by != "msg_id":
            return
        opening.is_signed = True
        sign = {"input_type": 1, "input_second": TYPING_SECONDS}
        body = {"msg_type": TYPING, "input_notify": sign, **_answering(opening, f"typing {opening.id}")}
        await self._api.call("POST", _path(room), body)

    def _warning(self, message: Outbound) -> Outbound:
        """The message, with a word that no more is answered before somebody writes again, where it is the last one."""
        room, card = message.address.room, message.card
        if self._openings.left(room) == 1:
            word = say("qq.last_answer", message.language)
        elif card is not None and card.buttons and room.startswith(GROUP):
            word = say("qq.five_minutes", message.language)
        else:
            return message
        if card is not None:
            return replace(message, card=replace(card, note="\n".join(filter(None, (card.note, word)))))
        below = f"\n\n{as_notice(word)}"
        return (
            message if message.text[LONGEST - len(below) :] else replace(message, parts=(*message.parts, *plain(below)))
        )

    async def _post(self, message: Outbound) -> Ref:
        if self.has_markdown:
            try:
                return await self._say(message, _rich(message))
            except Refusal as error:
                if error.code not in UNGRANTED:
                    raise
                _log.warning("markdown_not_granted", reason=str(error))
                self.has_markdown = False
        return await self._say(message, {"msg_type": WORDS, "content": _plain(message)})

    async def _show(self, message: Outbound, file: File) -> Ref:
        """Show a file. What QQ does not take is said in its place and in QQ's words, so that nobody waits for it."""
        self._opening(message)  # before the upload: nothing is carried there that could not be shown
        room = message.address.room
        content = None if await asyncio.to_thread(is_for_pieces, file) else await upload_of(file)
        try:
            info = await self._upload(room, content or await carried(self._api, lambda what: _path(room, what), file))
            return await self._say(message, {"msg_type": MEDIA, "media": {"file_info": info}})
        except Refusal as refusal:
            if refusal.lack is not None or file.content:
                raise  # it is about all files, which an admin has to see, or has to be shown in another way
            _log.warning("file_refused", file=file.name, reason=str(refusal))
            told = say("qq.not_taken", message.language, name=file.name, reason=refusal)
        instead = replace(message, key=f"{message.key} refused")
        return await self._say(instead, {"msg_type": WORDS, "content": render.defused(told)})

    async def _upload(self, room: str, content: bytes | dict[str, Any]) -> str:
        """Carry a file to QQ for this room alone, where nobody sees it yet; what it is called there."""
        try:
            answer = await self._api.call("POST", _path(room, "files"), content)
        except Refusal as refusal:
            if refusal.code not in BUSY:
                raise
            answer = await self._api.call("POST", _path(room, "files"), content)
        if not answer.get("file_info"):
            raise Refusal(0, "the file was taken and not named")
        return str(answer["file_info"])

    def _opening(self, message: Outbound) -> Opening:
        """What this message may answer; raises RateLimited where there is nothing, until somebody writes again."""
        room = message.address.room
        wanted = message.answers.id if message.answers else message.receipt.partition(" ")[2]
        if (opening := self._openings.find(room, wanted)) is not None:
            return opening
        minutes = 5 if room.startswith(GROUP) else 60
        raise RateLimited(
            WAIT_SECONDS,
            f"QQ takes answers only within {minutes} minutes; this waits until somebody writes there again",
        )

    async def _say(self, message: Outbound, body: dict[str, Any]) -> Ref:
        room = message.address.room
        while True:
            opening = self._opening(message)
            try:
                answer = await self._api.call("POST", _path(room), {**body, **_answering(opening, message.key)})
            except Refusal as error:
                if error.code == REPEATED:
                    return Ref(address=message.address, id="")
                if error.code not in EXPIRED:
                    raise
                self._openings.close(room, opening)
                continue
            opening.used += 1
            return Ref(address=message.address, id=str(answer.get("id") or ""))


def _is_news(message: Outbound) -> bool:
    """Whether it only tells how a card that stands there has ended."""
    return bool(message.rewrites) and message.card is not None and not message.card.buttons


def _answering(opening: Opening, key: str) -> dict[str, Any]:
    return {opening.by: opening.id, "msg_seq": sequence(key)}


def _path(room: str, what: str = "messages") -> str:
    if room.startswith(GROUP):
        return f"/v2/groups/{room.removeprefix(GROUP)}/{what}"
    return f"/v2/users/{room}/{what}"


def _rich(message: Outbound) -> dict[str, Any]:
    if message.card is None:
        return {"msg_type": MARKDOWN, "markdown": {"content": render.markdown(message.text)}}
    body: dict[str, Any] = {"msg_type": MARKDOWN, "markdown": {"content": render.card_markdown(message.card)}}
    if message.card.buttons:
        body["keyboard"] = render.keyboard(message.card)
    return body


def _plain(message: Outbound) -> str:
    if message.card is None:
        return render.plain(message.text)
    return render.card_plain(_with_fallback(message.card))


def _with_fallback(card: Card) -> Card:
    """The card of which the platform has just refused the buttons."""
    if not card.buttons:
        return card
    note = "\n".join(filter(None, (card.note, card.fallback)))
    return Card(id=card.id, title=card.title, facts=card.facts, body=card.body, body_kind=card.body_kind, note=note)
