"""One-time links: the first admin's, and those that set a password. Only a digest is kept, so none can be read back."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID

from governance.record.transaction import Store, Transaction, load_queries

Purpose = Literal["first_admin", "set_password"]
TTL = timedelta(hours=24)
_QUERIES = Path(__file__).with_name("invitations.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a link is for. `name` is the person whose password it sets; both are empty for the first admin's."""

    purpose: Purpose
    person_id: UUID | None = None
    name: str = ""


async def create(work: Transaction, purpose: Purpose, person_id: UUID | None, *, now: datetime) -> str:
    """The code at the end of a new link `/welcome/CODE`; an older link for the same purpose and person ends."""
    queries = load_queries(_QUERIES)
    code = secrets.token_urlsafe(24)
    await work.execute(queries["end_older"], purpose, person_id, now)
    await work.execute(queries["create"], _digest(code), purpose, person_id, now + TTL)
    return code


async def find(store: Store, code: str) -> Invitation | None:
    """What the link is for; None when it is wrong, used, expired, or its person is disabled."""
    row = await store.fetchrow(load_queries(_QUERIES)["find"], _digest(code), store.now())
    return Invitation(purpose=row["purpose"], person_id=row["user_id"], name=row["name"]) if row else None


async def use(work: Transaction, code: str, *, now: datetime) -> Invitation | None:
    """Use the link up, or None as in `find`; of two that use it at once, one gets None.

    With the first admin's link every other one of its kind ends, so that none lies about for somebody to find.
    """
    queries = load_queries(_QUERIES)
    if await work.fetchval(queries["use"], _digest(code), now) is None:
        return None
    row = await work.fetchrow(queries["used"], _digest(code))
    if row and row["purpose"] == "first_admin":
        await work.execute(queries["end_first_admin"], now)
    return Invitation(purpose=row["purpose"], person_id=row["user_id"], name=row["name"]) if row else None


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()
