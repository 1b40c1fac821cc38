"""Reads from the server what was said, in the order in which it came there, so that nothing is lost and nothing forged.

The server tells each event once, unsigned, and forgets it (webhookService: one POST, no second try). So what it tells
only rings: the words are always read from its database, after the position up to which everything is stored. The
position is a ROWID of that database, which grows with every arrival, while `dateCreated` is when it was sent: a Mac
that was offline gets older ones later. Messages lets people edit for a quarter of an hour, so that much is looked at
again.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from channels.base import MessageRefused, Receive
from channels.imessage.api import Api
from channels.imessage.normalise import Me, correction, edit_of, message, refers_to
from channels.messages import Inbound

_log = structlog.get_logger(__name__)

Json = dict[str, Any]
HISTORY = timedelta(hours=24)
EDITABLE = timedelta(minutes=16)
PAGE = 500
KNOWN = 5000
WITH = ["chats", "attachments", "attributedBody"]


class News:
    """`heard` is told the room and the guid of each message, "" for one of ours. It is used by one task."""

    def __init__(self, api: Api, now: Callable[[], datetime], heard: Callable[[str, str], None]) -> None:
        self._api = api
        self._now = now
        self._heard = heard
        self._position = 0
        self._earliest = now()
        self._edited_after = now()
        self._known: dict[str, None] = {}

    async def begin(self, newest: Callable[[], Awaitable[Sequence[Inbound]]]) -> None:
        """Take the place after what was stored last; where nothing ever was, after all that is there."""
        stored = [event for event in await newest() if event.message is not None]
        self._earliest = self._now() - HISTORY
        if not stored:
            last = _usable(await self._query(sort="DESC", limit=1))
            self._position = max((int(each["originalROWID"]) for each in last), default=0)
            self._edited_after = self._now()
            return
        self._edited_after = max(stored[0].at, self._earliest)
        for event in stored:
            if event.message is not None and (place := await self._place_of(event.message.id)):
                self._position = place
                return
        self._earliest = self._edited_after  # another Mac, which has none of them: go by the time
        self._position = 0

    async def _place_of(self, guid: str) -> int:
        try:
            return int((await self._api.call("GET", f"/message/{guid}"))["originalROWID"])
        except MessageRefused:
            return 0

    async def read(self, me: Me, receive: Receive) -> None:
        """Store what has come, one after another; raises NotStored, after which it begins there the next time."""
        began = self._now()
        where = [{"statement": "message.ROWID > :startRowId", "args": {"startRowId": self._position}}]
        came = await self._all(where=where, after=_milliseconds(self._earliest))
        for told in sorted(came, key=lambda each: int(each["originalROWID"])):
            self._know(edit_of(told))
            await self._store(me, told, receive)
            self._position = max(self._position, int(told["originalROWID"]))
        floor = _milliseconds(self._edited_after)
        looked = await self._all(after=_milliseconds(self._edited_after - EDITABLE))
        for told in looked:
            edit = edit_of(told)
            if edit and edit not in self._known and told["dateEdited"] > floor:
                await self._store(me, told, receive, is_edit=True)
                self._know(edit)
        self._edited_after = max(self._edited_after, began - EDITABLE)

    async def _store(self, me: Me, told: Json, receive: Receive, *, is_edit: bool = False) -> None:
        guid = str(told.get("guid"))
        if not is_edit and guid in self._known:
            return
        try:
            inbound = message(me, told, await self._quoted(told))
            if inbound is not None and is_edit:
                inbound = correction(inbound, told) if inbound.text else None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _log.warning("imessage_message_not_understood", guid=guid, error=repr(error))
            return
        if not is_edit:
            for chat in told.get("chats") or ():
                self._heard(str(chat.get("guid")), "" if told.get("isFromMe") else guid)
        if inbound is not None:
            await receive(inbound)
        self._know(guid)

    async def _quoted(self, told: Json) -> Json | None:
        """The message that this one answers or reacts to, where the server still has it."""
        guid = "" if told.get("isFromMe") else refers_to(told)
        if not guid:
            return None
        try:
            found = await self._api.call("GET", f"/message/{guid}", with_="attachment")
        except MessageRefused:
            return None
        return found if isinstance(found, dict) else None

    def _know(self, name: str) -> None:
        if name:
            self._known[name] = None
        if len(self._known) > KNOWN:
            self._known.pop(next(iter(self._known)))

    async def _all(self, **which: Any) -> list[Json]:
        """Every page of an answer, however many there are."""
        found: list[Json] = []
        offset = 0
        while True:
            page = await self._query(sort="ASC", limit=PAGE, offset=offset, **which)
            found += _usable(page)
            offset += len(page)
            if len(page) < PAGE:
                return found

    async def _query(self, **which: Any) -> list[Any]:
        """One page as the server gives it, which is full when it has `limit` entries, of whatever kind they are."""
        return list(await self._api.call("POST", "/message/query", {"with": WITH, **which}) or ())


def _usable(page: Sequence[Any]) -> list[Json]:
    """The messages of a page that say where they stand, for nothing can be read after any other."""
    return [each for each in page if isinstance(each, dict) and each.get("originalROWID") is not None]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
