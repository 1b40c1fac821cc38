"""Sets going what is due: each time once, however many gateways look, and after a stop late or not at all, as chosen.

Rows are claimed by many at a time. When they come next, the errands and messages, and the history are one transaction.
A turn then waits in the inbox like everything else, so that many at one minute are no storm at the model.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog

from channels.locales import say
from channels.messages import Outbound, notice, plain
from channels.times import moment
from gateway.messages.errands import Errand, errand_notice
from governance.people.people import People, Person
from governance.record.audit import Event, Status
from governance.record.transaction import DatabaseAway, Store, Transaction
from governance.schedules.schedule import IfMissed, Schedule, ScheduleState, schedule_of
from governance.schedules.schedules import QUERIES, Schedules, moved
from governance.values.reasons import Why

_log = structlog.get_logger(__name__)
LOOK_SECONDS = 5.0
LATE = timedelta(minutes=5)
"""What comes later than this is marked as late, or skipped."""
ANEW_EVERY = timedelta(days=1)
_AT_A_TIME = 200
_FAILURES = 3
_KEPT = timedelta(days=90)
"""So long history is kept, and so long what has ended or was removed."""
_LOW = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Firing:
    """What comes of one schedule that is due."""

    schedule: Schedule
    after: Schedule
    due_at: datetime
    outcome: str
    is_late: bool = False
    errand: Errand | None = None
    message: Outbound | None = None
    event: Event | None = None

    @property
    def id(self) -> str:
        return run_id(self.schedule, self.due_at)


class Firing:
    """Looks for what is due."""

    def __init__(self, store: Store, people: People, schedules: Schedules) -> None:
        self._store = store
        self._people = people
        self._schedules = schedules
        self._anew_at: datetime | None = None

    async def run(self) -> None:
        """Look every few seconds until cancelled."""
        while True:
            try:
                await self.look()
            except DatabaseAway as error:
                _log.warning("schedules_postponed", reason=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Set going what is due now and see what became of the rest; how many were set going. Raises DatabaseAway."""
        now = self._store.now()
        if self._anew_at is None or now >= self._anew_at:
            await self.work_out_anew()
            await self._forget(now)
            self._anew_at = now + ANEW_EVERY
        count = 0
        while fired := await self._fire_some():
            count += fired
        while await self._settle_some():
            pass
        return count

    async def work_out_anew(self) -> None:
        """When everything comes next, by the rules that zones have now. What is due stays due."""
        after, now = _LOW, self._store.now()
        while True:
            async with self._store.transaction() as work:
                rows = await work.fetch(QUERIES["ahead"], now, after, _AT_A_TIME)
                if not rows:
                    return
                known = await self._owners(rows)
                found = [schedule_of(row) for row in rows]
                coming = [
                    replace(each, next_at=each.timing.next_after(now, each.zone(owner)) or each.next_at)
                    for each in found
                    if (owner := known[each.owner_id]) is not None
                ]
                before = {each.id: each.next_at for each in found}
                await moved(work, [each for each in coming if each.next_at != before[each.id]])
            after = found[-1].id

    async def fire_now(self, schedule: Schedule, person: Person) -> None:
        """Set one going beside its times."""
        now = self._store.now()
        async with self._store.transaction() as work:
            firing = replace(self._begun(schedule, person, now, is_late=False), after=schedule)
            await _write(work, [firing], now)

    async def _fire_some(self) -> int:
        now = self._store.now()
        async with self._store.transaction() as work:
            rows = await work.fetch(QUERIES["due"], now, _AT_A_TIME)
            if not rows:
                return 0
            known = await self._owners(rows)
            firings = [self._firing(schedule_of(row), known[row["owner_id"]], now) for row in rows]
            await _write(work, firings, now)
            after = [each.after for each in firings]
            await work.execute(
                QUERIES["fired"],
                [each.id for each in after],
                [each.next_at for each in after],
                [each.state.value for each in after],
                [each.why for each in after],
            )
        return len(rows)

    async def _owners(self, rows: Sequence[object]) -> dict[UUID, Person | None]:
        ids = {schedule_of(row).owner_id for row in rows}  # type: ignore[arg-type]
        return {each: await self._people.get(each) for each in ids}

    def _firing(self, schedule: Schedule, person: Person | None, now: datetime) -> _Firing:
        due = schedule.next_at or now
        gone = Why(word="why.person") if person is None else None
        if person is not None and schedule.agent and schedule.agent not in person.agents:
            gone = Why(word="why.agent")
        if person is None or gone is not None:
            return _ended(schedule, person, due, gone or Why(word="why.person"))
        next_at = schedule.timing.next_after(now, schedule.zone(person))
        state = ScheduleState.ACTIVE if next_at else ScheduleState.ENDED
        after = replace(schedule, next_at=next_at, state=state)
        is_late = now - due > LATE
        if is_late and schedule.missed is IfMissed.SKIP:
            return _Firing(schedule=schedule, after=after, due_at=due, outcome="skipped", is_late=True)
        return replace(self._begun(schedule, person, due, is_late=is_late), after=after)

    def _begun(self, schedule: Schedule, person: Person, due: datetime, *, is_late: bool) -> _Firing:
        firing = _Firing(schedule=schedule, after=schedule, due_at=due, outcome="sent", is_late=is_late)
        language, late = person.language, ""
        if is_late:
            late = say("schedule.late", language, at=moment(due, language, schedule.zone(person)))
        place = schedule.place
        if not schedule.agent:
            text = plain(f"⏰ {schedule.words}")
            message = Outbound(
                key=firing.id,
                address=place.address,
                parts=(*text, *notice(f"\n\n{late}")) if late else text,
                only_for=place.only_for,
                in_language=language,
            )
            return replace(firing, message=message)
        heading = f"⏰ #{schedule.number} {_short(schedule.words)}"
        errand = Errand(
            id=firing.id,
            person_id=person.id,
            agent=schedule.agent,
            address=place.address,
            words=schedule.words,
            heading=f"{heading} {late}".strip(),
            is_direct=place.is_direct,
            only_for=place.only_for,
            account=schedule.account,
        )
        return replace(firing, outcome="begun", errand=errand)

    async def _settle_some(self) -> int:
        """What became of turns that have ended; one that failed too often in a row rests until its owner says so."""
        async with self._store.transaction() as work:
            rows = await work.fetch(QUERIES["over"])
            for row in rows:
                await work.execute(QUERIES["settle"], row["id"], row["outcome"])
                if row["outcome"] != "failed":
                    await work.execute(QUERIES["went_well"], row["schedule_id"])
                    continue
                found = await work.fetchrow(QUERIES["went_wrong"], row["schedule_id"])
                if found is not None and found["failures"] >= _FAILURES and found["state"] == "active":
                    await self._pause(work, schedule_of(found))
        return len(rows)

    async def _pause(self, work: Transaction, schedule: Schedule) -> None:
        why = Why(word="why.schedule_failed", fields={"count": str(_FAILURES)})
        await work.execute(QUERIES["pause"], schedule.id, why.stored, self._store.now())
        paused = Event(
            tag="gateway:schedule:paused",
            resource=str(schedule.number),
            status=Status.FAILED,
            address=schedule.place.address.key,
            detail={"owner": str(schedule.owner_id), "why": str(why), "said": why.stored},
        )
        work.record(paused)
        person = await self._people.get(schedule.owner_id)
        if person is not None:
            text = say(
                "schedule.failed",
                person.language,
                number=schedule.number,
                words=_short(schedule.words),
                count=_FAILURES,
            )
            work.send(
                _message(schedule, person, f"schedule:paused:{schedule.id}:{self._store.now():%Y%m%dT%H%M%S}", text)
            )

    async def _forget(self, now: datetime) -> None:
        async with self._store.transaction() as work:
            await work.execute(QUERIES["forget_runs"], now - _KEPT)
            await work.execute(QUERIES["forget"], now - _KEPT)


