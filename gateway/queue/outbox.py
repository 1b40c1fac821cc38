"""Sends what was committed to be sent, in order, once where the platform allows it, and keeps how to find it again.

A message that was in flight when its gateway died is sent again, marked where the platform cannot tell a repeat.
Rate limits and broken connections delay a conversation without counting as failures, until the message is too old. What
fails although its channel is up is tried a few times, then given up and told in its place, and the next one is sent:
nothing holds up a conversation that is about itself alone.
Only what a channel that lives here can send is taken: the rest is another gateway's, or waits until it is too old.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import structlog

from channels.base import (
    Channel,
    ChannelDown,
    ChannelError,
    Deferred,
    MessageRefused,
    RateLimited,
)
from channels.codec import dump_refs, load, refs_of
from channels.messages import Account, Address, File, Outbound, Ref
from gateway.queue.jobs import GiveUp, Job, TryLater
from gateway.queue.lanes import Lanes
from gateway.queue.reach import ClaimReach, ReachBounds, nobody
from gateway.queue.undelivered import NOTICE, notice_of
from gateway.queue.whole_text import LEFT_OUT, is_whole_text, laid_down, parts_of
from governance.approvals.shown.copies import PRIVATE
from governance.record.audit import Event, Status
from governance.record.commits import Committed
from governance.record.fence import LeaseLost
from governance.record.transaction import DatabaseAway, Store, Transaction, load_queries
from governance.record.urgency import Connections, is_urgent, place_of, through

_log = structlog.get_logger(__name__)

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
CHANNEL_DOWN_SECONDS = 2.0
TROUBLE_SECONDS = 600.0
"""So long, or so many tries as the lanes' patience has, a message may fail although its channel is up."""
FIRST_PAUSES, GROWTH = 2.0, 4.0
"""So many times the lanes' first pause passes before the second try, and how much longer each next pause is: soon at
first, for most trouble is over in seconds, and minutes in the end."""
UNSENT_SECONDS = 0.5
LATE_SECONDS = 30.0
"""How often to look for messages that have grown too old while nobody could send them."""


class Sends(Protocol):
    """What the outbox needs of a supervisor."""

    @property
    def channel(self) -> Channel:
        """The living channel; raises ChannelDown."""

    @property
    def is_up(self) -> bool:
        """Whether the channel works, as far as is known."""

    async def send(self, message: Outbound, *, urgent: bool = False) -> Ref:
        """Send through the living channel; what is urgent is not behind what waits for the platform's rates."""

    async def direct_room(self, account: Account) -> Address:
        """The private conversation with an account; raises ChannelError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A message that was sent and waits to be marked so."""

    job: Job
    refs: str
    done: asyncio.Future[None]


