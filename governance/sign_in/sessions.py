"""Who is signed in where. A token only names a session; whether that still stands, and as whom, the database says.

The token is a JWT of one pinned algorithm. Nothing else in it is used: no key id, no address of a key, no role.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from channels.base import NexoraError
from governance.people.people import Origin, Person, person_of
from governance.record.transaction import Row, Store, Transaction, load_queries

ISSUER = "nexora"
AUDIENCE = "nexora-console"
KIND = "session"
ALGORITHM = "HS256"
KEY_BYTES = 32
LEEWAY_SECONDS = 30
_SEEN_EVERY = timedelta(minutes=1)
_CLAIMS = ("aud", "exp", "iat", "iss", "nbf", "sid", "sub", "typ")
_QUERIES = Path(__file__).with_name("sessions.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One place where somebody is signed in."""

    id: UUID
    person: Person
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


class KeyWeak(NexoraError):
    """The key of the sessions must be at least 32 random bytes."""


class Sessions:
    """Opens, checks and ends sessions. Without use a session ends after `idle`, in any case after `absolute`."""

    def __init__(
        self,
        store: Store,
        key: bytes,
        *,
        idle: timedelta = timedelta(hours=12),
        absolute: timedelta = timedelta(days=7),
    ) -> None:
        """Raises KeyWeak."""
        if len(key) < KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
            raise KeyWeak
        self._store = store
        self._key = key
        self.idle = idle
        self.absolute = absolute
        self._queries = load_queries(_QUERIES)

    async def open(self, work: Transaction, person_id: UUID, *, origin: Origin) -> str:
        """A new session and its token. Every sign-in has one of its own."""
        now = self._store.now()
        session_id, ends = uuid4(), now + self.absolute
        await work.execute(
            self._queries["open"], session_id, person_id, now, ends, origin.address, origin.user_agent[:400]
        )
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(person_id),
            "sid": str(session_id),
            "typ": KIND,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int(ends.timestamp()),
        }
        import jwt  # noqa: PLC0415  # it brings half of cryptography, and nobody may ever sign in

        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    async def check(self, token: str) -> Session | None:
        """The session that a token names, as the database knows it now; None when it is not to be believed."""
        named = self._read(token)
        if named is None:
            return None
        now = self._store.now()
        row = await self._store.fetchrow(self._queries["check"], *named, now, now - self.idle)
        if row is None:
            return None
        session = _session_of(row)
        if now - session.last_seen_at >= _SEEN_EVERY:
            await self._store.fetchval(self._queries["seen"], session.id, now)
        return session

    async def is_live(self, session_id: UUID) -> bool:
        """Whether a session still stands; what a stream that stays open asks now and then."""
        now = self._store.now()
        live: bool = await self._store.fetchval(self._queries["is_live"], session_id, now, now - self.idle)
        return live

    async def of(self, person_id: UUID) -> list[Session]:
        """The live sessions of one person, the latest used first."""
        now = self._store.now()
        return [
            _session_of(row) for row in await self._store.fetch(self._queries["of"], person_id, now, now - self.idle)
        ]

    async def end(self, session_id: UUID, person_id: UUID, *, by: Person, origin: Origin) -> bool:
        """End one session of that person at once; False when there is none."""
        async with self._store.transaction() as work:
            ended = await work.fetchval(self._queries["end"], session_id, person_id, self._store.now())
            if ended is None:
                return False
            work.record(origin.event("session:ended", by, resource=person_id, detail={"session": str(session_id)}))
        return True

    async def owner(self, session_id: UUID) -> UUID | None:
        """Whose session this is."""
        found: UUID | None = await self._store.fetchval(self._queries["owner"], session_id)
        return found

    async def end_others(self, session: Session, *, origin: Origin) -> int:
        """End all sessions of this person but this one; how many there were."""
        return await self.end_of(session.person.id, by=session.person, but=session.id, origin=origin)

    async def end_of(self, person_id: UUID, *, by: Person, but: UUID | None = None, origin: Origin) -> int:
        """End all sessions of a person, except one; how many there were."""
        async with self._store.transaction() as work:
            count = await self.end_all(work, person_id, but=but)
            if count:
                work.record(origin.event("session:ended", by, resource=person_id, detail={"count": count}))
        return count

    async def end_all(self, work: Transaction, person_id: UUID, *, but: UUID | None = None) -> int:
        """End all sessions of somebody, except one, as part of a larger change; how many there were."""
        count: int = await work.fetchval(self._queries["end_all"], person_id, but, self._store.now())
        return count

    def _read(self, token: str) -> tuple[UUID, UUID] | None:
        """The session and the person that a genuine token names."""
        import jwt  # noqa: PLC0415  # as above

        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": list(_CLAIMS), "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
            if claims["typ"] != KIND or not self._is_timely(claims["iat"], claims["nbf"], claims["exp"]):
                return None
            return UUID(claims["sid"]), UUID(claims["sub"])
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
            return None

    def _is_timely(self, issued: object, begins: object, ends: object) -> bool:
        """By our own clock, since PyJWT asks the machine's. A time that is no whole number is no time."""
        now = self._store.now().timestamp()
        if not (type(issued) is type(begins) is type(ends) is int):
            return False
        return max(issued, begins) <= now + LEEWAY_SECONDS and now < ends


def _session_of(row: Row) -> Session:
    return Session(
        id=row["session_id"],
        person=person_of(row),
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
        expires_at=row["expires_at"],
        address=row["address"],
        user_agent=row["user_agent"],
    )


async def end_all_sessions(work: Transaction) -> None:
    """Sign everybody out, as over a restored database."""
    await work.execute(load_queries(_QUERIES)["end_of_everybody"])