def run_id(schedule: Schedule, due: datetime) -> str:
    """One time of a schedule: the id of its errand, or the key of its message."""
    return f"schedule:{schedule.id}:{due:%Y%m%dT%H%M%S}"


def turn_id_of(errand_id: str) -> UUID:
    """The turn in which an errand is done, as the inbox names it."""
    return uuid5(NAMESPACE_URL, f"nexora:turn:nexora:{errand_id}")


async def _write(work: Transaction, firings: Sequence[_Firing], now: datetime) -> None:
    for each in firings:
        if each.errand is not None:
            work.publish(errand_notice(each.errand))
        if each.message is not None:
            work.send(each.message)
        if each.event is not None:
            work.record(each.event)
    kept = [each for each in firings if each.outcome]
    await work.execute(
        QUERIES["add_runs"],
        [each.id for each in kept],
        [each.schedule.id for each in kept],
        [turn_id_of(each.id) if each.errand else None for each in kept],
        [each.due_at for each in kept],
        [now for _ in kept],
        [each.is_late for each in kept],
        [each.outcome for each in kept],
    )


def _ended(schedule: Schedule, person: Person | None, due: datetime, why: Why) -> _Firing:
    """One whose person or agent is gone ends; its owner is told once, if they are still there."""
    after = replace(schedule, next_at=None, state=ScheduleState.ENDED, why=why.stored)
    firing = _Firing(schedule=schedule, after=after, due_at=due, outcome="failed")
    message = None
    if person is not None:
        language = person.language
        text = say(
            "schedule.ended",
            language,
            number=schedule.number,
            words=_short(schedule.words),
            why=why.said(language),
        )
        message = _message(schedule, person, f"schedule:ended:{schedule.id}", text)
    return replace(firing, message=message, event=_ended_event(schedule, person, why))


def _message(schedule: Schedule, person: Person, key: str, text: str) -> Outbound:
    return Outbound(
        key=key,
        address=schedule.place.address,
        parts=notice(text),
        only_for=schedule.place.only_for,
        in_language=person.language,
    )


def _ended_event(schedule: Schedule, person: Person | None, why: Why) -> Event:
    return Event(
        tag="gateway:schedule:ended",
        resource=str(schedule.number),
        status=Status.FAILED,
        address=schedule.place.address.key,
        detail={"owner": person.name if person else str(schedule.owner_id), "why": str(why), "said": why.stored},
    )


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 60 else f"{line[:59]}…"  # noqa: PLR2004  # as much as a line of a phone
