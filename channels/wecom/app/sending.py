"""Sends: words, files and cards to one person, and the outcome in the place of a card while a code for that is left.

Whoever sends a card gets a code with which it may be rewritten once within 72 hours, and so does whoever hears a press.
The codes are kept in memory: after a restart an outcome is a message of its own. Facts:
developer.work.weixin.qq.com/document/path/90236 (messages), 94888 (rewriting).
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterator

import aiohttp
import structlog

from channels.base import MessageRefused, Traits
from channels.messages import Address, Card, File, Outbound, Ref
from channels.shared.socket import Json
from channels.wecom import render
from channels.wecom.app.api import Api
from channels.wecom.app.render import fitted, markdown, words_of
from channels.wecom.connection import Refusal
from channels.wecom.uploads import Media, read

_log = structlog.get_logger(__name__)

KEPT = 2000
MOST_CODES = 8
MAX_IMAGE_BYTES = 10 * 1024 * 1024
IMAGES = {b"\x89PNG\r\n\x1a\n": (".png",), b"\xff\xd8\xff": (".jpg", ".jpeg")}
AT_ONCE = 2
"""Files that lie in memory."""
DUPLICATE_SECONDS = 1800
_PERSON = re.compile(r"[A-Za-z0-9][\w.@-]{0,63}", re.ASCII)
"""A user id; what it leaves out would mean several people, or all."""
_UNFIT = re.compile(r'[\x00-\x1f\x7f"\\/]')


class Sender:
    """Knows which cards may still be rewritten, and how far each message has come."""

    def __init__(self, api: Api, agent_id: int, traits: Traits) -> None:
        self._api = api
        self._agent_id = agent_id
        self._traits = traits
        self._codes: OrderedDict[str, list[str]] = OrderedDict()
        self._sent: OrderedDict[str, int] = OrderedDict()
        self._places = asyncio.Semaphore(AT_ONCE)

    def note_code(self, task_id: str, code: str) -> None:
        """With this code that card may be rewritten once."""
        if not code:
            return
        codes = self._codes.setdefault(task_id, [])
        _drop(codes, code)  # a call that comes again brings the same one
        codes.append(code)
        del codes[:-MOST_CODES]
        self._codes.move_to_end(task_id)
        if len(self._codes) > KEPT:
            self._codes.popitem(last=False)

    async def send(self, message: Outbound) -> Ref:
        """Send one message, or the rest of one of which a part was sent; raises what `Api.call` raises."""
        person = message.only_for.id if message.only_for is not None else message.address.room
        if not _PERSON.fullmatch(person):
            raise MessageRefused("an app of WeCom speaks to one person at a time")
        card, earlier = message.card, message.replaces
        if card is not None and earlier is not None and await self._rewrite(person, card, earlier.id):
            return earlier
        return await self._post(person, message)

    async def _rewrite(self, person: str, card: Card, task_id: str) -> bool:
        """Put a card in the place of another; False when no code for that is left."""
        codes = self._codes.get(task_id, [])
        shown = render.buttons_card(card, task_id) if card.buttons else render.outcome_card(card, task_id)
        while codes:
            code = codes[-1]
            body = {"userids": [person], "agentid": self._agent_id, "response_code": code, "template_card": shown}
            try:
                await self._api.call("message/update_template_card", body)
            except Refusal as error:
                _log.info("card_not_rewritten", reason=str(error))
                _drop(codes, code)
                continue
            _drop(codes, code)
            return True
        return False

    async def _post(self, person: str, message: Outbound) -> Ref:
        address = Address(channel=message.address.channel, room=person)
        card = message.card
        steps: list[Json | File] = [*self._words(message), *(part for part in message.parts if isinstance(part, File))]
        for number, step in enumerate(steps, 1):
            if number > self._sent.get(message.key, 0):
                await self._push(person, await self._uploaded(step) if isinstance(step, File) else step)
                self._note_sent(message.key, number)
        if card is None or not card.buttons:
            return Ref(address=address, id="")
        task_id = render.task_id(card.id, message.key)
        if len(steps) + 1 > self._sent.get(message.key, 0):
            await self._push_card(person, render.buttons_card(card, task_id))
            self._note_sent(message.key, len(steps) + 1)
        return Ref(address=address, id=task_id)

    def _words(self, message: Outbound) -> Iterator[Json]:
        if message.card is not None:
            for text in fitted(words_of(message.card), render.defused, self._traits):
                yield {"msgtype": "text", "text": {"content": text}}
        elif message.text.strip():
            for text in fitted(message.text, markdown, self._traits):
                yield {"msgtype": "markdown", "markdown": {"content": text}}

    async def _push_card(self, person: str, card: Json) -> None:
        """A card has a name of its own, so that the platform may drop a second one with the same."""
        body = {
            "msgtype": "template_card",
            "template_card": card,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": DUPLICATE_SECONDS,
        }
        answer = await self._push(person, body)
        self.note_code(card["task_id"], str(answer.get("response_code") or ""))

    async def _push(self, person: str, body: Json) -> Json:
        answer = await self._api.call("message/send", {"touser": person, "agentid": self._agent_id, **body})
        if answer.get("invaliduser"):
            raise MessageRefused(f"{person} is not among those who may see the app")
        return answer

    async def _uploaded(self, file: File) -> Json:
        """The body of the message that shows a file."""
        async with self._places:
            media = await asyncio.to_thread(read, file, max_image_bytes=MAX_IMAGE_BYTES, images=IMAGES)
            answer = await self._api.call("media/upload", query={"type": media.kind}, form=lambda: _form(media))
        if not answer.get("media_id"):
            raise MessageRefused(f"WeCom took {media.name} and named no media_id")
        return {"msgtype": media.kind, media.kind: {"media_id": answer["media_id"]}}

    def _note_sent(self, key: str, count: int) -> None:
        """So that what broke off is not begun anew, which a person would see twice."""
        self._sent[key] = count
        self._sent.move_to_end(key)
        if len(self._sent) > KEPT:
            self._sent.popitem(last=False)


def _drop(codes: list[str], code: str) -> None:
    if code in codes:
        codes.remove(code)


def _form(media: Media) -> aiohttp.FormData:
    """The file under its own name; one in Chinese must stay as it is, so nothing is quoted and nothing need be."""
    form = aiohttp.FormData(quote_fields=False)
    name = _UNFIT.sub("_", media.name)
    form.add_field("media", media.content, filename=name, content_type="application/octet-stream")
    return form
