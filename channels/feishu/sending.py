"""Everything said on the platform: messages, rewritten ones, private ones, files. A key keeps each from being doubled.

Facts: open.feishu.cn/document, "发送消息", "回复消息", "更新应用发送的消息卡片", "全量更新卡片实体".
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from channels.base import ChannelError, MessageRefused
from channels.feishu import render
from channels.feishu.api import Api, Refusal
from channels.feishu.files import Files
from channels.feishu.names import Recent, Sayings
from channels.feishu.normalise import is_direct
from channels.feishu.toasts import Toasts
from channels.messages import Account, Address, File, Outbound, Ref

_log = structlog.get_logger(__name__)

MESSAGES = "/open-apis/im/v1/messages"
CARDS = "/open-apis/cardkit/v1/cards"
MOST_REMEMBERED = 2000
GONE = frozenset({230011, 230110, 231003})
"""The message that would be answered was taken back or removed."""
EPOCH, TICKS, LEAP = 1_735_689_600, 4, 1000
"""Since 2025, in quarters of a second: the platform counts a card's changes in 31 bits, and each number must be greater
than the one before. A leap passes those of a process that died a moment ago."""
OVERTAKEN = 300317
"""A change with this number or a greater one was made already."""


@dataclass(slots=True)
class Entity:
    """A card that lies at the platform apart from its message, and the number of its newest change."""

    id: str
    sequence: int = 0


class Sender:
    """The writing half of one app."""

    def __init__(self, api: Api, toasts: Toasts, sayings: Sayings, now: Callable[[], datetime]) -> None:
        self._api = api
        self._files = Files(api)
        self._toasts = toasts
        self._sayings = sayings
        self._now = now
        self._entities: Recent[Entity] = Recent(MOST_REMEMBERED)
        self.sent: Recent[None] = Recent(MOST_REMEMBERED)
        self.threads: Recent[None] = Recent(MOST_REMEMBERED)
        self.shown: Recent[str] = Recent(MOST_REMEMBERED)
        self.files = self._files

    async def send(self, message: Outbound) -> Ref:
        """Send, rewrite or show privately; the Ref's id is the message's, "" for what was shown as a toast."""
        if message.replaces is not None and not _files_of(message):
            return await self._replace(message, message.replaces)
        if message.only_for is not None:
            return await self._send_privately(message, message.only_for)
        return await self._post(message)

    async def _send_privately(self, message: Outbound, account: Account) -> Ref:
        """As the toast of a press, else in the private conversation: nothing else is seen by one person alone."""
        is_words = message.card is None and not _files_of(message)
        if is_words and self._toasts.offer(message.receipt, message.text.strip()):
            return Ref(address=message.address, id="")
        home = Address(channel=message.address.channel, room=account.id)
        if message.address.room == home.room:
            return await self._post(message)
        return await self._post(replace(message, address=home, answers=None))

    async def _post(self, message: Outbound) -> Ref:
        if files := _files_of(message):
            kind, content = await self._files.upload(files[0])
            return await self.post(message.address, message.answers, message.key, kind, json.dumps(content))
        ref = await self.post(message.address, message.answers, message.key, "interactive", _content(message))
        self._sayings.note(ref.id, _plain(message))
        return ref

    async def post(self, address: Address, answers: Ref | None, key: str, kind: str, content: str) -> Ref:
        """One new message. Where what it answers is gone, it stands alone."""
        body = {"msg_type": kind, "content": content, "uuid": _uuid(key)}
        answer: dict[str, Any] | None = None
        for target in dict.fromkeys(filter(None, (answers.id if answers else "", address.thread))):
            try:
                path = f"{MESSAGES}/{target}/reply"
                answer = await self._api.call("POST", path, body | {"reply_in_thread": bool(address.thread)})
                break
            except Refusal as error:
                if error.code not in GONE:
                    raise
                _log.info("feishu_answers_nothing", reason=str(error))
        if answer is None:
            query = {"receive_id_type": "open_id" if is_direct(address.room) else "chat_id"}
            answer = await self._api.call("POST", MESSAGES, body | {"receive_id": address.room}, query=query)
        message_id = str(answer["data"]["message_id"])
        self.sent.keep(message_id, None)
        if address.thread:
            self.threads.keep(address.thread, None)
        return Ref(address=address, id=message_id)

    # Rewriting

    async def _replace(self, message: Outbound, ref: Ref) -> Ref:
        if not ref.id:
            raise MessageRefused("Feishu cannot rewrite what it showed as a toast")
        self._toasts.settle(ref.id)
        if message.card is None and self.shown.pop(ref.id, None) == message.text:
            return ref
        await self.rewrite(ref, _content(message))
        self._sayings.note(ref.id, _plain(message))
        return ref

    async def rewrite(self, ref: Ref, content: str) -> None:
        """Put another card in the place of one of ours, as the platform wants it for the kind that it is."""
        if (entity := self._entities.get(ref.id)) is not None:
            await self._put(entity, content)
            return
        try:
            await self._api.call("PATCH", f"{MESSAGES}/{ref.id}", {"content": content})
        except Refusal as refusal:
            found = await self._entity_of(ref)
            if found is None:
                raise
            _log.info("feishu_card_rewritten_as_entity", reason=str(refusal))
            await self._put(found, content)

    async def _entity_of(self, ref: Ref) -> Entity | None:
        """The card of a message that was sent before a restart."""
        try:
            answer = await self._api.call("POST", f"{CARDS}/id_convert", {"message_id": ref.id})
            entity = Entity(str(answer["data"]["card_id"]))
        except (ChannelError, KeyError, TypeError):
            return None
        self._entities.keep(ref.id, entity)
        return entity

    async def _put(self, entity: Entity, content: str) -> None:
        card = {"type": "card_json", "data": content}
        await self._change("PUT", f"{CARDS}/{entity.id}", entity, {"card": card})

    # Cards that grow

    async def make(self, content: str) -> Entity:
        """A card that can grow, which nobody sees yet."""
        answer = await self._api.call("POST", CARDS, {"type": "card_json", "data": content})
        return Entity(str(answer["data"]["card_id"]))

    async def begin(self, entity: Entity, address: Address, answers: Ref | None, key: str) -> Ref:
        """Show a card that can grow."""
        shown = json.dumps({"type": "card", "data": {"card_id": entity.id}})
        ref = await self.post(address, answers, key, "interactive", shown)
        self._entities.keep(ref.id, entity)
        return ref

    async def grow(self, ref: Ref, content: str) -> None:
        """Show these words, all of them, in place of those that the card shows now."""
        entity = self._entities[ref.id]
        await self._change("PUT", f"{CARDS}/{entity.id}/elements/{render.WORDS}/content", entity, {"content": content})

    async def end(self, ref: Ref) -> None:
        """The card grows no more; while it does, it can be neither forwarded nor pressed."""
        entity = self._entities[ref.id]
        settings = json.dumps({"config": {"streaming_mode": False}})
        await self._change("PATCH", f"{CARDS}/{entity.id}/settings", entity, {"settings": settings})

    async def _change(self, method: str, path: str, entity: Entity, body: dict[str, Any]) -> None:
        """One change. Numbers follow the clock, so that another process goes on above those of the one before it."""
        entity.sequence = max(entity.sequence + 1, int(self._now().timestamp() - EPOCH) * TICKS)
        for is_last in (False, True):
            numbered = {"sequence": entity.sequence, "uuid": _uuid(f"{entity.id}:{entity.sequence}")}
            try:
                await self._api.call(method, path, body | numbered)
            except Refusal as refusal:
                if is_last or refusal.code != OVERTAKEN:
                    raise
                entity.sequence += LEAP
            else:
                return


def _content(message: Outbound) -> str:
    if message.card is not None:
        address = message.address
        return render.card(message.card, is_direct=is_direct(address.room), thread=address.thread)
    if not message.text.strip():
        raise MessageRefused("there is nothing to send")
    return render.words(render.parts(message.parts), message.text)


def _plain(message: Outbound) -> str:
    """What somebody reads who answers this message."""
    if message.card is None:
        return message.text
    facts = [f"{fact.label}: {fact.value}" for fact in message.card.facts]
    return "\n".join(filter(None, (message.card.title, *facts, message.card.body)))


def _files_of(message: Outbound) -> list[File]:
    return [part for part in message.parts if isinstance(part, File)]


def _uuid(key: str) -> str:
    """The name by which the platform sends a message once in an hour; at most 50 characters."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]
