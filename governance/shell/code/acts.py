"""What code is found to do, handed to the judges of commands and files in their own words."""

import posixpath
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from governance.shell.places import judge_read, judge_write
from governance.shell.planting import judge_hooks
from governance.shell.scope import HOME, UNKNOWN, Findings, Input, Scope, ShellSurroundings, Word, clip
from governance.values.reasons import why
from governance.values.secret_names import is_secret
from governance.values.verdicts import Risk

MAX_ACTS = 300
MAX_PATH = 500

Judge = Callable[[str], None]
"""Judges a text as a command."""

_PLACE = re.compile(r"(?:/|~|\.{1,2}/|[A-Za-z0-9_.-]+/)[^\n\0]*")


@dataclass(slots=True, kw_only=True)
class Acts:
    """Collects what one piece of code does, each thing once; more than `left` things are not read and ask.

    `judge` judges a whole command and keeps every finding, `probe` only what nobody can approve. `depth` counts code
    inside code, `ends` are the hosts and ports elsewhere to which it connects.
    """

    name: str
    scope: Scope
    around: ShellSurroundings
    findings: Findings
    judge: Judge
    probe: Judge
    code: str = ""
    left: int = MAX_ACTS
    depth: int = 0
    seen: set[tuple[str, str]] = field(default_factory=set)
    ends: set[tuple[str, str]] = field(default_factory=set)

    def _new(self, kind: str, what: str) -> bool:
        key = (kind, what)
        if key in self.seen or self.left <= 0:
            return False
        self.seen.add(key)
        self.left -= 1
        if self.left == 0:
            self.findings.ask(why("elsewhere.long", part=clip(self.name)), Risk.HIGH)
        return self.left > 0

    def runs(self, command: str) -> None:
        """The code runs this text by a shell; what is unknown within stands as UNKNOWN."""
        text = command.replace(HOME, "~")
        if text.strip(UNKNOWN + " \n") and self._new("run", text):
            self.judge(text)

    def runs_words(self, words: Sequence[str]) -> None:
        """The code runs these words as one program with its arguments."""
        if words and words[0].strip(UNKNOWN):
            self.runs(" ".join(map(_quoted, words)))

    def reads(self, path: str) -> None:
        """The code reads this file or folder."""
        if self._is_place(path) and self._new("read", path):
            judge_read(_whole(path), self.scope, self.around, self.findings, clip(self.name))

    def writes(self, path: str) -> None:
        """The code writes this file or makes this folder."""
        if self._is_place(path) and self._new("write", path):
            judge_write(_whole(path), self.scope, self.around, self.findings, clip(self.name))
            judge_hooks(path, self.code, self.findings, clip(self.name))

    def removes(self, path: str, *, tree: bool) -> None:
        """The code removes this file, or everything below it."""
        if not self._is_place(path):
            return
        words = ["rm", *(["-rf"] if tree else []), path]
        if path.startswith(("/", "~")) and path != HOME and not path.startswith(HOME + "/"):
            self.writes(path)
            self.probe(" ".join(map(_quoted, words)).replace(HOME, "~"))
        else:
            self.runs_words(words)

    def mentions(self, text: str) -> None:
        """The code holds this text; asks where it is the name of a place of secrets or of the gateway's own."""
        if len(text) > MAX_PATH or not _PLACE.fullmatch(text) or any(mark in text for mark in "*?[<>|"):
            return
        path = HOME + text[1:] if text.startswith("~") else text
        own = any((path.rstrip("/") + "/").startswith(one.rstrip("/") + "/") for one in self.around.protected)
        if own or is_secret(posixpath.normpath(path)):
            self.reads(path)

    def asks(self, word: str, part: str, *, network: bool = False, elsewhere: bool = False) -> None:
        """A person must decide for this reason (a name of `elsewhere_words`), which is about this part of the code."""
        if self._new(word, part):
            said = why(word, part=clip(part))
            self.findings.ask(said, Risk.HIGH, network=network, elsewhere=elsewhere)

    def text(self, command: str, *, has_arguments: bool = False) -> None:  # noqa: ARG002  # as `Judging` has it
        """Judge a text as the script of a shell, for rules that are shared with commands."""
        self.runs(command)

    def here(self, command: str) -> None:
        """As `text`."""
        self.runs(command)

    def run(self, words: Sequence[Word], given: Input) -> None:  # noqa: ARG002  # as `Judging` has it
        """Judge these words as a command."""
        self.runs_words([word.text for word in words])

    def weigh(self, text: str) -> None:
        """Judge a text that may be a command or none; of that only what nobody can approve is kept."""
        self.probe(text)

    def harmless(self, command: str) -> bool:  # noqa: ARG002  # as `Judging` has it
        """Nothing that code says is known to be."""
        return False

    @staticmethod
    def _is_place(path: str) -> bool:
        return bool(path) and not path.startswith(UNKNOWN) and len(path) <= MAX_PATH and "://" not in path


def _whole(path: str) -> str:
    """A path of which a part is unknown, with something in its place: the folders before it are what matters."""
    return path.replace(UNKNOWN, "x") if UNKNOWN in path else path


def _quoted(word: str) -> str:
    if word.startswith("~"):
        return "~" + (_quoted(word[1:]) if word[1:] else "")
    if word.startswith(HOME):
        return "~" + (_quoted(word[len(HOME) :]) if word[len(HOME) :] else "")
    if UNKNOWN not in word:
        return shlex.quote(word)
    return '"' + re.sub(r'([$"`\\])', r"\\\1", word) + '"'
