"""Who wants a digest, when and where. What it says is put together by whoever sees the whole gateway."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from channels.messages import Account, Address, Outbound, notice
from governance.approvals.requests import RequestStatus
from governance.approvals.shown.copies import PRIVATE
from governance.digests.times import Cadence
from governance.people.people import Origin, People, Person, Role
from governance.record.transaction import Row, Store, load_queries

_QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One person's digest. With an `account_id` it goes to that account's private room, else into the room."""

    person_id: UUID
    cadence: Cadence
    address: Address
    since: datetime
    next_at: datetime
    account_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How many requests ended, by how, and how many of them the requester confirmed, as the only admin."""

    counts: Mapping[RequestStatus, int]
    confirmed: int = 0


Compose = Callable[[Person, datetime, datetime], Awaitable[str]]
"""The words of a digest for a person about the time from the first moment to the second."""


class Digests:
    """The table of digests. Every change commits with its audit line."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    async def of(self, person_id: UUID) -> Digest | None:
        """The digest of that person, None when they asked for none."""
        row = await self._store.fetchrow(_QUERIES["of"], person_id)
        return _digest_of(row) if row is not None else None

    async def put(self, person: Person, cadence: Cadence, to: Address | Account, *, origin: Origin) -> Digest:
        """Send one to that room, or to that account, from now on. Raises ZoneUnknown."""
        now = self._store.now()
        next_at = cadence.next_after(now)
        address = to if isinstance(to, Address) else Address(channel=to.channel, room=PRIVATE + to.id)
        account_id = to.id if isinstance(to, Account) else ""
        async with self._store.transaction() as work:
            await work.execute(
                _QUERIES["put"],
                person.id,
                cadence.weekday,
                cadence.minute,
                cadence.time_zone,
                address.channel,
                address.room,
                address.thread,
                account_id,
                now,
                next_at,
            )
            detail = {"at": cadence.clock, "zone": cadence.time_zone, "channel": address.channel}
            work.record(origin.event("digest:set", person, resource=person.id, detail=detail))
        return Digest(
            person_id=person.id,
            cadence=cadence,
            address=address,
            since=now,
            next_at=next_at,
            account_id=account_id,
        )

    async def drop(self, person: Person, *, origin: Origin) -> bool:
        """Send none any more; False when there was none."""
        async with self._store.transaction() as work:
            if await work.fetchval(_QUERIES["drop"], person.id) is None:
                return False
            work.record(origin.event("digest:ended", person, resource=person.id))
        return True

    async def decided(self, person: Person, since: datetime, until: datetime) -> Ended:
        """How many requests ended in that time, by how: all for an admin, else those of the person's own."""
        rows = await self._store.fetch(_QUERIES["decided"], since, until, person.role is Role.ADMIN, person.id)
        counts = {RequestStatus(row["status"]): row["count"] for row in rows}
        return Ended(counts=counts, confirmed=sum(row["confirmed"] for row in rows))

    async def send_due(self, compose: Compose) -> int:
        """Send what is due now, each once whatever was missed while nobody could; how many there were."""
        count = 0
        while await self._send_one(compose):
            count += 1
        return count

    async def _send_one(self, compose: Compose) -> bool:
        now = self._store.now()
        async with self._store.transaction() as work:
            row = await work.fetchrow(_QUERIES["due"], now)
            if row is None:
                return False
            digest = _digest_of(row)
            await work.execute(_QUERIES["sent"], digest.person_id, now, digest.cadence.next_after(now))
            person = await self._people.get(digest.person_id)
            if person is not None:
                work.send(_message(digest, person, await compose(person, digest.since, now)))
        return True


def _message(digest: Digest, person: Person, text: str) -> Outbound:
    account = Account(channel=digest.address.channel, id=digest.account_id) if digest.account_id else None
    return Outbound(
        key=f"digest:{digest.person_id}:{digest.next_at:%Y%m%dT%H%M}",
        address=digest.address,
        parts=notice(text),
        only_for=account,
        in_language=person.language,
    )


def _digest_of(row: Row) -> Digest:
    return Digest(
        person_id=row["person_id"],
        cadence=Cadence(weekday=row["weekday"], minute=row["minute"], time_zone=row["time_zone"]),
        address=Address(channel=row["channel"], room=row["room"], thread=row["thread"]),
        since=row["since"],
        next_at=row["next_at"],
        account_id=row["account_id"],
    )
