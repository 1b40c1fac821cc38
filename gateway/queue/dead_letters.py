"""What was put aside after failing, in either direction: the latest of it, and one of it put back at its place."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from governance.record.commits import Committed
from governance.record.transaction import Row, Store, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
Side = Literal["in", "out"]


async def dead_letters(store: Store, limit: int) -> Sequence[Row]:
    """The latest of inbox and outbox together: side, id, lane, error, at, done_at, times."""
    return await store.fetch(QUERIES["dead"], limit)


async def put_back(work: Transaction, side: Side, number: int, now: datetime) -> Row | None:
    """That one with its tries ahead of it and an hour to be sent in: lane, key, error; None where there is none."""
    times = (now,) if side == "out" else ()
    return await work.fetchrow(QUERIES[f"put_back_{side}"], number, *times)


def woken(side: Side, lane: str) -> Committed:
    """What there is to do once it is back."""
    lanes = frozenset({lane})
    return Committed(outbox=lanes) if side == "out" else Committed(inbox=lanes)
