"""Sends what was committed to be sent, in order, once where the platform allows it, and keeps how to find it again.

A message that was in flight when its gateway died is sent again, marked where the platform cannot tell a repeat.
Rate limits and broken connections delay a conversation without counting as failures, until the message is too old.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import structlog

from channels.base import (
    Channel,
    ChannelDown,
    ChannelError,
    ChannelRefused,
    FindsRoom,
    MessageRefused,
    RateLimited,
)
from channels.codec import load
from channels.degrade import degrade
from channels.messages import Address, Outbound, Ref, plain
from gateway.lanes import GiveUp, Job, Lanes, TryLater
from gateway.words import say
from governance.audit import Event, Status
from governance.card_copies import PRIVATE
from governance.store import Committed, DatabaseAway, Store, load_queries

_log = structlog.get_logger(__name__)

_NOTICE = "undelivered:"
QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
CHANNEL_DOWN_SECONDS = 2.0


class Sends(Protocol):
    """What the outbox needs of a supervisor."""

    @property
    def channel(self) -> Channel:
        """The living channel; raises ChannelDown."""

    async def send(self, message: Outbound) -> Ref:
        """Send through the living channel."""


class Outbox:
    """The table of outgoing messages. `channels` maps a channel's name to its supervisor."""

    def __init__(self, lanes: Lanes, channels: Mapping[str, Sends]) -> None:
        self.lanes = lanes
        self._store = lanes.store
        self._channels = channels
        self._sent: list[tuple[int, str, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    def hear(self, committed: Committed) -> None:
        """A transaction left messages to send."""
        if committed.outbox:
            self.lanes.wake(committed.outbox)

    async def run(self) -> None:
        """Send until cancelled."""
        await self.lanes.run(self._deliver, self._bury)

    async def _deliver(self, job: Job) -> None:
        message = load(Outbound, job.body)
        sender = self._channels.get(job.channel)
        if sender is None:
            raise GiveUp(f"there is no channel named {job.channel}")
        sent = await self._so_far(job)
        try:
            traits = sender.channel.traits
            message = await self._resolved(message, can_edit=traits.can_edit)
            message = await _with_room(message, sender.channel)
            parts = degrade(replace(message, may_repeat=job.was_interrupted), traits)
            for part in parts[len(sent) :]:
                sent.append(await _send(sender, part))
        except RateLimited as error:
            await self._keep(job, sent)
            raise TryLater(error.retry_after_seconds, str(error)) from error
        except (ChannelDown, ChannelRefused) as error:
            await self._keep(job, sent)
            raise TryLater(CHANNEL_DOWN_SECONDS, str(error)) from error
        except MessageRefused as error:
            raise GiveUp(str(error)) from error
        except ChannelError:
            await self._keep(job, sent)
            raise
        await self._finish(job, sent)

    async def _so_far(self, job: Job) -> list[Ref]:
        """What earlier tries have already sent of this message. Raises GiveUp when it has grown too old."""
        if job.tries == 1 and not job.was_interrupted and not job.was_put_back:
            return []
        row = await self._store.fetchrow(QUERIES["row"], job.id)
        if row is None:
            raise GiveUp("it is gone")
        if row["expires_at"] is not None and row["expires_at"] < self._store.now():
            raise GiveUp("it waited so long that sending it now would only confuse")
        return refs_of(row["ref"])

    async def _resolved(self, message: Outbound, *, can_edit: bool) -> Outbound:
        """A message that rewrites another by its key, with the Ref that the other one got, or as an answer to it."""
        earlier = message.detail.get("rewrites")
        if earlier is None:
            return message
        row = await self._store.fetchrow(QUERIES["ref_of"], earlier)
        refs = refs_of(row["ref"]) if row is not None else []
        if not refs:
            raise GiveUp("the message that it rewrites was never sent")
        earlier_ref = refs[-1]
        message = replace(message, address=earlier_ref.address)
        return replace(message, replaces=earlier_ref) if can_edit else replace(message, answers=earlier_ref)

    async def _keep(self, job: Job, sent: list[Ref]) -> None:
        if sent:
            await self._store.fetch(QUERIES["keep_parts"], job.id, self.lanes.owner, dump_refs(sent))

    async def _finish(self, job: Job, sent: list[Ref]) -> None:
        """Mark it sent, together with whatever else was sent meanwhile; a database that is away is waited for."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sent.append((job.id, dump_refs(sent), done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_sent(), name="mark sent")
        await done

    async def _write_sent(self) -> None:
        try:
            while self._sent:
                batch, self._sent = self._sent, []
                try:
                    await self._mark(batch)
                except Exception as error:  # noqa: BLE001  # whatever it is, those who wait for it must hear of it
                    _settle(batch, error)
                else:
                    _settle(batch, None)
        finally:
            self._writing = None

    async def _mark(self, batch: list[tuple[int, str, asyncio.Future[None]]]) -> None:
        while True:
            try:
                await self._store.fetch(
                    QUERIES["sent"], [row[0] for row in batch], self.lanes.owner, [row[1] for row in batch]
                )
            except DatabaseAway as error:
                _log.warning("sent_not_marked", messages=len(batch), reason=str(error))
                await asyncio.sleep(0.5)
            else:
                return

    async def _bury(self, job: Job, error: Exception) -> None:
        """Record what was given up, and say so where it should have stood, once: the room may take nothing at all."""
        if job.key.startswith(_NOTICE):
            return
        async with self._store.transaction() as work:
            work.record(
                Event(
                    tag="outbox:message:undelivered",
                    resource=job.key,
                    status=Status.FAILED,
                    address=job.lane,
                    detail={"reason": str(error)[:500]},
                )
            )
            if notice := _notice(job, error):
                work.send(notice)


def _notice(job: Job, error: Exception) -> Outbound | None:
    """What stands in place of a message that its platform would not take; None where nobody waits for it there."""
    if isinstance(error, GiveUp) and not isinstance(error.__cause__, ChannelError):
        return None  # too old, or its channel is gone
    message = load(Outbound, job.body)
    if message.address.room.startswith(PRIVATE) or "rewrites" in message.detail:
        return None
    return replace(
        message,
        key=f"{_NOTICE}{message.key}",
        parts=plain(say("undelivered", message.language, reason=str(error)[:300])),
        card=None,
        replaces=None,
        receipt="",
        detail={"language": message.language},
    )


def _settle(batch: Sequence[tuple[int, str, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, _, done in batch:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


async def _send(sender: Sends, part: Outbound) -> Ref:
    """Send it; what should replace a message that takes no edit any more is sent anew, cards excepted."""
    try:
        return await sender.send(part)
    except MessageRefused as refusal:
        if part.replaces is None or part.card is not None or "rewrites" in part.detail:
            raise
        _log.info("message_not_replaced", key=part.key, reason=str(refusal))
        return await sender.send(replace(part, replaces=None))


async def _with_room(message: Outbound, channel: Channel) -> Outbound:
    """A message for somebody's private room, with the room that the platform has for it."""
    if not message.address.room.startswith(PRIVATE):
        return message
    if not isinstance(channel, FindsRoom) or message.only_for is None:
        raise MessageRefused("this platform does not let us write to somebody first")
    return replace(message, address=await channel.direct_room(message.only_for), only_for=None)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages of one channel: those that wait, and those put aside after failing."""

    waiting: int = 0
    dead: int = 0


async def backlog(store: Store) -> dict[str, Backlog]:
    """What is not sent yet, by the channel's name; channels without any are left out."""
    rows = await store.fetch(QUERIES["backlog"])
    return {row["channel"]: Backlog(row["waiting"], row["dead"]) for row in rows}


def dump_refs(refs: list[Ref]) -> str:
    """The Refs of a message's parts as the row keeps them."""
    return json.dumps(
        [{"c": r.address.channel, "r": r.address.room, "t": r.address.thread, "i": r.id} for r in refs],
        separators=(",", ":"),
    )


def refs_of(stored: str | None) -> list[Ref]:
    """The Refs that a row keeps."""
    rows: list[dict[str, Any]] = json.loads(stored) if stored else []
    return [Ref(address=Address(channel=r["c"], room=r["r"], thread=r["t"]), id=r["i"]) for r in rows]
