"""The table of schedules: each is one person's, who alone sees and changes it. It fires nothing.

Every change commits with its audit line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from governance.people.people import Origin, Person
from governance.record.audit import Event
from governance.record.transaction import Store, Transaction, load_queries
from governance.schedules.schedule import (
    NewSchedule,
    Schedule,
    ScheduleMissing,
    ScheduleNever,
    ScheduleRun,
    ScheduleState,
    ScheduleTooLate,
    ScheduleTooMany,
    ScheduleTooOften,
    schedule_of,
)
from governance.schedules.timing import Timing
from governance.values.reasons import Why

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
_BACK_WITHIN = timedelta(days=1)
_HISTORY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLimits:
    """How often agents may be set going, and how many schedules one person may have."""

    least_minutes: int = 5
    most_per_person: int = 50


class Schedules:
    """Keeps schedules."""

    def __init__(self, store: Store, limits: ScheduleLimits) -> None:
        self._store = store
        self.limits = limits

    async def add(self, person: Person, wanted: NewSchedule, *, origin: Origin) -> Schedule:
        """Keep a new one. Raises ScheduleTooMany, ScheduleTooOften and ScheduleNever."""
        async with self._store.transaction() as work:
            return await self.add_in(work, person, wanted, origin=origin)

    async def add_in(self, work: Transaction, person: Person, wanted: NewSchedule, *, origin: Origin) -> Schedule:
        """`add` as part of a larger change."""
        now = self._store.now()
        made = Schedule(
            id=uuid4(),
            number=0,
            owner_id=person.id,
            agent=wanted.agent,
            words=wanted.words,
            timing=wanted.timing,
            time_zone=wanted.time_zone,
            missed=wanted.missed,
            place=wanted.place,
            account=wanted.account,
            state=ScheduleState.ACTIVE,
            why="",
            next_at=None,
            failures=0,
            changed_at=now,
        )
        self.check(made.timing, agent=made.agent)
        made = self._ahead(made, person)
        await work.fetchval(QUERIES["hold_owner"], person.id)
        if await work.fetchval(QUERIES["count"], person.id) >= self.limits.most_per_person:
            raise ScheduleTooMany(self.limits.most_per_person)
        made = replace(made, number=await work.fetchval(QUERIES["next_number"], person.id))
        address, only_for = made.place.address, made.place.only_for
        await work.execute(
            QUERIES["add"],
            made.id,
            made.number,
            person.id,
            made.agent,
            made.words,
            str(made.timing),
            made.time_zone,
            made.missed.value,
            address.channel,
            address.room,
            address.thread,
            only_for.id if only_for else "",
            made.place.is_direct,
            made.account.channel,
            made.account.id,
            made.next_at,
            now,
        )
        work.record(origin.event("schedule:created", person, resource=made.number, detail=_detail(made)))
        return made

    def check(self, timing: Timing, *, agent: str) -> None:
        """Whether it comes seldom enough. Raises ScheduleTooOften."""
        least = self.limits.least_minutes if agent else 1
        gap = timing.least_gap(self._store.now())
        if gap is not None and gap < timedelta(minutes=least):
            raise ScheduleTooOften(least)

    async def of(self, person_id: UUID) -> Sequence[Schedule]:
        """Those of one person that are active or paused, the next one first."""
        return [schedule_of(row) for row in await self._store.fetch(QUERIES["of"], person_id)]

    async def get(self, person_id: UUID, number: int) -> Schedule:
        """The person's own of that number. Raises ScheduleMissing."""
        row = await self._store.fetchrow(QUERIES["one"], person_id, number)
        if row is None:
            raise ScheduleMissing
        return schedule_of(row)

    async def history(self, schedule: Schedule) -> Sequence[ScheduleRun]:
        """The latest times that it came, with what their turns cost."""
        rows = await self._store.fetch(QUERIES["runs"], schedule.id, _HISTORY)
        return [ScheduleRun(**{name: row[name] for name in ScheduleRun.__dataclass_fields__}) for row in rows]

    async def pause(self, person: Person, number: int, *, origin: Origin) -> Schedule:
        """Let it rest. Raises ScheduleMissing."""
        async with self._store.transaction() as work:
            found = await self._hold(work, person, number)
            paused = replace(found, state=ScheduleState.PAUSED, why="", next_at=None)
            return await self._change(work, paused, origin.event("schedule:paused", person, resource=number))

    async def resume(self, person: Person, number: int, *, origin: Origin) -> Schedule:
        """Let it come again, or bring back one that was removed today.

        Raises ScheduleMissing, ScheduleNever, ScheduleTooLate and ScheduleTooMany.
        """
        async with self._store.transaction() as work:
            found = await self._hold(work, person, number)
            if found.state is ScheduleState.REMOVED and found.changed_at < self._store.now() - _BACK_WITHIN:
                raise ScheduleTooLate
            if found.state in {ScheduleState.ENDED, ScheduleState.REMOVED}:
                await work.fetchval(QUERIES["hold_owner"], person.id)
                if await work.fetchval(QUERIES["count"], person.id) >= self.limits.most_per_person:
                    raise ScheduleTooMany(self.limits.most_per_person)
            again = self._ahead(replace(found, state=ScheduleState.ACTIVE, why="", failures=0), person)
            return await self._change(work, again, origin.event("schedule:resumed", person, resource=number))

    async def remove(self, person: Person, number: int, *, origin: Origin) -> Schedule:
        """Take it away; within a day it can be brought back. Raises ScheduleMissing."""
        async with self._store.transaction() as work:
            found = await self._hold(work, person, number)
            if found.state is ScheduleState.REMOVED:
                raise ScheduleMissing
            gone = replace(found, state=ScheduleState.REMOVED, next_at=None)
            return await self._change(work, gone, origin.event("schedule:removed", person, resource=number))

    async def edit(self, person: Person, changed: Schedule, *, origin: Origin) -> Schedule:
        """Keep other words, times or places of one. Raises ScheduleMissing, ScheduleNever and ScheduleTooOften."""
        async with self._store.transaction() as work:
            found = await self._hold(work, person, changed.number)
            self.check(changed.timing, agent=changed.agent)
            after = replace(changed, state=found.state, why=found.why, failures=found.failures)
            if found.state is not ScheduleState.PAUSED:
                after = self._ahead(replace(after, state=ScheduleState.ACTIVE), person)
            event = origin.event("schedule:changed", person, resource=after.number, detail=_detail(after))
            return await self._change(work, after, event)

    async def end_all_of(self, work: Transaction, person_id: UUID, by: Person | None) -> int:
        """Those of somebody who is shut out end with them. They are no requests, of which the number is told."""
        why = Why(word="why.person").stored
        ended = await work.fetch(QUERIES["end_of"], person_id, why, self._store.now())
        if ended:
            work.record(
                Event(
                    tag="gateway:schedule:ended",
                    actor=str(by.id) if by else "system",
                    actor_name=by.name if by else "",
                    resource=", ".join(str(row["number"]) for row in ended),
                    detail={"owner": str(person_id), "why": "why.person"},
                )
            )
        return 0

    async def follow(self, work: Transaction, person: Person) -> int:
        """Work out anew when those of somebody whose zone has changed come; how many follow it."""
        rows = await work.fetch(QUERIES["active_of"], person.id)
        found = [each for each in map(schedule_of, rows) if not each.time_zone]
        await moved(work, [self._coming(each, person) for each in found])
        return len(found)

    def _coming(self, schedule: Schedule, person: Person) -> Schedule:
        at = schedule.timing.next_after(self._store.now(), schedule.zone(person))
        return replace(schedule, next_at=at or schedule.next_at)

    def _ahead(self, schedule: Schedule, person: Person) -> Schedule:
        at = schedule.timing.next_after(self._store.now(), schedule.zone(person))
        if at is None:
            raise ScheduleNever
        return replace(schedule, next_at=at)

    async def _hold(self, work: Transaction, person: Person, number: int) -> Schedule:
        row = await work.fetchrow(QUERIES["hold"], person.id, number)
        if row is None:
            raise ScheduleMissing
        return schedule_of(row)

    async def _change(self, work: Transaction, after: Schedule, event: Event) -> Schedule:
        address, only_for = after.place.address, after.place.only_for
        await work.execute(
            QUERIES["change"],
            after.id,
            after.words,
            str(after.timing),
            after.time_zone,
            after.missed.value,
            address.channel,
            address.room,
            address.thread,
            only_for.id if only_for else "",
            after.place.is_direct,
            after.state.value,
            after.why,
            after.next_at,
            after.failures,
            self._store.now(),
        )
        work.record(event)
        return after


async def moved(work: Transaction, schedules: Sequence[Schedule]) -> None:
    """Keep when these come next."""
    if schedules:
        await work.execute(QUERIES["moved"], [each.id for each in schedules], [each.next_at for each in schedules])


def _detail(schedule: Schedule) -> dict[str, str]:
    address = schedule.place.address
    return {"agent": schedule.agent, "timing": str(schedule.timing), "channel": address.channel}
