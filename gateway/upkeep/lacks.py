"""What channels cannot do although they are up: a line of the record for each change, and the words for people."""

import asyncio

import structlog

from channels.base import Lacking
from channels.locales import DEFAULT, say
from channels.running.lacks import LackChange
from governance.record.audit import Event, Status
from governance.record.transaction import DatabaseAway, Store

_log = structlog.get_logger(__name__)

PAUSE_SECONDS = 1.0


class LackRecord:
    """Hears of changes at once, writes them when the database takes them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changes: asyncio.Queue[LackChange] = asyncio.Queue()

    def hear(self, change: LackChange) -> None:
        """A channel cannot do something any more, or can again."""
        self._changes.put_nowait(change)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            change = await self._changes.get()
            while True:
                try:
                    await self._write(change)
                except DatabaseAway as error:
                    _log.warning("lack_not_recorded", channel=change.channel, reason=str(error))
                    await asyncio.sleep(PAUSE_SECONDS)
                else:
                    break

    async def _write(self, change: LackChange) -> None:
        lacking = change.lacking
        async with self._store.transaction() as work:
            work.record(
                Event(
                    tag="channel:right:granted" if change.is_over else "channel:right:missing",
                    resource=change.channel,
                    status=Status.OK if change.is_over else Status.FAILED,
                    address=lacking.room,
                    detail={"cannot": lacking.deed.value, "lacks": lacking.lack.word[:500]},
                )
            )


def cannot(lacking: Lacking, language: str) -> str:
    """What cannot be done, and where if not everywhere."""
    what = say(f"chat.cannot.{lacking.deed.value}", language)
    return say("chat.cannot.here", language, what=what, room=lacking.room) if lacking.room else what


def repair(lacking: Lacking, language: str) -> str:
    """What an admin does about it; empty where the platform does not tell enough."""
    return lacking.lack.repair.get(language) or lacking.lack.repair.get(DEFAULT, "")
