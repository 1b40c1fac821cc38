"""The one place that opens layers, keeps their history, takes it back, and puts things right after a crash."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import structlog

from agents.layers import history as past
from agents.layers.bounds import Disk, LayerBounds, NoRoom, Watch
from agents.layers.copies import copied
from agents.layers.entries import (
    ALIVE,
    ENDED,
    GONE,
    MAX_ENTRIES,
    Entry,
    EntryKind,
    EntryState,
    MergeStep,
    entries_in,
    hold,
    locked,
    names_in,
    next_folder,
    read,
    remove_entry,
    remove_tree,
)
from agents.layers.layer import Layer, complete
from agents.layers.parked import forget_parked
from agents.layers.steps import keep, parent
from agents.layers.trees import tree_at
from agents.layers.written import reached, require_seen, settle_written
from agents.sandbox import Sandbox
from governance.guard.paths import safe_replace
from governance.record.transaction import Clock, utc_now

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an entry is about: the person's id, agent and tool, `what` it did, where, in which turn, by which code."""

    person: str = ""
    agent: str = ""
    tool: str = ""
    what: str = ""
    under: str = ""
    conversation: str = ""
    turn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How much of what was replaced is kept for undoing, of each person."""

    bytes_of_person: int = 1 << 30


class Layers:
    """Layers and histories of all workspaces. `root` is beside the folder `workspaces`, on the same file system.

    `database` is a folder on the file system on which the database lies, where that is ours.

    Several gateways may share it: what is at work is locked.
    """

    def __init__(
        self,
        root: Path,
        sandbox: Sandbox,
        keeping: Keeping | None = None,
        now: Clock = utc_now,
        *,
        bounds: LayerBounds | None = None,
        database: Path | None = None,
    ) -> None:
        self._root = root
        self._sandbox = sandbox
        self._keeping = keeping or Keeping()
        self._now = now
        self._can_overlay: bool | None = None
        self._held_bytes: dict[str, int] = {}
        self._disk = Disk(root, bounds or LayerBounds(), [each for each in (root.parent, database) if each])
        self._sweeper = ThreadPoolExecutor(1, thread_name_prefix="sweep layers")
        self._measuring: set[asyncio.Task[None]] = set()

    @property
    def is_apart(self) -> bool:
        """Whether commands run on layers here, so that nothing reaches a workspace before it is merged."""
        if self._can_overlay is None:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._can_overlay = self._sandbox.layers_in(self._root)
        return self._can_overlay

    @property
    def shared(self) -> Path:
        """The folder in which workspaces and layers are."""
        return self._root.parent

    def workspace(self, name: str) -> Path:
        """The workspace of that name."""
        return self.shared / "workspaces" / name

    @property
    def most_kept_bytes(self) -> int:
        """What a merge replaces and removes may weigh so much at most, to be kept."""
        return self._keeping.bytes_of_person

    def history_of(self, workspace: Path) -> Path:
        """Where the history of a workspace is."""
        return self._root / workspace.name

    # Calls

    async def open(self, workspace: Path, call_id: UUID, about: About | None = None, *, copies: bool = True) -> Layer:
        """The layer for a call that is about to run. Where there are none it `copies` the workspace before."""
        return await asyncio.to_thread(self._open, workspace, call_id, about or About(), copies=copies)

    async def pending(self, workspace: Path, call_id: UUID) -> Layer | None:
        """The layer that was parked for a call, to be merged or discarded; None when there is none."""
        return await asyncio.to_thread(self._pending, workspace, call_id)

    async def replace(
        self, workspace: Path, path: str, data: bytes, call_id: UUID, about: About, *, seen: bytes | None = None
    ) -> bool:
        """Write a whole file as `safe_replace` does, and keep what it replaces; whether there was one before.

        Raises LayerChanged when it was made from what was `seen` of the file, and that is something else by now.
        """
        return await asyncio.shield(asyncio.to_thread(self._replace, workspace, path, data, call_id, about, seen=seen))

    def _open(self, workspace: Path, call_id: UUID, about: About, *, copies: bool = True) -> Layer:
        place = self.history_of(workspace)
        with locked(place):
            folder = next_folder(place, call_id)
            folder.mkdir(mode=0o700)
            held = hold(folder / ALIVE, waits=True)
        entry = self._entry(folder, call_id, about)
        if self.is_apart:
            entry.upper.mkdir(mode=workspace.stat().st_mode & 0o777)
            entry.work.mkdir(mode=0o700)
            entry = entry.save(since_ns=entry.upper.stat().st_ctime_ns)
        elif copies and copied(workspace, entry.before):
            entry = entry.save(kind=EntryKind.COPY, since_ns=(folder / ALIVE).stat().st_ctime_ns)
        else:
            entry.forget()
            if held:
                held.let_go()
            return Layer(None, workspace, None, 0, self)
        return Layer(entry, workspace, held, self._keeping.bytes_of_person, self)

    def _pending(self, workspace: Path, call_id: UUID) -> Layer | None:
        place = self.history_of(workspace)
        for name in names_in(place):
            entry = read(place / name) if name.endswith(f"-{call_id.hex}") else None
            if entry and entry.state is EntryState.PARKED and (held := hold(entry.folder / ALIVE, waits=False)):
                return Layer(entry, workspace, held, self._keeping.bytes_of_person, self)
        return None

    def _entry(self, folder: Path, call_id: UUID, about: About) -> Entry:
        return Entry(folder=folder, call=call_id, at=self._now().isoformat(), **asdict(about))

    def _replace(
        self, workspace: Path, path: str, data: bytes, call_id: UUID, about: About, *, seen: bytes | None = None
    ) -> bool:
        inner, made = reached(workspace, path)
        if not inner:
            return safe_replace(workspace, path, data)  # which says what is wrong with it
        place = self.history_of(workspace)
        with locked(place):
            require_seen(workspace, path, seen)
            entry = self._entry(next_folder(place, call_id), call_id, about)
            entry.folder.mkdir(mode=0o700)
            old = tree_at(workspace / inner)
            entry = entry.save(
                state=EntryState.WRITING, steps=(MergeStep(op="put", path=made, of=inner),), kept_bytes=old.size_bytes
            )
            try:
                if not old.is_absent:
                    above, _, name = inner.rpartition("/")
                    with parent(workspace, above) as here:
                        keep(here, name, entry.kept, inner, moves=False)
                existed = safe_replace(workspace, path, data)
            except BaseException:
                entry.forget()
                raise
            self.told(settle_written(entry, workspace))
        return existed

    # Room

    async def lack(self, workspace: Path, person: str) -> str:
        """Why no tool may write a file just now, as a sentence without its full stop; empty when it may."""
        return await asyncio.to_thread(self._lack, workspace, person)

    async def watch(self, layer: Layer, workspace: Path, person: str) -> Watch:
        """What measures a command while it runs. Raises NoRoom when none may run just now."""
        if why := await asyncio.to_thread(self._disk.lack):
            raise NoRoom(why)
        if self._disk.is_stale(workspace):
            measuring = asyncio.create_task(
                asyncio.to_thread(self._disk.measure, workspace, person), name="measure a workspace"
            )
            self._measuring.add(measuring)
            measuring.add_done_callback(self._measured)
        if layer.upper:
            return Watch(self._disk, layer.upper, await asyncio.to_thread(self._disk.left, workspace, person))
        return Watch(self._disk, workspace, self._disk.whole())

    def _lack(self, workspace: Path, person: str) -> str:
        if why := self._disk.lack():
            return why
        left = self._disk.left(workspace, person)
        return "" if left.size_bytes and left.files else f"nothing is left for {left.of}; remove something first"

    def _measured(self, measuring: "asyncio.Task[None]") -> None:
        self._measuring.discard(measuring)
        if not measuring.cancelled() and (problem := measuring.exception()):
            _log.warning("workspace_not_measured", reason=str(problem))

    # History

    async def history(self, workspace: Path) -> Sequence[Entry]:
        """What was done in a workspace, oldest first, as far as it is kept."""
        return [each for each in await asyncio.to_thread(entries_in, self.history_of(workspace)) if each.steps]

    async def newest(self, most: int, *, person: str = "") -> list[tuple[str, Entry]]:
        """The newest entries of all workspaces, each with the workspace's name; of one `person` unless it is empty."""
        return await asyncio.to_thread(self._newest, most, person)

    def _newest(self, most: int, person: str) -> list[tuple[str, Entry]]:
        found = [
            (place.name, each)
            for place in self._places()
            for each in entries_in(place)
            if each.steps and (not person or each.person == person)
        ]
        return sorted(found, key=lambda pair: (pair[1].at, pair[1].number), reverse=True)[:most]

    async def undo(
        self,
        workspace: Path,
        which: int | past.Which = 1,
        about: About | None = None,
        *,
        force: bool = False,
        call_id: UUID | None = None,
    ) -> past.Undone:
        """Take back the last so many changes, or those that are chosen, newest first; of one `call_id` only once."""
        chosen = past.Which(count=which) if isinstance(which, int) else which
        entry = self._entry(self._root, call_id or uuid4(), about or About())
        place = self.history_of(workspace)
        undone = await asyncio.shield(asyncio.to_thread(past.undo, place, workspace, chosen, entry, force=force))
        for person in {entry.person, *(each.person for each in undone.entries)}:
            self._held_bytes.pop(person, None)
        return undone

    async def difference(self, workspace: Path, *numbers: int) -> str:
        """What these entries changed in text files, taken together; empty when they are not there any more."""
        return await asyncio.to_thread(past.difference_of, self.history_of(workspace), workspace, numbers)

    # Space and age

    def sweep(self, remove: Callable[..., None], *what: Path) -> None:
        """Remove it in a thread of our own; what is not removed before we die, `recover` removes."""
        self._sweeper.submit(remove, *what)

    def swept(self) -> None:
        """Wait until all is removed that is to be removed. Blocks."""
        self._sweeper.submit(int).result()

    def told(self, entry: Entry) -> None:
        """Note what an entry keeps, and forget the oldest of its person's when that is too much now."""
        self._count(entry.person, entry.kept_bytes)
        if self._held_bytes.get(entry.person, 0) > self._keeping.bytes_of_person:
            self._trim(entry.person, entry.folder.parent)

    def _count(self, person: str, change: int) -> None:
        if person not in self._held_bytes:
            self._held_bytes[person] = sum(each.kept_bytes for each in self._of(person))
        else:
            self._held_bytes[person] += change

    def _trim(self, person: str, own: Path) -> None:
        """Forget the oldest entries of a person until what is kept is little enough; `own` is locked by us already."""
        entries = sorted(self._of(person), key=lambda each: each.at)
        total = sum(each.kept_bytes for each in entries)
        for each in entries:
            if total <= self._keeping.bytes_of_person:
                break
            place = each.folder.parent
            held = None if place == own else hold(place / ".lock", waits=False)
            if each.kept_bytes and each.state is EntryState.MERGED and (held or place == own):
                total -= each.kept_bytes
                each.forget()
            if held:
                held.let_go()
        self._held_bytes[person] = total

    def clean(self, before: float) -> int:
        """Forget what is older than that time, what is too many, and whose workspace is gone; how many. Blocks."""
        count = 0
        for place in self._places():
            with locked(place):
                is_gone = not self.workspace(place.name).is_dir()
                entries = [each for each in entries_in(place) if is_gone or each.state in ENDED]
                old = [each for each in entries if is_gone or datetime.fromisoformat(each.at).timestamp() < before]
                for each in {each.folder: each for each in (*old, *entries[:-MAX_ENTRIES])}.values():
                    each.forget()
                    count += 1
                if is_gone:
                    remove_tree(place)
        self._held_bytes.clear()
        return count

    def clean_parked(self, before: float, waiting: Collection[UUID]) -> int:
        """Remove layers that were parked before that time and for none of the calls that wait; how many. Blocks."""
        return forget_parked(self._places(), before, waiting)

    def _of(self, person: str) -> list[Entry]:
        return [each for place in self._places() for each in entries_in(place) if each.person == person]

    def _places(self) -> list[Path]:
        try:
            return sorted(each for each in self._root.iterdir() if each.is_dir() and not each.name.startswith("."))
        except FileNotFoundError:
            return []

    # After a crash

    def recover(self) -> int:
        """Finish or throw away what a gateway that died left behind; how many entries. Blocks.

        A merge or an undo that had begun is finished; a layer whose call was running is thrown away.
        """
        count = 0
        for place in self._places():
            with locked(place):
                for left in place.glob(f"{GONE}*"):
                    remove_entry(left)
                for name in names_in(place):
                    count += self._recovered(place / name, self.workspace(place.name))
        return count

    def _recovered(self, folder: Path, workspace: Path) -> bool:
        entry = read(folder)
        if entry and entry.state in {*ENDED, EntryState.PARKED}:
            if entry.state in ENDED and not entry.is_cleared:
                entry.clear()
            return False
        held = hold(folder / ALIVE, waits=False)
        if held is None:
            return False  # another gateway is at work on it
        try:
            self._settle(entry or Entry(folder=folder, call=UUID(int=0)), workspace)
        except OSError as problem:
            _log.warning("layer_not_recovered", folder=str(folder), reason=str(problem))
            return False
        finally:
            held.let_go()
        return True

    def _settle(self, entry: Entry, workspace: Path) -> None:
        """Put one entry right that was left in the middle of something."""
        if not workspace.is_dir() or (entry.state is EntryState.OPEN and entry.kind is not EntryKind.COPY):
            entry.forget()
        elif entry.state is EntryState.WRITING:
            for unfinished in (workspace / entry.steps[0].of).parent.glob(".nexora-*.tmp"):
                unfinished.unlink(missing_ok=True)
            settle_written(entry, workspace)
        elif entry.state is EntryState.OPEN:
            layer = Layer(entry, workspace, None, self._keeping.bytes_of_person, self)
            layer.settle()
        elif entry.undoes:
            past.settle(entry, workspace)
        else:
            complete(entry, workspace).clear()
