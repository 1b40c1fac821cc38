"""Everything said in DingTalk: words, files, cards and their edits. Nothing but a card can be rewritten there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from channels.base import ChannelError, MessageRefused, RateLimited
from channels.dingtalk import Options, cards, render
from channels.dingtalk.api import QPS_SECONDS, Api, Json
from channels.dingtalk.files import Files
from channels.dingtalk.normalise import direct_room, staff_of, staff_of_room
from channels.dingtalk.webhooks import Webhooks
from channels.locales import say
from channels.messages import Account, Address, Card, File, Language, Outbound, Ref

TRY_AGAIN = timedelta(minutes=10)
"""After a refusal of a template it is left alone for so long, so that one that is published meanwhile is found."""
PRESS_SECONDS = 3.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Template:
    """One template of the admin's, and what DingTalk last had against it."""

    id: str
    now: Callable[[], datetime]
    refusal: str = ""
    refused_at: datetime | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it is worth a try."""
        return bool(self.id) and (self.refused_at is None or self.now() - self.refused_at > TRY_AGAIN)

    def taken(self) -> None:
        """DingTalk showed a card of it."""
        self.refused_at = None

    def refused(self, error: MessageRefused) -> None:
        """DingTalk has something against a card; a person or a room that is not there says nothing of the template."""
        words = str(error)
        if error.lack is not None or "template" in words.lower() or "模板" in words or "模版" in words:
            self.refusal, self.refused_at = words, self.now()
            _log.warning("dingtalk_template_refused", template=self.id, reason=words)


class Sender:
    """The writing half of one DingTalk channel."""

    def __init__(
        self, options: Options, api: Api, files: Files, webhooks: Webhooks, *, key: bytes, now: Callable[[], datetime]
    ) -> None:
        self._options = options
        self._api = api
        self._files = files
        self._webhooks = webhooks
        self._key = key
        self._pressed: dict[str, asyncio.Event] = {}
        self.requests = Template(options.card_template_id, now)
        self.streams = Template(options.stream_template_id, now)

    async def send(self, message: Outbound) -> Ref:
        """Send or rewrite; the Ref's id is a card's outTrackId, else what the API calls the delivery, or nothing."""
        if message.only_for:
            room = direct_room(staff_of(message.only_for))
            message = replace(message, address=Address(channel=message.address.channel, room=room), answers=None)
        if message.replaces and (ref := await self._rewrite(message, message.replaces)):
            return ref
        if message.card and message.card.buttons and self.requests.is_usable:
            return await self._send_card(message, message.card)
        return await self._send_words(message)

    async def _send_words(self, message: Outbound) -> Ref:
        address, name = message.address, ""
        text, files = render.words_of(message.parts), [part for part in message.parts if isinstance(part, File)]
        if not text.strip() and not files and not message.card:
            raise MessageRefused("there is nothing to send")
        if text.strip():
            name = await self._say(message, "markdown", text)
        for file in files:
            name = await self._deliver(address, *await self._files.message_of(file))
        if message.card:
            name = await self._say(message, "text", cards.words_of(message.card))
        return Ref(address=address, id=name)

    async def _say(self, message: Outbound, kind: str, text: str) -> str:
        """By the reply address of the room if there is one, which can also call who asked; else by the API."""
        room, asker = message.address.room, ""
        if message.answers and not staff_of_room(room):
            asker = self._webhooks.author(message.answers.id)
        if await self._webhooks.post(room, _reply(kind, text, asker)):
            return ""
        if kind == "text":
            return await self._deliver(message.address, "sampleText", {"content": text})
        title = render.title_of(text)
        return await self._deliver(message.address, "sampleMarkdown", {"title": title, "text": render.markdown(text)})

    async def _deliver(self, address: Address, kind: str, parameters: Json) -> str:
        """Send by the API; what it calls the delivery."""
        body: Json = {"robotCode": self._options.robot_code, "msgKey": kind, "msgParam": render.json_of(parameters)}
        if staff := staff_of_room(address.room):
            answer = await self._api.call("POST", "/v1.0/robot/oToMessages/batchSend", body | {"userIds": [staff]})
        else:
            where = {"openConversationId": address.room}
            answer = await self._api.call("POST", "/v1.0/robot/groupMessages/send", body | where)
        if answer.get("flowControlledStaffIdList"):
            raise RateLimited(QPS_SECONDS, "DingTalk asks us to wait: this person was written to too often")
        if answer.get("invalidStaffIdList"):
            raise MessageRefused("DingTalk knows nobody by that id in the organisation, or the app is not for them")
        return str(answer.get("processQueryKey") or "")

    # Cards

    async def _send_card(self, message: Outbound, card: Card) -> Ref:
        """A card from the admin's template; what DingTalk will not show as one is said in words with /approve CODE."""
        room = message.address.room
        track = cards.track_id(self._key, message.key, room, card.id)
        try:
            await self.show(self.requests, message.address, track, cards.variables(card, room), card.title)
        except MessageRefused:
            return await self._send_words(message)
        return Ref(address=message.address, id=track)

    async def show(
        self, template: Template, address: Address, track: str, variables: dict[str, str], title: str
    ) -> None:
        """Create a card and show it in a room. The same name shows no second one.

        Raises MessageRefused, then also noted at the template, ChannelRefused, RateLimited or ChannelDown.
        """
        body = {
            "cardTemplateId": template.id,
            "outTrackId": track,
            "callbackType": "STREAM",
            "userIdType": 1,
            "cardData": {"cardParamMap": variables},
            **self._space(address, render.title_of(title)),
        }
        try:
            answer = await self._api.call("POST", "/v1.0/card/instances/createAndDeliver", body)
            _check_delivery(answer)
        except MessageRefused as refusal:
            template.refused(refusal)
            raise
        template.taken()

    def _space(self, address: Address, title: str) -> Json:
        """Where a card appears; nobody can forward it, and the list of conversations shows its title."""
        space = {"supportForward": False, "lastMessageI18n": {"ZH_CN": title, "EN_US": title}}
        if staff := staff_of_room(address.room):
            return {
                "openSpaceId": f"dtv1.card//IM_ROBOT.{staff}",
                "imRobotOpenSpaceModel": space,
                "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
            }
        return {
            "openSpaceId": f"dtv1.card//IM_GROUP.{address.room}",
            "imGroupOpenSpaceModel": space,
            "imGroupOpenDeliverModel": {"robotCode": self._options.robot_code},
        }

    async def _rewrite(self, message: Outbound, ref: Ref) -> Ref | None:
        """Rewrite a card; None for what DingTalk cannot or will not rewrite, which is then said anew."""
        try:
            if message.card and ref.id.startswith(cards.CARD):
                await self._edit(ref.id, cards.shown(message.card))
                return ref
            if not message.card and ref.id.startswith(cards.STREAM):
                await self.stream(ref.id, render.markdown(render.words_of(message.parts)), is_final=True)
                return ref
        except MessageRefused as refusal:
            _log.info("dingtalk_card_not_rewritten", reason=str(refusal))
            if ref.id.startswith(cards.STREAM):
                await self._end_stream(ref.id, message.language)
        return None

    async def _edit(self, track: str, variables: dict[str, str]) -> None:
        """DingTalk drops an update of a card whose press is not answered yet, so that is waited for."""
        if (answered := self._pressed.get(track)) is not None:
            try:
                await asyncio.wait_for(answered.wait(), PRESS_SECONDS)
            except TimeoutError:
                _log.info("dingtalk_press_still_open")
        body = {
            "outTrackId": track,
            "cardData": {"cardParamMap": variables},
            "cardUpdateOptions": {"updateCardDataByKey": True},
        }
        await self._api.call("PUT", "/v1.0/card/instances", body)

    def press_begins(self, track: str) -> asyncio.Event:
        """A press on that card is being heard; the event is to be set once it is answered."""
        self._pressed[track] = answered = asyncio.Event()
        return answered

    def press_ends(self, track: str, answered: asyncio.Event) -> None:
        """The press is answered, or never will be."""
        answered.set()
        if self._pressed.get(track) is answered:
            del self._pressed[track]

    # Streams

    async def stream(self, track: str, text: str, *, is_final: bool) -> None:
        """Put the whole text into a growing card; raises MessageRefused when it does not take it."""
        body = {
            "outTrackId": track,
            "guid": cards.update_id(track, text, is_final=is_final),
            "key": self._options.stream_key,
            "content": text,
            "isFull": True,
            "isFinalize": is_final,
            "isError": False,
        }
        try:
            await self._api.call("PUT", "/v1.0/card/streaming", body)
        except MessageRefused as refusal:
            if refusal.lack is not None:
                self.streams.refused(refusal)
            raise

    async def _end_stream(self, track: str, language: Language) -> None:
        """The card stops growing; what it would not take comes as a message after it."""
        try:
            await self.stream(track, say("dingtalk.below", language), is_final=True)
        except ChannelError as error:
            _log.info("dingtalk_stream_not_ended", reason=str(error))

    async def direct_room(self, account: Account) -> Address:
        """The private conversation with a member; nothing has to be opened for it."""
        if not staff_of(account):
            raise MessageRefused("DingTalk names no member of the organisation for this account")
        return Address(channel=account.channel, room=direct_room(staff_of(account)))


def _reply(kind: str, text: str, asker: str) -> Json:
    """The body for a reply address. Only who asked is called, whatever the words say."""
    called = {"at": {"atUserIds": [asker] if asker else [], "isAtAll": False}}
    before = f"@{asker} " if asker else ""
    if kind == "text":
        return {"msgtype": "text", "text": {"content": f"{before}{text}"}, **called}
    shown = f"{before}\n\n{render.markdown(text)}" if asker else render.markdown(text)
    return {"msgtype": "markdown", "markdown": {"title": render.title_of(text), "text": shown}, **called}


def _check_delivery(answer: Json) -> None:
    result = answer.get("result")
    told = result.get("deliverResults") if isinstance(result, dict) else None
    for one in told or ():
        if isinstance(one, dict) and one.get("success") is False:
            raise MessageRefused(f"DingTalk does not show the card: {one.get('errorMsg') or 'no reason given'}")
    if answer.get("success") is False:
        raise MessageRefused("DingTalk does not show the card")
