"""Walks a folder, has its files searched by workers, and puts together what they find, in the order of the walk.

Started as `python -I -S -B -c BOOT folder plan` in a process group of its own, so that all of it can be ended at once.
It prints one JSON object, and ends by itself when its time is over.
"""

import dataclasses
import json
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap
from typing import Any

from agents.files.searching.globs import Glob
from agents.files.searching.walking import Passed, walk
from agents.files.searching.worker import LINE_SECONDS, Done, Unit, Worker, beat_of, receive, send

BOOT = "import sys;sys.path.insert(0,sys.argv[1]);from agents.files.searching.crew import main;main(sys.argv[2])"
MOST_WORKERS = 4
UNIT_FILES = 250
NAMED = 5
"""So many paths of a kind are named; the others are counted."""
_GRACE_SECONDS = 8.0
"""So long a worker may be kept from the processor by others before it is taken for stuck."""
_TICK_SECONDS = 0.2


@dataclass(slots=True, kw_only=True)
class Report:
    """What a search found and what it passed over, by paths from the folder that was searched.

    `files`, at most so many as were wanted, are lists `[path, count, lines]`. `is_late`: time was over with `left`
    files and `left_folders` folders not looked at. `unfit` files did not fit the glob.
    """

    files: list[list[Any]] = field(default_factory=list)
    hits: int = 0
    hit_files: int = 0
    searched: int = 0
    binary: int = 0
    closed: int = 0
    unfit: int = 0
    stuck: list[list[Any]] = field(default_factory=list)
    stuck_files: int = 0
    secret: list[str] = field(default_factory=list)
    secret_files: int = 0
    parted: list[str] = field(default_factory=list)
    heavy: list[str] = field(default_factory=list)
    heavy_folders: int = 0
    links: int = 0
    others: int = 0
    deep: int = 0
    is_late: bool = False
    left: int = 0
    left_folders: int = 0


@dataclass(slots=True)
class _Hand:
    """A worker's process, and the unit that it is at."""

    process: int
    tasks: int
    results: int
    shared: mmap
    unit: Unit | None = None
    beat: tuple[int, int] = (0, 0)
    since: float = 0.0


