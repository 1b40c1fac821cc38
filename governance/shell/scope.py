"""What is known while a command is read: variables, where it may stand, and what it has been found to do."""

import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from governance.values.reasons import Why
from governance.values.verdicts import Ask, Refused, Risk

UNKNOWN = "\0"
"""Stands for text that only the run would tell; a command itself can never contain it."""

HOME = "/~"
"""Stands for the home folder, wherever that is."""

MAX_PLACES = 6

Listed = Callable[[str, int, str], bool]
"""Whether the settings list a host (plain notation), port and method, so that nobody need be asked about it."""


def nobody_listed(_host: str, _port: int, _method: str) -> bool:
    """The list of an agent that has none."""
    return False


Contents = Callable[[str], str | None]
"""What a file of the workspace holds, by its whole path; None where that cannot be told."""


def nothing_read(_path: str) -> str | None:
    """The contents of files where nobody may look at them."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellSurroundings:
    """What a command is judged against: its folder, what belongs to the gateway, and the gateway's own ports.

    `contained`: it will run in the sandbox, which holds the workspace, a /tmp of its own, no credentials and, unless
    `network`, no network; the home folder is the workspace there. `undoable`: what it changes in the workspace can be
    taken back. `registries` are the hosts from which packages may be taken like from a known registry, and `contents`
    tells what the files of the workspace hold.
    """

    workspace: str
    protected: tuple[str, ...] = ()
    ports: frozenset[int] = frozenset({8088})
    contained: bool = False
    network: bool = False
    undoable: bool = False
    registries: Listed = nobody_listed
    contents: Contents = nothing_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One argument after expansion. `glob` holds when file names may replace it, `expanded` when a value went in.

    `carries` holds when the value is what a program printed, which is known only at the run; `composed` when a value is
    only a part of it; `printed` when some of it is what a program prints.
    """

    text: str
    glob: bool = False
    expanded: bool = False
    carries: bool = False
    composed: bool = False
    printed: bool = False

    @property
    def known(self) -> bool:
        """Whether all of it is known before the run."""
        return UNKNOWN not in self.text


@dataclass(slots=True, kw_only=True)
class Scope:
    """The state of one shell. A subshell works on a copy.

    `places` are the folders it may stand in, None when that is not known. `in_function` holds inside a function's
    body, which runs later, when variables may have other values. `arrived` is where the last `cd` led if it worked;
    `streams` what the process substitutions print that it may read, and `feeding` by which programs, by their paths;
    `carrying` the variables that hold what a program printed.
    """

    places: frozenset[str] | None
    variables: dict[str, str] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()
    in_function: bool = False
    has_arguments: bool = False
    arrived: frozenset[str] | None = None
    streams: dict[str, str] = field(default_factory=dict)
    feeding: dict[str, tuple[str, ...]] = field(default_factory=dict)
    carrying: frozenset[str] = frozenset()

    def copy(self) -> "Scope":
        """The state that a subshell starts with."""
        return replace(self, variables=dict(self.variables))

    def value(self, name: str) -> str:
        """What a variable holds, UNKNOWN when only the run would tell."""
        if name == "HOME" and name not in self.variables:
            return HOME
        if name == "PWD" and name not in self.variables:
            return next(iter(self.places)) if self.places and len(self.places) == 1 else UNKNOWN
        if name == "IFS":
            return self.variables.get(name, " \t\n")
        return UNKNOWN if self.in_function else self.variables.get(name, UNKNOWN)

    def forget(self, names: Iterable[str]) -> None:
        """From here on these may hold anything."""
        for name in names:
            self.variables[name] = UNKNOWN

    def step_into(self, target: str) -> None:
        """Follow a `cd`, which may fail: afterwards the shell stands in the new place or still in the old one."""
        if self.places is None or UNKNOWN in target or target == "-":
            self.places = self.arrived = None
            return
        reached = {posixpath.normpath(posixpath.join(place, target)) for place in self.places}
        self.arrived = frozenset(reached)
        self.places = self.places | reached if len(self.places | reached) <= MAX_PLACES else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The words of one simple command, or the file that one reads, and the folders from which they are looked up."""

    places: frozenset[str] | None
    words: tuple[Word, ...]
    is_input: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A machine that a program seems to speak to: `program` as shown, the host in plain notation, and how."""

    program: str
    host: str
    port: int
    method: str = "GET"


