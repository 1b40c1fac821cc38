"""The options and plain arguments of a program that stands in the table, read as the program itself would read them."""

import re
from collections.abc import Sequence

from governance.shell.places import judge_names, judge_read, judge_write
from governance.shell.programs import Program, Takes
from governance.shell.scope import HOME, UNKNOWN, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk


def judge_by_table(name: str, program: Program, words: Sequence[Word], shell: Judging) -> None:
    """Judge a program's arguments by its line in the table."""
    reading = _Reading(name, program, shell)
    at = 0
    plain_only = False
    while at < len(words):
        word = words[at]
        text = word.text
        following = words[at + 1] if at + 1 < len(words) else None
        if text == "--" and not plain_only:
            plain_only = True
        elif plain_only or text == "-" or not text.startswith("-"):
            reading.plain.append(word)
        elif text.startswith("--"):
            at += reading.long(text, following)
        else:
            at += reading.short(text, following)
        at += 1
    reading.finish()


def judge_outputs(name: str, words: Sequence[Word], shell: Judging) -> None:
    """What most programs write to by the options that most programs have for it."""
    for at, word in enumerate(words):
        option, _, value = word.text.partition("=")
        attached = re.fullmatch(r"-o(/.+|~.*|\.\..*)", word.text)
        if attached:
            judge_write(attached[1], shell.scope, shell.around, shell.findings, clip(name))
        elif option in _OUTPUTS:
            target = value or (words[at + 1].text if at + 1 < len(words) else "")
            if target and not target.startswith("-"):
                judge_write(target, shell.scope, shell.around, shell.findings, clip(name))


_OUTPUTS = frozenset(
    {"--dest", "--destination", "--log-file", "--out", "--out-dir", "--outDir", "--outfile", "--output", "--output-dir",
     "--output-file", "--outputDir", "--target-dir", "--prefix", "--target", "-D", "-o",
     "--install-dir", "--modules-folder", "--root"},
)  # fmt: skip


class _Reading:
    """The state of reading one program's arguments."""

    def __init__(self, name: str, program: Program, shell: Judging) -> None:
        self.name = name
        self.program = program
        self.shell = shell
        self.plain: list[Word] = []
        self.has_pattern = False
        self.has_target = False

    def long(self, text: str, following: Word | None) -> int:
        """Judge a long option; returns how many further words it takes."""
        option, _, value = text.partition("=")
        if self._names(option, self.program.asks):
            self._ask(text)
        self.has_pattern = self.has_pattern or option in self.program.patterns_by
        for names, judge in ((self.program.writes, self._write), (self.program.reads, self._read)):
            if self._names(option, names, len("--x") if names is self.program.writes else len("--xxx")):
                if "=" in text:
                    judge(value)
                    return 0
                if following is not None:
                    judge(following.text)
                return 1
        if value.startswith(("/", HOME, "..")):
            self._read(value)
        elif UNKNOWN in text and self.program.takes is not Takes.DATA:
            self._ask_unknown(text)
        return 0

    def short(self, text: str, following: Word | None) -> int:
        """Judge a bundle of short options; returns how many further words it takes."""
        program = self.program
        if text in program.asks:
            self._ask(text)
        if program.numeric_dash and text[1:].isdigit():
            return 0
        for index, letter in enumerate(text[1:], start=1):
            if letter in program.asks:
                self._ask(text)
            self.has_pattern = self.has_pattern or letter in program.patterns_by
            attached = text[index + 1 :]
            judge = self._write if letter in program.writes else self._read if letter in program.reads else None
            if judge is not None or letter in program.valued:
                value = attached or (following.text if following is not None else "")
                if judge is not None and value:
                    judge(value)
                return 0 if attached else 1
            if letter in {"/", UNKNOWN} and program.takes is not Takes.DATA:
                self._read(text[index:]) if letter == "/" else self._ask_unknown(text)
                return 0
        return 0

    def finish(self) -> None:
        """Judge the plain arguments, now that every option is known."""
        takes = self.program.takes
        if takes is Takes.DATA:
            changing = [word for word in self.plain if not word.text.startswith("+")]
            if self.program.plain_asks and changing:
                said = why("shell.changes_system", shown=clip(f"{self.name} {changing[0].text}"))
                self.shell.findings.ask(said, Risk.HIGH)
            if self.shell.around.contained and self.name == "set":
                judge_names(self.plain, self.shell.scope, self.shell.around, self.shell.findings, clip(self.name))
            return
        skipped = 0 if self.has_pattern else self.program.patterns
        if any(word.text.startswith(UNKNOWN) for word in self.plain[:skipped]):
            self._ask_unknown(self.plain[0].text)
        files = self.plain[skipped:]
        for index, word in enumerate(files):
            last = index == len(files) - 1 and index > 0 and not self.has_target
            writes = takes is Takes.WRITES or (takes is Takes.COPIES and last) or index == self.program.outputs
            if writes:
                self._write(word.text)
            elif takes is not Takes.BUILDS or self._leads_out(word.text):
                self._read(word.text)

    @staticmethod
    def _leads_out(text: str) -> bool:
        value = text.partition("=")[2] or text
        return value.startswith(("/", HOME, "..")) or UNKNOWN in text or "/../" in text

    @staticmethod
    def _names(option: str, names: frozenset[str], shortest: int = len("--xxx")) -> bool:
        """Whether a long option is one of these, also when abbreviated as GNU programs allow."""
        return option in names or (len(option) >= shortest and any(name.startswith(option) for name in names))

    def _is_tame(self, option: str) -> bool:
        """Whether what an option does stays inside the sandbox with everything else."""
        name = option.partition("=")[0]
        if self._names(name, self.program.lets_out) or name.lstrip("-") in self.program.lets_out:
            return False
        return name.startswith("--") or not any(letter in self.program.lets_out for letter in option[1:])

    def _read(self, path: str) -> None:
        value = path.partition("=")[2] if self.program.takes is Takes.BUILDS and "=" in path else path
        if value != "-":
            judge_read(value, self.shell.scope, self.shell.around, self.shell.findings, clip(self.name))

    def _write(self, path: str) -> None:
        self.has_target = self.has_target or self.program.takes is Takes.COPIES
        if path != "-":
            judge_write(path, self.shell.scope, self.shell.around, self.shell.findings, clip(self.name))

    def _ask(self, option: str) -> None:
        asks = self.shell.findings.unsure if self._is_tame(option) else self.shell.findings.ask
        asks(why("shell.option_runs", shown=clip(f"{self.name} {option}")), Risk.HIGH)

    def _ask_unknown(self, text: str) -> None:
        self.shell.findings.unsure(why("shell.unknown_argument", shown=clip(f"{self.name} {text}")))
