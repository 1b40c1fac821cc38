"""Sends posts, rewrites them, and tells one person something in private where the server lets a bot do that."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from channels.base import MessageRefused
from channels.mattermost import render
from channels.mattermost.api import Api, Refusal
from channels.mattermost.webhook import context
from channels.messages import Account, Address, Card, File, Outbound, Ref, Stop, plain

_log = structlog.get_logger(__name__)
FORBIDDEN = 403
THREADS = 5000


class Sender:
    """`url` is where presses go, empty when the server cannot reach us; `me` is asked for the bot's id."""

    def __init__(self, api: Api, key: bytes, url: str, me: Callable[[], str]) -> None:
        self._api = api
        self._key = key
        self._url = url
        self._me = me
        self._may_whisper = True
        self._rooms: dict[str, str] = {}
        self.threads: dict[tuple[str, str], None] = {}
        """Where we have spoken, so that what is said there next is for us without a mention."""

    async def send(self, message: Outbound) -> Ref:
        """Send, rewrite, or tell in private; the Ref's id is the post's."""
        if message.only_for is not None:
            return await self._aside(message, message.only_for)
        if message.replaces is not None:
            return await self._rewrite(message, message.replaces)
        return await self._post(message.address, message)

    async def _post(self, address: Address, message: Outbound) -> Ref:
        body = {
            "channel_id": address.room,
            "root_id": address.thread,
            "pending_post_id": f"{self._me()}:{hashlib.sha256(message.key.encode()).hexdigest()[:20]}",
            **await self._content(address, message),
        }
        answer = await self._api.call("POST", "/posts", body)
        self.threads[address.room, address.thread] = None
        if len(self.threads) > THREADS:
            self.threads.pop(next(iter(self.threads)))
        return Ref(address=address, id=str(answer["id"]))

    async def _rewrite(self, message: Outbound, ref: Ref) -> Ref:
        content = await self._content(ref.address, message)
        content.setdefault("props", {"attachments": []})
        await self._api.call("PUT", f"/posts/{ref.id}/patch", content)
        return ref

    async def _content(self, address: Address, message: Outbound) -> dict[str, Any]:
        if message.card is not None:
            return {"message": render.markdown(message.text), "props": self._props(address, message.card)}
        files = [part for part in message.parts if isinstance(part, File)]
        if files:
            return {"message": "", "file_ids": [await self._upload(address, file) for file in files]}
        return {"message": render.markdown(message.text)}

    def _props(self, address: Address, card: Card) -> dict[str, Any]:
        contexts = {each.choice: context(self._key, card.id, each.choice, address) for each in card.buttons}
        return render.card_props(card, contexts, self._url)

    async def _upload(self, address: Address, file: File) -> str:
        try:
            content = await asyncio.to_thread(Path(file.locator).read_bytes)
        except OSError as error:
            raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
        return await self._api.upload(address.room, file.name, file.media_type, content)

    async def _aside(self, message: Outbound, account: Account) -> Ref:
        """Only that person reads it: in the room itself, else in their private conversation."""
        if self._may_whisper:
            post = {"channel_id": message.address.room, "message": render.markdown(message.text)}
            try:
                await self._api.call("POST", "/posts/ephemeral", {"user_id": account.id, "post": post})
                return Ref(address=message.address, id="")
            except Refusal as error:
                if error.status != FORBIDDEN:
                    raise
                self._may_whisper = False
                _log.info("mattermost_cannot_whisper", reason=str(error))
        return await self._post(await self.direct_room(message.address.channel, account), message)

    async def direct_room(self, channel: str, account: Account) -> Address:
        """The private conversation with that account; the server opens it if there is none."""
        if account.id not in self._rooms:
            answer = await self._api.call("POST", "/channels/direct", [self._me(), account.id])
            self._rooms[account.id] = str(answer["id"])
        return Address(channel=channel, room=self._rooms[account.id])


class Growing:
    """An answer that grows by rewriting one post."""

    def __init__(self, sender: Sender, address: Address, answers: Ref | None, resumes: Ref | None) -> None:
        self._sender = sender
        self._address = address
        self._answers = answers
        self._ref = resumes
        self._stop: Stop | None = None

    def bear(self, stop: Stop) -> None:
        """Show that button below the words; the final text comes without."""
        self._stop = stop

    async def show(self, text: str) -> None:
        """Show the whole text so far."""
        shown = Outbound(
            key=f"live:{id(self)}",
            address=self._address,
            parts=plain(text),
            card=self._stop.card if self._stop else None,
            answers=self._answers,
            replaces=self._ref,
        )
        self._ref = await self._sender.send(shown)

    def standing(self) -> Ref | None:
        """The post, once there is one."""
        return self._ref

    async def close(self) -> Ref | None:
        """The post that the final text must replace."""
        return self._ref
