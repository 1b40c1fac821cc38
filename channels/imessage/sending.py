"""Sends words, cards and files. What one message answers can be shown where the server has its private API."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import aiohttp

from channels.base import MessageRefused
from channels.imessage import render
from channels.imessage.api import FILE_TIMEOUT, SEND_TIMEOUT, Api
from channels.messages import Account, Address, File, Outbound, Ref

ROOMS = 2000


class Sender:
    """`has_private_api` is what the server said when it was last asked."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.has_private_api = False
        self._last: dict[str, str] = {}
        self._typing: set[str] = set()

    def note(self, room: str, guid: str) -> None:
        """The newest message of a room, "" for one of ours: an answer to what somebody said last need not show it."""
        self._last.pop(room, None)
        self._last[room] = guid
        if len(self._last) > ROOMS:
            self._last.pop(next(iter(self._last)))

    async def send(self, message: Outbound) -> Ref:
        """Send one message; a message for one person alone goes to their private conversation.

        `tempGuid` is only for the time in which the server sends it: one that comes while it does is refused, one that
        comes later is sent again (`sendCache`).
        """
        address = message.address
        if message.only_for is not None:
            address = await self.direct_room(address.channel, message.only_for)
        how = {
            "chatGuid": address.room,
            "tempGuid": f"temp-{hashlib.sha256(message.key.encode()).hexdigest()[:24]}",
            "method": "private-api" if self.has_private_api else "apple-script",
        }
        if self.has_private_api and message.answers and message.answers.id != self._last.get(address.room):
            how["selectedMessageGuid"] = message.answers.id
        file = next((part for part in message.parts if isinstance(part, File)), None)
        said = await (self._file(file, how) if file and message.card is None else self._words(message, how))
        self.note(address.room, "")
        self._typing.discard(address.room)
        return Ref(address=address, id=str(said["guid"]))

    async def _words(self, message: Outbound, how: dict[str, str]) -> Any:
        text = render.card(message.card) if message.card is not None else render.words(message.text)
        return await self._api.call("POST", "/message/text", {**how, "message": text}, SEND_TIMEOUT)

    async def _file(self, file: File, how: dict[str, str]) -> Any:
        try:
            content = await asyncio.to_thread(Path(file.locator).read_bytes)
        except OSError as error:
            raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
        form = aiohttp.FormData({**how, "name": file.name})
        form.add_field("attachment", content, filename=file.name, content_type=file.media_type)
        return await self._api.call("POST", "/message/attachment", form, FILE_TIMEOUT)

    async def direct_room(self, channel: str, account: Account) -> Address:
        """The private conversation with that account; raises MessageRefused where there is none yet."""
        service, _, number = account.id.rpartition(":")
        for begins in (service.upper() or "iMessage", "any"):
            guid = f"{begins};-;{number}"
            try:
                await self._api.call("GET", f"/chat/{guid}")
            except MessageRefused:
                continue
            return Address(channel=channel, room=guid)
        raise MessageRefused(f"There is no conversation with {account.id} yet: they must write first")

    async def show_typing(self, room: str) -> None:
        """Show that somebody is writing, where the server can."""
        if self.has_private_api:
            self._typing.add(room)
            await self._api.call("POST", f"/chat/{room}/typing")

    async def take_back_typing(self, room: str) -> None:
        """Take it back, unless a message did."""
        if room in self._typing:
            self._typing.discard(room)
            await self._api.call("DELETE", f"/chat/{room}/typing")