class Crew:
    """One search. `wanted` is the plan: `folder` or `file`, what is sought, how much is kept, and for how long."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self._wanted = wanted
        self._until = time.monotonic() + wanted["seconds"]
        self._most = min(MOST_WORKERS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
        self._hands: list[_Hand] = []
        self._waiting: deque[Unit] = deque()
        self._done: dict[int, Done] = {}
        self._next = 0
        self._passed = Passed()
        self._report = Report()
        self._kept = 0

    def run(self) -> Report:
        """Search until all is searched or the time is over."""
        units = self._units()
        try:
            while time.monotonic() < self._until:
                self._hand_out(units)
                busy = [hand for hand in self._hands if hand.unit]
                if not busy:
                    return self._ended(units)
                ready, _, _ = select.select([hand.results for hand in busy], [], [], _TICK_SECONDS)
                for hand in busy:
                    if hand.results in ready:
                        self._take(hand)
                    else:
                        self._watch(hand)
            self._report.is_late = True
            return self._ended(units)
        finally:
            for hand in list(self._hands):
                self._end(hand)

    def _units(self) -> Iterator[Unit]:
        if "file" in self._wanted:
            yield {"number": 0, "file": self._wanted["file"], "name": self._wanted["name"]}
            return
        glob = Glob(self._wanted["glob"]) if self._wanted["glob"] else None
        number, places, size = 0, [], 0
        for level in walk(self._wanted["folder"], self._passed, until=self._until):
            names = level.files
            if glob:
                above, base = level.place, f"{self._wanted['base']}{level.place}"
                names = [name for name in names if glob.fits(above + name) or glob.fits(base + name)]
                self._report.unfit += len(level.files) - len(names)
            while names:
                part, names = names[: UNIT_FILES - size], names[UNIT_FILES - size :]
                places.append([level.place, part])
                size += len(part)
                if size >= UNIT_FILES:
                    yield {"number": number, "places": places}
                    number, places, size = number + 1, [], 0
        if places:
            yield {"number": number, "places": places}

    def _hand_out(self, units: Iterator[Unit]) -> None:
        """Give every worker something to do, and begin more workers while there is more."""
        while True:
            while len(self._waiting) < self._most and (unit := next(units, None)):
                self._waiting.append(unit)
            if not self._waiting:
                return
            hand = next((hand for hand in self._hands if not hand.unit), None)
            if hand is None and len(self._hands) < self._most:
                hand = self._begin()
            if hand is None:
                return
            hand.unit, hand.since = self._waiting.popleft(), time.monotonic()
            send(
                hand.tasks, {**hand.unit, "hits": self._wanted["per_file"] if self._kept < self._wanted["most"] else 0}
            )

    def _begin(self) -> _Hand:
        shared = mmap(-1, 4096)
        (theirs, tasks), (results, told) = os.pipe(), os.pipe()
        process = os.fork()
        if not process:
            status = 1
            try:
                for each in (tasks, results, *(pipe for hand in self._hands for pipe in (hand.tasks, hand.results))):
                    os.close(each)
                Worker(self._wanted.get("folder", -1), self._wanted, shared).serve(theirs, told)
                status = 0
            finally:
                os._exit(status)  # whatever happened, it must not go on as its crew
        os.close(theirs)
        os.close(told)
        hand = _Hand(process, tasks, results, shared)
        self._hands.append(hand)
        return hand

    def _end(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        os.kill(hand.process, signal.SIGKILL)
        os.waitpid(hand.process, 0)
        os.close(hand.tasks)
        os.close(hand.results)
        hand.shared.close()

    def _take(self, hand: _Hand) -> None:
        try:
            done = Done(**receive(hand.results))
        except EOFError:
            self._give_up(hand)
            return
        unit, hand.unit = hand.unit, None
        if unit:
            before = self._done.setdefault(unit["number"], Done())
            before.stuck += done.stuck
            self._done[unit["number"]] = dataclasses.replace(done, stuck=before.stuck)
            self._go_on()

    def _watch(self, hand: _Hand) -> None:
        """End a worker that does not look up from one line."""
        beat, now = beat_of(hand.shared), time.monotonic()
        if beat != hand.beat:
            hand.beat, hand.since = beat, now
        elif now - hand.since > LINE_SECONDS + _GRACE_SECONDS:
            self._give_up(hand)

    def _give_up(self, hand: _Hand) -> None:
        """Have the unit searched again without the file that its worker was at."""
        unit, (place, _) = hand.unit, beat_of(hand.shared)
        self._end(hand)
        if unit is None:
            return
        names = [(at, name) for at, (_, names) in enumerate(unit.get("places", ())) for name in names]
        if "file" in unit or place >= len(names):
            self._stick(unit, unit.get("name", "?"))
            unit = {"number": unit["number"], "places": []}
        else:
            at, name = names[place]
            folder, inside = unit["places"][at]
            self._stick(unit, f"{folder}{name}")
            inside.remove(name)
        self._waiting.appendleft(unit)

    def _stick(self, unit: Unit, path: str) -> None:
        self._done.setdefault(unit["number"], Done()).stuck.append([path, 0])

    def _go_on(self) -> None:
        """Take up what is done of the units, one after another as they were walked."""
        held = {unit["number"] for unit in (*self._waiting, *(hand.unit for hand in self._hands if hand.unit))}
        while self._next in self._done and self._next not in held:
            self._add(self._done.pop(self._next))
            self._next += 1

    def _add(self, done: Done) -> None:
        report = self._report
        for each in done.hits:
            report.hits += each[1]
            report.hit_files += 1
            if self._kept < self._wanted["most"]:
                report.files.append(each)
                self._kept += min(each[1], self._wanted["per_file"]) if self._wanted["mode"] == "lines" else 1
        report.searched += done.searched
        report.binary += done.binary
        report.closed += done.closed
        report.stuck_files += len(done.stuck)
        report.secret_files += len(done.secret)
        report.stuck = (report.stuck + done.stuck)[:NAMED]
        report.secret = (report.secret + done.secret)[:NAMED]
        report.parted = (report.parted + done.parted)[:NAMED]

    def _ended(self, units: Iterator[Unit]) -> Report:
        """The report, with what was not reached."""
        report, passed = self._report, self._passed
        open_units = [*self._waiting, *(hand.unit for hand in self._hands if hand.unit)]
        report.left = sum(len(names) for unit in open_units for _, names in unit.get("places", ()))
        report.left += sum(1 for unit in open_units if "file" in unit)
        for number in sorted(self._done):
            self._add(self._done[number])
        if report.is_late and next(units, None):
            report.left_folders = 1
        report.is_late = report.is_late or passed.is_cut
        report.left_folders += passed.left
        report.closed += len(passed.closed)
        report.heavy, report.heavy_folders = passed.heavy[:NAMED], len(passed.heavy)
        report.links, report.others, report.deep = passed.links, passed.others, len(passed.deep)
        return report


def main(plan: str) -> None:
    """Search by a plan in JSON and print what was found."""
    report = Crew(json.loads(plan)).run()
    sys.stdout.write(json.dumps(dataclasses.asdict(report)))
    sys.stdout.flush()
