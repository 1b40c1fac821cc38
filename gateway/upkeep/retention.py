"""Removes by age what nobody needs any more from the data folder: uploads, received files, copies, idle workspaces.

It never touches what an undecided request, a call that has not run, a message on its way or a page of the console
refers to; when the database cannot be asked about that, it removes nothing. Each round is bounded and works in a
thread; its counts are a line of the record.
"""

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

import structlog

from agents.layers import Layers
from agents.workspaces import workspace_name
from gateway.settings.model import CleanupSettings
from gateway.upkeep.leftovers import old_folders, remove_folders, remove_old_files
from governance.guard.hidden import forget
from governance.record.audit import Event
from governance.record.transaction import DatabaseAway, Store, load_queries

_log = structlog.get_logger(__name__)

FIRST_SECONDS = 300.0
"""How long after a start the first round waits, so that it costs no start anything."""
EVERY_SECONDS = 6 * 3600.0
WORKSPACE = re.compile(r"[0-9a-f]{24}")
RECEIVED = "received"
_OWNER = re.compile(r"[\w-]+")
_UPLOAD = re.compile(r"[0-9a-f]{32}")
_COPY = re.compile(r"[0-9a-f]{64}")
_SCRATCH = re.compile(r"nexora-run-\w+")


class Retention:
    """Cleans one data folder. `scratch` is where killed gateways may have left the folders of commands."""

    def __init__(
        self, store: Store, shared: Path, settings: CleanupSettings, layers: Layers, *, scratch: Path | None = None
    ) -> None:
        self._store = store
        self._shared = shared
        self._settings = settings
        self._layers = layers
        self._scratch = scratch or Path(tempfile.gettempdir())
        self._queries = load_queries(Path(__file__).with_suffix(".sql"))

    async def run(self) -> None:
        """Clean every six hours until cancelled."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await self.clean()
            except DatabaseAway as error:
                _log.warning("retention_postponed", reason=str(error))
            except Exception:  # noqa: BLE001  # the border of this task: a round that failed is no reason to end
                _log.exception("retention_failed")
            await asyncio.sleep(EVERY_SECONDS)

    async def clean(self) -> Mapping[str, int]:
        """One round; how many of each kind were removed. Raises DatabaseAway."""
        settings = self._settings
        kinds: dict[str, tuple[float, Callable[[float], Awaitable[int]]]] = {
            "copies": (settings.copies_days, self._copies),
            "parked": (settings.scratch_days, self._parked),
            "received": (settings.received_days, self._received),
            "scratch": (settings.scratch_days, self._leftover_scratch),
            "undo": (settings.undo_days, self._undo),
            "uploads": (settings.uploads_days, self._uploads),
            "workspaces": (settings.workspaces_days, self._workspaces),
        }
        counts = dict.fromkeys(kinds, 0)
        for kind, (days, remove) in kinds.items():
            if days:
                counts[kind] = await remove((self._store.now() - timedelta(days=days)).timestamp())
        if any(counts.values()):
            await self._store.record(Event(tag="gateway:files:removed", detail=counts))
        return counts

    async def _uploads(self, before: float) -> int:
        """What was left in the console and never sent."""
        owners = await asyncio.to_thread(old_folders, self._shared / "uploads", float("inf"), _OWNER)
        count = 0
        for owner in owners:
            place = self._shared / "uploads" / owner
            if old := await asyncio.to_thread(old_folders, place, before, _UPLOAD):
                sent = await self._names("sent_uploads", old)
                count += await asyncio.to_thread(remove_folders, place, [name for name in old if name not in sent])
        return count

    async def _copies(self, before: float) -> int:
        """The copies of files that agents sent."""
        place = self._shared / "outgoing"
        old = await asyncio.to_thread(old_folders, place, before, _COPY)
        unsent = await self._names("unsent_copies") if old else frozenset()
        return await asyncio.to_thread(remove_folders, place, [name for name in old if name not in unsent])

    async def _received(self, before: float) -> int:
        """Files that people sent, in the workspaces of conversations in which nothing is pending."""
        place = self._shared / "workspaces"
        names = await asyncio.to_thread(old_folders, place, float("inf"), WORKSPACE)
        busy = await self._busy()
        idle = [name for name in names if name not in busy]
        return await asyncio.to_thread(lambda: sum(remove_old_files(place / name, RECEIVED, before) for name in idle))

    async def _workspaces(self, before: float) -> int:
        """Whole workspaces of conversations in which nobody has spoken for long, and the secrets that came up there."""
        place = self._shared / "workspaces"
        since = self._store.now() - timedelta(days=self._settings.workspaces_days)
        await forget(self._store, since)
        old = await asyncio.to_thread(old_folders, place, before, WORKSPACE)
        if not old:
            return 0
        rows = await self._store.fetch(self._queries["fresh_conversations"], since)
        used = await self._busy() | {workspace_name(row["key"]) for row in rows}
        return await asyncio.to_thread(remove_folders, place, [name for name in old if name not in used])

    async def _undo(self, before: float) -> int:
        """What was kept so that it can be undone, and what is left of the history of workspaces that are gone."""
        return await asyncio.to_thread(self._layers.clean, before)

    async def _parked(self, before: float) -> int:
        """What calls did when they were tried, once nobody can approve it any more."""
        rows = await self._store.fetch(self._queries["waiting_calls"])
        return await asyncio.to_thread(self._layers.clean_parked, before, {row["id"] for row in rows})

    async def _leftover_scratch(self, before: float) -> int:
        """The /tmp of conversations that have run nothing for long, and of commands whose gateway was killed."""
        count = 0
        for place, names in ((self._scratch, _SCRATCH), (self._shared / "scratch", WORKSPACE)):
            old = await asyncio.to_thread(old_folders, place, before, names)
            count += await asyncio.to_thread(remove_folders, place, old)
        return count

    async def _busy(self) -> frozenset[str]:
        rows = await self._store.fetch(self._queries["busy_conversations"])
        return frozenset(workspace_name(row["key"]) for row in rows)

    async def _names(self, query: str, *args: object) -> frozenset[str]:
        return frozenset(row["name"] for row in await self._store.fetch(self._queries[query], *args))
