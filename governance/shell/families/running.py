"""Interpreters with what they are given: a line of code, a script, a text that another program prints."""

import re
from collections.abc import Sequence

from governance.shell.decoders import DECODERS
from governance.shell.families.interpreters import code_arguments, judge_code
from governance.shell.families.loading import judge_loaded
from governance.shell.network import NETWORK
from governance.shell.never import SHELLS
from governance.shell.options import judge_by_table
from governance.shell.places import has_arrived, judge_read, judge_write, resolved
from governance.shell.programs import BUILDS, PYTHON_MODULES
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_FEEDS_DATA = frozenset({"-c", "-e", "-m", "-E", "-pe", "-ne", "-p", "-n", "-r", "-R", "--eval", "--print"})
"""Options after which what comes in is data for the code, not code itself."""


def judge_python(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    """Python: its modules by what they are, everything else as any interpreter."""
    texts = [word.text for word in words[1:]]
    while texts and re.fullmatch(r"-[BEIOSsuvbqP]+|-X.*|-W.*", texts[0]):
        texts = texts[2:] if texts[0] in {"-X", "-W"} else texts[1:]
    if texts[:1] and texts[0] in {"--version", "-V", "-VV", "--help", "-h"}:
        return
    if texts[:1] == ["-m"] and len(texts) > 1:
        module, rest = texts[1], [Word(text=text) for text in texts[2:]]
        if module in PYTHON_MODULES:
            judge_by_table(module, BUILDS["pytest"], rest, shell)
            return
        if module == "http.server" and any(text in {"0.0.0.0", "::"} for text in texts) and shell.around.contained:  # noqa: S104  # what is looked for
            said = why("shell.sends", shown=clip(" ".join(word.text for word in words)))
            shell.findings.ask(said, Risk.HIGH, network=True)
        if module in {"pip", "uv"}:
            shell.run([Word(text=module), *rest], given)
            return
    judge_interpreter(name, words, given, shell)


def judge_interpreter(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    """Judge an interpreter by the code that it is given; its scripts are what the workspace holds."""
    texts = [word.text for word in words[1:]]
    if texts in (["--version"], ["-v"], ["-V"], ["--help"], ["-version"]):
        return
    codes = code_arguments(texts)
    for code in codes:
        judge_code(name, code, shell.around, shell.findings, shell.probe, shell=shell)
    if shell.around.contained:
        judge_loaded(name, texts, shell)
        _hidden(name, words, codes, given, shell)
        _edits(name, words, codes, given, shell)
    if given.given and (not texts or texts[0].startswith("-")) and not codes:
        _fed(name, texts, given, shell)
    shown = clip(" ".join([name, *texts]))
    streamed = any(text.startswith("/dev/fd/") for text in texts)
    shell.findings.unsure(why("shell.unread_code", shown=shown), Risk.HIGH if streamed else Risk.MEDIUM)
    if shell.around.contained and not codes:
        _script(name, texts, shown, shell)
    for word in words[1:]:
        if "/" in word.text and word.text not in codes and not word.text.startswith("-"):
            judge_read(word, shell.scope, shell.around, shell.findings, clip(name))


def _hidden(name: str, words: Sequence[Word], codes: Sequence[str], given: Input, shell: Judging) -> None:
    """Code that another program prints, commands behind the signs of editors, and files that are changed in place."""
    shown = clip(" ".join(word.text for word in words))
    if any(word.printed and word.text in codes for word in words):
        shell.findings.ask(why("shell.runs_printed", shown=shown), Risk.HIGH)
    if _ESCAPES_TO_SHELL.fullmatch(name):
        for text in [*codes, *(word.text for word in words[1:]), given.text if given.given else ""]:
            for found in _ESCAPE.findall(text)[:20]:
                shell.weigh(found)
    if re.match(r"perl|ruby", name) and any(re.match(r"-[a-zA-Z0-9]*i", word.text) for word in words[1:]):
        for word in words[1:]:
            if not word.text.startswith("-") and word.text not in codes:
                judge_write(word, shell.scope, shell.around, shell.findings, clip(name))


def _edits(name: str, words: Sequence[Word], codes: Sequence[str], given: Input, shell: Judging) -> None:
    """The file that a line editor is told to write; what it is told stands in its options or in its input."""
    told = [*codes, given.text if given.given else "", *(word.text for word in words[1:])]
    if not _LINE_EDITORS.fullmatch(name) or not any(map(_SAVES.search, told)):
        return
    for word in words[1:]:
        if not word.text.startswith(("-", "+")) and word.text not in codes:
            judge_write(word, shell.scope, shell.around, shell.findings, clip(name))


_LINE_EDITORS = re.compile(r"ed|ex|n?vim?")
_SAVES = re.compile(r"(?:^|[\n|:+%$\d,])(?:w|wq|wqa|wa|x|xa|up|update|write|ZZ)!?(?:[ \n|]|$)")
_ESCAPES_TO_SHELL = re.compile(
    r"n?vim?|ex|ed|gdb|lldb|expect|emacs|sqlite3|psql|mysql|gnuplot|less|more|man|m4|irb|octave"
)
_ESCAPE = re.compile(
    r"(?:^|[\s:;'\"(])(?:!{1,2}|shell\s+|spawn\s+|\.(?:shell|system)\s+|system\s*\(?[\"'])([^\n\"')]+)"
)


def _fed(name: str, texts: Sequence[str], given: Input, shell: Judging) -> None:
    shown = clip(" | ".join((*given.fed_by, name)))
    if any(one in NETWORK - {"git"} for one in given.fed_by):
        shell.findings.ask(why("shell.feeds_download", shown=shown), Risk.HIGH)
    elif any(one in DECODERS for one in given.fed_by):
        shell.findings.ask(why("shell.feeds_decoded", shown=shown), Risk.HIGH)
    elif given.fed_by:
        shell.findings.unsure(why("shell.feeds_pipeline", shown=shown), Risk.HIGH)
    if not shell.around.contained or not _FEEDS_DATA & set(texts):
        judge_code(name, given.text, shell.around, shell.findings, shell.probe, shell=shell)


def _script(name: str, texts: Sequence[str], shown: str, shell: Judging) -> None:
    """A script of the workspace is the workspace's own code, but for what has just arrived or comes from a stream."""
    plain = [text for text in texts if not text.startswith("-")]
    script = next(iter(plain), "")
    if any("://" in text for text in plain[:2]) and name in {"bun", "deno", "node", "tsx"}:
        shell.findings.ask(why("shell.feeds_download", shown=shown), Risk.HIGH, network=True)
    if script.startswith("/dev/fd/"):
        printed = shell.scope.streams.get(script, UNKNOWN)
        if UNKNOWN in printed:
            shell.findings.ask(why("shell.runs_printed", shown=shown), Risk.HIGH)
        else:
            judge_code(name, printed, shell.around, shell.findings, shell.probe, shell=shell)
    elif script:
        judge_script(name, script, shown, shell)


def judge_script(name: str, path: str, shown: str, shell: Judging) -> None:
    """A file that is about to run: what has just arrived asks, and what this command itself wrote is read."""
    if has_arrived(path, shell.scope, shell.findings):
        shell.findings.ask(why("shell.runs_arrived", shown=shown), Risk.HIGH)
    for text in {shell.findings.written[one] for one in resolved(path, shell.scope) if one in shell.findings.written}:
        if name in SHELLS and not re.match(r"#!.*(?:python|node|perl|ruby|php)", text):
            shell.text(text, has_arguments=True)
        else:
            judge_code(name, text, shell.around, shell.findings, shell.probe, shell=shell)