@dataclass(slots=True, kw_only=True)
class Findings:
    """What has been found, strictest last to win. `work_left` bounds the effort that one command may cause.

    `named` are the words of every command inside, in which files may be named; `contacts` the machines that programs
    seem to speak to, `arrived` the files that came from one or out of a decoder, and `written` the texts that the
    command itself has put into files, by their paths; `overwritten` are those into which it has put what nobody knows.
    `contained` and `undoable` are those of the surroundings.
    """

    verdicts: list[Ask | Refused] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)
    written: dict[str, str] = field(default_factory=dict)
    overwritten: set[str] = field(default_factory=set)
    work_left: int = 2_000
    contained: bool = False
    undoable: bool = False

    def ask(
        self,
        reason: Why,
        risk: Risk = Risk.MEDIUM,
        *,
        network: bool = False,
        inside: bool = False,
        elsewhere: bool = False,
    ) -> None:
        """A person must decide. The marks are those of `Ask`."""
        self.verdicts.append(
            Ask(because=reason, risk=risk, network=network, inside=inside, elsewhere=elsewhere),
        )

    def unsure(self, reason: Why, risk: Risk = Risk.MEDIUM, *, network: bool = False) -> None:
        """A person must decide where nothing contains it; inside the sandbox it is free, whatever it does there."""
        if not self.contained:
            self.ask(reason, risk, network=network)

    def loses(self, reason: Why, risk: Risk = Risk.MEDIUM) -> None:
        """A person must decide, unless what is lost in the workspace can be had back."""
        if not (self.contained and self.undoable):
            self.ask(reason, risk, inside=True)

    def refuse(self, reason: Why) -> None:
        """Nobody may approve it."""
        self.verdicts.append(Refused(because=reason))

    def marked(self, question: Ask) -> Ask:
        """The one question that stands for all, with the marks of some of them, and `inside` where every one has it."""
        asks = [verdict for verdict in self.verdicts if isinstance(verdict, Ask)]
        return replace(
            question,
            network=any(ask.network for ask in asks),
            inside=all(ask.inside for ask in asks),
            elsewhere=any(ask.elsewhere for ask in asks),
        )

    @property
    def refusals(self) -> list[Refused]:
        """Those that nobody can approve."""
        return [verdict for verdict in self.verdicts if isinstance(verdict, Refused)]


def clip(text: str, length: int = 60) -> str:
    """The text as a sentence may quote it: one line, in backquotes, not too long."""
    flat = " ".join(text[: 4 * length].replace(UNKNOWN, "…").replace(HOME, "~").replace("`", "'").split())
    return f"`{flat if len(flat) <= length else flat[: length - 1] + '…'}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What a command reads: its text where that is known, the programs of the pipeline before it, or the file."""

    text: str = UNKNOWN
    fed_by: tuple[str, ...] = ()
    given: bool = False
    source: str = ""


class Judging(Protocol):
    """What a rule may ask of the one who reads the whole command."""

    scope: Scope
    around: ShellSurroundings
    findings: Findings

    def run(self, words: Sequence[Word], given: Input) -> None:
        """Judge these words as a command of their own, such as the one behind `timeout 5`."""

    def text(self, command: str, *, has_arguments: bool = False) -> None:
        """Judge a text as the script of another shell, which may have been given arguments."""

    def here(self, command: str) -> None:
        """Judge a text that this very shell runs, as `eval` does; what it sets and where it goes stays so."""

    def weigh(self, text: str) -> None:
        """Judge a text that may be a command or none; that it is none is not kept."""

    def harmless(self, command: str) -> bool:
        """Whether a text is known to be harmless wherever it runs."""

    def probe(self, text: str) -> None:
        """Judge a text as a command, and keep only what nobody can approve."""
