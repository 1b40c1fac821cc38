"""The console's conversations as a channel. It has no platform: a board keeps what is said and shows it to browsers.

What it shows are JSON objects, each with a `type`: `said` (a person's own words, for another tab), `delta` (words added
to a growing answer, `whole` when they replace it), `step` (a call of a growing answer as it stands now), `message`,
`replaced`, `done` (everything that one message called for has been said), `titled` (the conversation has a title now)
and `problem`. It refuses to know who looks, and how a page draws them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from channels import options as settings
from channels.base import (
    Board,
    ChannelRefused,
    ChannelState,
    Health,
    Receive,
    Streaming,
    Surroundings,
    Traits,
)
from channels.codec import dump
from channels.messages import Account, Address, Card, File, FileKind, Inbound, Outbound, Ref
from channels.sayings import saying
from channels.work import Step

MAX_FILE_BYTES = 50 * 2**20
TRAITS = Traits(
    max_text=16_000,
    streaming=Streaming.NATIVE,
    stream_interval_seconds=0.08,
    draws_steps=True,
    can_edit=True,
    has_buttons=True,
    max_file_bytes=MAX_FILE_BYTES,
    max_card_body=12_000,
    sends_idempotently=True,
    tells_presses=True,
)


class Options(settings.ChannelOptions):
    """The console has no settings of its own."""


class Console:
    """A `Channel` that also shows progress, fetches files and finds rooms."""

    def __init__(self, name: str, surroundings: Surroundings) -> None:
        if surroundings.board is None:
            raise ChannelRefused(saying("no_board"))
        self._name = name
        self._now = surroundings.now
        self._board: Board = surroundings.board
        self._listens = False

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What a browser offers."""
        return TRAITS

    async def listen(self, receive: Receive) -> None:
        """Hear what people type, until cancelled."""
        self._listens = True
        try:
            await self._board.listen(receive)
        finally:
            self._listens = False

    async def send(self, message: Outbound) -> Ref:
        """Keep a message and show it; a repeat with the same key changes nothing."""
        kept = replace(message, parts=tuple([await self._kept(part) for part in message.parts]))
        replaces = message.replaces.id if message.replaces else None
        number = await self._board.keep(message.address.room, message.key, dump(kept), replaces=replaces)
        items = [outgoing(kept, number)]
        if answered := _answered(message):
            items.append({"type": "done", "answers": short(answered)})
        await self._board.show(message.address.room, [as_json(item) for item in items])
        return Ref(address=message.address, id=number)

    async def _kept(self, part: Any) -> Any:
        return await self._board.take(part) if isinstance(part, File) else part

    async def open_live(
        self,
        address: Address,
        recipient: Account,  # noqa: ARG002 -- one person's room
        answers: Ref | None,
        resumes: Ref | None = None,  # noqa: ARG002 -- nothing stays that could be resumed
    ) -> "Growing":
        """Begin to show an answer; nothing is shown before its first words."""
        return Growing(self._board, address.room, short(answers.id) if answers else "", self._now)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of an uploaded file."""
        return await self._board.fetch(file, limit_bytes)

    async def direct_room(self, account: Account) -> Address:
        """The person's conversation for notices and approvals, which always exists."""
        return Address(channel=self._name, room=notices_room(account.id))

    async def probe(self) -> Health:
        """Up while it listens: there is no platform that could fail, and the database is watched by others."""
        return Health(state=ChannelState.UP if self._listens else ChannelState.STARTING, at=self._now())


class Growing:
    """A `LiveMessage`: tells only what was added. The final message takes its place, so nothing of it remains."""

    def __init__(self, board: Board, room: str, answers: str, now: Callable[[], datetime]) -> None:
        self._now = now
        self._steps: dict[str, Step] = {}
        self._board = board
        self._room = room
        self._answers = answers
        self._id = uuid4().hex[:12]
        self._shown = ""

    async def show(self, text: str) -> None:
        """Show the words that were added since the last time."""
        await self._board.show(self._room, [as_json(self._delta(text))])

    async def show_steps(self, text: str, steps: Sequence[Step]) -> None:
        """Show the words that were added, and the calls that stand otherwise than the last time."""
        items = [self._step(step) for step in steps if self._steps.get(step.id) != step]
        self._steps = {step.id: step for step in steps}
        if text != self._shown:
            items.append(self._delta(text))
        if items:
            await self._board.show(self._room, [as_json(item) for item in items])

    def _step(self, step: Step) -> dict[str, Any]:
        at = self._now().isoformat(timespec="seconds")
        return {"type": "step", "id": self._id, "answers": self._answers, "at": at, "call": asdict(step)}

    def _delta(self, text: str) -> dict[str, Any]:
        item: dict[str, Any] = {"type": "delta", "id": self._id, "answers": self._answers}
        if text.startswith(self._shown):
            item["text"] = text[len(self._shown) :]
        else:
            item |= {"text": text, "whole": True}
        self._shown = text
        return item

    def standing(self) -> None:
        """Nothing stays on the board."""

    async def close(self) -> None:
        """Nothing stands where the final message goes."""
        return


def build(name: str, options: settings.ChannelOptions, surroundings: Surroundings) -> Console:  # noqa: ARG001 -- every adapter takes options
    """The console; raises ChannelRefused without a board."""
    return Console(name, surroundings)


def notices_room(person_id: str) -> str:
    """The room of a person's notices and approvals: the same after every start, on every replica."""
    return uuid5(NAMESPACE_URL, f"nexora:notices:{person_id}").hex


def event_id(room: str, chosen: str) -> str:
    """The name of an event from the id that the client chose, which nobody else's choice can meet."""
    return f"{room}:{chosen}"


def short(event: str) -> str:
    """The client's own id of an event."""
    return event.rpartition(":")[2]


def as_json(item: Mapping[str, Any]) -> str:
    """One item as it travels."""
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def outgoing(message: Outbound, number: str) -> dict[str, Any]:
    """The item that shows a message; `number` is its id on the board."""
    item: dict[str, Any] = {
        "type": "replaced" if message.replaces else "message",
        "id": number,
        "text": message.text,
        "files": _files(message.parts),
        "card": _card(message.card),
    }
    if message.agent:
        item["agent"] = message.agent
    if message.answers:
        item["answers"] = short(message.answers.id)
    if message.only_for:
        item["private"] = True
    if message.work.lines and not message.key.partition("#")[2]:
        lines = [asdict(step) for step in message.work.lines]
        item["steps"] = {"steps": message.work.count, "seconds": message.work.seconds, "lines": lines}
    return item


def said(inbound: Inbound, number: str) -> dict[str, Any]:
    """The item that shows a person's own words, in every tab."""
    return {
        "type": "said",
        "id": number,
        "event": short(inbound.event_id),
        "text": inbound.text,
        "files": _files(inbound.parts),
        "at": inbound.at.isoformat(timespec="seconds"),
    }


def _answered(message: Outbound) -> str:
    """The event that is over with this message; empty when there is none, or when more of the answer follows."""
    if message.continues:
        return ""
    return message.ends or (message.answers.id if message.answers else "")


def _files(parts: tuple[Any, ...]) -> list[dict[str, Any]]:
    """What a page may know of the files: never where they lie."""
    return [
        {
            "name": part.name,
            "media_type": part.media_type,
            "size": part.size,
            "image": part.presented_as is FileKind.IMAGE,
        }
        for part in parts
        if isinstance(part, File)
    ]


def _card(card: Card | None) -> dict[str, Any] | None:
    return asdict(card) if card else None
