"""Runs the contract on mutants: it is collected once, and each mutant gets a fork that imports its adapter anew.

So a mutant costs its own tests alone and no file is ever changed: the flaw is put in while the module is read.
"""

import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from tests.contract.drivers import Place
from tests.mutants.flaws import NOTICED_BY, Edit, Flaw

LONGEST_SECONDS = 300
LATE = "TimeoutError"
"""In the report of a test that waited in vain, as it does on a busy machine."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """An adapter with one flaw."""

    kind: str
    flaw: Flaw
    edit: Edit


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mutant; `by` is the test that noticed it, empty where none did."""

    mutant: Mutant
    by: str
    seconds: float
    is_unclear: bool = False
    """The test that noticed it fails without it too."""

    @property
    def is_killed(self) -> bool:
        """Whether a test noticed it that passes without it."""
        return bool(self.by) and not self.is_unclear


class Mutating:
    """A plugin of pytest: instead of running what was collected, it runs the part for each mutant in a fork."""

    def __init__(self, mutants: Sequence[Mutant], tell: Callable[[Verdict], None], *, is_quick: bool) -> None:
        self._mutants = mutants
        self._tell = tell
        self._is_quick = is_quick
        self._failed: list[pytest.TestReport] = []
        self.verdicts: list[Verdict] = []
        self.unsound: dict[str, str] = {}
        """Channels whose contract fails without any flaw, and what failed."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Every mutant in its turn, of channels whose contract holds without any."""
        gc.collect()
        gc.freeze()
        for kind in dict.fromkeys(mutant.kind for mutant in self._mutants):
            own = [mutant for mutant in self._mutants if mutant.kind == kind]
            tests = [item for item in session.items if _kind_of(item) == kind]
            asked = (
                [item for item in tests if any(_ought(item, each.flaw) for each in own)] if self._is_quick else tests
            )
            if told := forked(lambda kind=kind, asked=asked: self._failing(session, asked, kind, None)):
                self.unsound[kind] = told
                continue
            for mutant in own:
                self.verdicts.append(self._judge(session, tests, mutant))
                self._tell(self.verdicts[-1])
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what failed."""
        if report.failed:
            self._failed.append(report)

    def _judge(self, session: pytest.Session, tests: Sequence[pytest.Item], mutant: Mutant) -> Verdict:
        """First the tests that ought to notice, then, unless quick, all others."""
        began = time.monotonic()
        first = [item for item in tests if _ought(item, mutant.flaw)]
        rest = [] if self._is_quick else [item for item in tests if item not in first]
        told = forked(lambda: self._failing(session, [*first, *rest], mutant.kind, mutant.edit))
        by, _, reason = told.partition("\n")
        again = [item for item in tests if item.name == by]
        is_unclear = LATE in reason and bool(forked(lambda: self._failing(session, again, mutant.kind, None)))
        return Verdict(mutant, by, time.monotonic() - began, is_unclear)

    def _failing(self, session: pytest.Session, items: Sequence[pytest.Item], kind: str, edit: Edit | None) -> str:
        """The name of the first that fails, and why; empty where all pass. In a fork, whose process it changes."""
        forget(kind)
        if edit is not None:
            sys.meta_path.insert(0, Finder(edit))
        try:
            for number, item in enumerate(items, 1):
                following = items[number] if number < len(items) else None
                session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._failed:
                    return f"{item.name}\n{self._failed[0].longreprtext}"
        finally:
            session.config.hook.pytest_sessionfinish(session=session, exitstatus=0)
        return ""


def _ought(item: pytest.Item, flaw: Flaw) -> bool:
    """Whether this test is there to notice it."""
    return any(words in item.name for words in NOTICED_BY[flaw].split(" or "))


def _kind_of(item: pytest.Item) -> str:
    """Whose contract a test is; empty for one of none."""
    params: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    place = params.get("stage")
    return place.kind if isinstance(place, Place) else ""


def forget(kind: str) -> None:
    """Have the adapter imported anew, and with it whoever holds something of it."""
    holders = ("tests.platforms", f"channels.{kind}", *(["gateway.web"] if kind == "console" else []))
    for name in list(sys.modules):
        if name.startswith(tuple(f"{holder}." for holder in holders)) or name in holders:
            del sys.modules[name]


def forked(work: Callable[[], str]) -> str:
    """What it returns in a process of its own; empty where that takes too long."""
    read, write = os.pipe()
    if not (process := os.fork()):
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(LONGEST_SECONDS)
        try:
            os.write(write, work().encode()[:60_000])
        except KeyboardInterrupt:  # too long, which proves nothing
            os._exit(0)
        except BaseException:  # noqa: BLE001 -- the border of this process
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8", errors="replace") as answer:
        told = answer.read()
    if os.waitpid(process, 0)[1]:
        raise RuntimeError("the process of a mutant broke")
    return told


def _too_long(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number, frame)


class Finder(MetaPathFinder):
    """Finds the one module that has the flaw."""

    def __init__(self, edit: Edit) -> None:
        self._edit = edit
        name = f"channels/{edit.file}".removesuffix(".py").removesuffix("/__init__")
        self._module = name.replace("/", ".")

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        """The module as it is, read with the flaw."""
        spec = PathFinder.find_spec(name, path) if name == self._module else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin, self._edit)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, edit: Edit) -> None:
        super().__init__(name, path)
        self._edit = edit

    def get_code(self, fullname: str) -> CodeType:
        sound = Path(self.path).read_text(encoding="utf-8")
        code = compile(self._edit.applied_to(sound), self.path, "exec")
        assert isinstance(code, CodeType)
        return code


def run(
    mutants: Sequence[Mutant], tests: Iterable[Path], tell: Callable[[Verdict], None], *, is_quick: bool
) -> Mutating:
    """Collect the tests once and judge each mutant."""
    kinds = {mutant.kind for mutant in mutants}
    if len(kinds) == 1:
        os.environ["NEXORA_TEST_CHANNEL"] = kinds.pop()
    mutating = Mutating(mutants, tell, is_quick=is_quick)
    quiet = ["-p", "no:terminal", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts="]
    pytest.main([*quiet, *map(str, tests)], plugins=[mutating])
    return mutating