class Outbox:
    """The table of outgoing messages. `channels` maps a channel's name to its supervisor."""

    def __init__(self, lanes: Lanes, channels: Mapping[str, Sends]) -> None:
        self.lanes = lanes
        self._store = lanes.store
        self._channels = channels
        self._resting: dict[str, float] = {}
        self._sent: list[_Sent] = []
        self._writing: asyncio.Task[None] | None = None
        self._failing_since: dict[int, float] = {}

    def hear(self, committed: Committed) -> None:
        """A transaction left messages to send."""
        if committed.outbox:
            self.lanes.wake(committed.outbox)

    async def run(self, on_left: Callable[[], None] = nobody) -> None:
        """Send until cancelled. `on_left` hears that rows may be ready that others have to send."""
        bounds = ReachBounds(reach=self._within_reach, on_left=on_left)
        await self._mark_late()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_for_late(), name="look for late messages")
            group.create_task(self.lanes.run(self._deliver, self._dead_letter, bounds), name="send")

    def _within_reach(self) -> ClaimReach:
        """The channels that can send here now; one that has just failed is left to others for a moment."""
        now = asyncio.get_running_loop().time()
        awake = (name for name in self._channels if self._resting.get(name, 0.0) <= now)
        return ClaimReach(only=[name for name in awake if _is_living(self._channels[name])])

    def _rest(self, channel: str) -> None:
        """Take none of its messages for a moment, so that a gateway where it works can have them at once."""
        loop = asyncio.get_running_loop()
        if self._resting.get(channel, 0.0) <= loop.time():
            self._resting[channel] = loop.time() + CHANNEL_DOWN_SECONDS
            loop.call_later(CHANNEL_DOWN_SECONDS, self.lanes.wake)

    async def _look_for_late(self) -> None:
        while True:
            await asyncio.sleep(LATE_SECONDS)
            await self._mark_late()

    async def _mark_late(self) -> None:
        """Mark what has grown too old, so that any gateway puts it aside, whether or not it has the channel."""
        try:
            if late := await self._store.fetch(QUERIES["mark_late"], self._store.now()):
                self.lanes.wake({row["lane"] for row in late})
        except DatabaseAway as error:
            _log.warning("late_messages_not_marked", reason=error.reason)

    async def _deliver(self, job: Job) -> None:
        message = load(Outbound, job.body)
        sent = await self._so_far(job)
        sender = self._channels.get(job.channel)
        if sender is None:
            raise TryLater(CHANNEL_DOWN_SECONDS, f"there is no channel named {job.channel}")
        try:
            await self._send_rest(job, message, sender, sent)
        except RateLimited as error:
            await self._keep(job, sent)
            raise TryLater(error.retry_after_seconds, str(error)) from error
        except MessageRefused as error:
            raise GiveUp(str(error)) from error
        except ChannelError as error:
            await self._keep(job, sent)
            raise self._again(job, sender, error) from error
        self._failing_since.pop(job.id, None)
        await self._finish(job, sent)

    async def _send_rest(self, job: Job, message: Outbound, sender: Sends, sent: list[Ref]) -> None:
        """Send what was not sent yet; a file that is refused does not keep back what comes after it."""
        traits = sender.channel.traits
        message = await self._resolved(message, can_edit=traits.can_edit)
        if message.repairs and not traits.can_edit:
            return
        message = await _with_room(message, sender)
        message = replace(message, may_repeat=job.was_interrupted)
        while len(sent) < len(parts := parts_of(message, traits, sent)):
            part = parts[len(sent)]
            try:
                async with laid_down(part) as ready:
                    sent.append(await _send(sender, ready, urgent=is_urgent(job.lane)))
            except ChannelError as error:
                is_alone = len(parts) == 1 or not any(isinstance(each, File) for each in part.parts)
                if is_alone or not self._is_final(job, sender, error):
                    raise
                await self._leave_out(job, part, error, sent)

    async def _leave_out(self, job: Job, part: Outbound, refusal: ChannelError, sent: list[Ref]) -> None:
        """Tell of a file that is refused, behind the message that it belongs to, and go on without it."""
        sent.append(Ref(address=part.address, id=LEFT_OUT if is_whole_text(part) else ""))
        _log.warning("file_left_out", lane=job.lane, key=part.key, reason=str(refusal))
        async with self._store.transaction() as work:
            await work.fetch(QUERIES["keep_parts"], job.id, self.lanes.owner, job.fence.number, dump_refs(sent))
            work.record(_undelivered(job, part.key, refusal))
            if (notice := notice_of(part, refusal)) and not is_whole_text(part):
                work.send(notice)

    def _again(self, job: Job, sender: Sends, error: ChannelError) -> TryLater | GiveUp:
        """Wait for a channel that is down; one that is up has a few tries, because others wait behind this one."""
        if not sender.is_up:
            self._failing_since.pop(job.id, None)
            self._rest(job.channel)
            return TryLater(0.0, str(error))
        if self._is_final(job, sender, error):
            return GiveUp(str(error))
        patience, times = self.lanes.patience, GROWTH ** (job.tries - 1)
        if isinstance(error, Deferred):
            return TryLater(error.wait_seconds * times, str(error), is_counted=True)
        pause = min(FIRST_PAUSES * patience.first_pause * times, 2 * patience.longest_pause)
        return TryLater(pause, str(error), is_counted=True)

    def _is_final(self, job: Job, sender: Sends, error: ChannelError) -> bool:
        """Whether another try would not help, or others have waited long enough for it."""
        if isinstance(error, MessageRefused):
            return True
        if isinstance(error, RateLimited) or not sender.is_up:
            return False
        now = asyncio.get_running_loop().time()
        since = self._failing_since.setdefault(job.id, now)
        is_late = now - since > TROUBLE_SECONDS and not isinstance(error, Deferred)
        return is_late or job.tries >= self.lanes.patience.tries

    async def _so_far(self, job: Job) -> list[Ref]:
        """What earlier tries have already sent of this message. Raises GiveUp when it has grown too old."""
        if job.tries == 1 and not job.was_interrupted and not job.was_put_back:
            return []
        row = await self._store.fetchrow(QUERIES["row"], job.id)
        if row is None:
            raise GiveUp("it is gone")
        if row["expires_at"] is not None and row["expires_at"] < self._store.now():
            lack = "" if job.channel in self._channels else f"; no gateway has a channel named {job.channel}"
            raise GiveUp(f"it waited so long that sending it now would only confuse{lack}")
        return refs_of(row["ref"])

    async def _resolved(self, message: Outbound, *, can_edit: bool) -> Outbound:
        """A message that rewrites another by its key, with the Ref that the other one got, or as an answer to it."""
        earlier = message.rewrites
        if not earlier:
            return message
        row = await self._store.fetchrow(QUERIES["ref_of"], earlier)
        refs = [ref for ref in refs_of(row["ref"]) if ref.id != LEFT_OUT] if row is not None else []
        if not refs and row is not None and row["state"] in {"ready", "running"}:
            raise TryLater(UNSENT_SECONDS, "the message that it rewrites is not sent yet")
        if not refs:
            raise GiveUp("the message that it rewrites was never sent")
        earlier_ref = next((ref for ref in reversed(refs) if ref.id), refs[-1])
        message = replace(message, address=earlier_ref.address)
        return replace(message, replaces=earlier_ref) if can_edit else replace(message, answers=earlier_ref)

    async def _keep(self, job: Job, sent: list[Ref]) -> None:
        if sent:
            await self._store.fetch(QUERIES["keep_parts"], job.id, self.lanes.owner, job.fence.number, dump_refs(sent))

    async def _finish(self, job: Job, sent: list[Ref]) -> None:
        """Mark it sent, together with whatever else was sent meanwhile; a database that is away is waited for.

        Nothing is left that could happen twice, so a lease that runs out meanwhile does not end this.
        """
        job.fence.is_lifted = True
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sent.append(_Sent(job=job, refs=dump_refs(sent), done=done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_sent(), name="mark sent")
        await done

    async def _write_sent(self) -> None:
        try:
            with through(Connections.QUEUES):  # a lane goes on when its last message is marked
                await self._write_batches()
        finally:
            self._writing = None

    async def _write_batches(self) -> None:
        while self._sent:
            batch, self._sent = self._sent, []
            try:
                marked = await self._mark(batch)
            except Exception as error:  # noqa: BLE001  # whatever it is, those who wait for it must hear of it
                _settle(batch, error)
            else:
                _settle([sent for sent in batch if sent.job.id in marked], None)
                _settle([sent for sent in batch if sent.job.id not in marked], LeaseLost())

    async def _mark(self, batch: Sequence[_Sent]) -> set[int]:
        """Mark what is still ours; the ids of those."""
        while True:
            try:
                rows = await self._store.fetch(
                    QUERIES["sent"],
                    [sent.job.id for sent in batch],
                    self.lanes.owner,
                    [sent.job.fence.number for sent in batch],
                    [sent.refs for sent in batch],
                )
            except DatabaseAway as error:
                _log.warning("sent_not_marked", messages=len(batch), reason=str(error))
                await asyncio.sleep(0.5)
            else:
                return {row["id"] for row in rows}

    async def _dead_letter(self, work: Transaction, job: Job, error: Exception) -> None:
        """Record what was given up, and say so where it should have stood, once: the room may take nothing at all."""
        self._failing_since.pop(job.id, None)
        if job.key.startswith(NOTICE):
            return
        work.record(_undelivered(job, job.key, error))
        if _is_waited_for(error) and (notice := notice_of(load(Outbound, job.body), error.__cause__ or error)):
            work.send(notice)


def _undelivered(job: Job, key: str, error: Exception) -> Event:
    return Event(
        tag="outbox:message:undelivered",
        resource=key,
        status=Status.FAILED,
        address=place_of(job.lane),
        detail={"reason": str(error)[:500]},
    )


def _settle(batch: Sequence[_Sent], error: Exception | None) -> None:
    for sent in batch:
        if sent.done.done():
            continue
        if error is None:
            sent.done.set_result(None)
        else:
            sent.done.set_exception(error)


def _is_waited_for(error: Exception) -> bool:
    """Whether somebody should be told in its place: not of what grew too old, or of a channel that is gone."""
    return not isinstance(error, GiveUp) or isinstance(error.__cause__, ChannelError)


def _is_living(sender: Sends) -> bool:
    try:
        return sender.channel is not None
    except ChannelDown:
        return False


async def _send(sender: Sends, part: Outbound, *, urgent: bool) -> Ref:
    """Send it; what should replace a message that takes no edit any more is sent anew, cards excepted."""
    try:
        return await sender.send(part, urgent=urgent)
    except MessageRefused as refusal:
        if part.replaces is None or part.card is not None or part.rewrites:
            raise
        _log.info("message_not_replaced", key=part.key, reason=str(refusal))
        return await sender.send(replace(part, replaces=None))


async def _with_room(message: Outbound, sender: Sends) -> Outbound:
    """A message for somebody's private room, with the room that the platform has for it."""
    if not message.address.room.startswith(PRIVATE):
        return message
    if message.only_for is None:
        raise MessageRefused("this message is for nobody's room")
    return replace(message, address=await sender.direct_room(message.only_for), only_for=None)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages of one channel: those that wait, and those put aside after failing."""

    waiting: int = 0
    dead: int = 0


async def backlog(store: Store) -> dict[str, Backlog]:
    """What is not sent yet, by the channel's name; channels without any are left out."""
    rows = await store.fetch(QUERIES["backlog"])
    return {row["channel"]: Backlog(row["waiting"], row["dead"]) for row in rows}


async def mark_repeats(work: Transaction) -> int:
    """Mark what a backup brought back as a possible repeat, since it may have been sent after it; how many messages."""
    count: int = await work.fetchval(QUERIES["mark_repeats"])
    return count
