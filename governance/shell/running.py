"""Interpreters with what they are given: a line of code, a script, a text that another program prints."""

import re
from collections.abc import Sequence

from governance.reasons import why
from governance.shell.decoders import DECODERS
from governance.shell.interpreters import code_arguments, judge_code
from governance.shell.network import NETWORK
from governance.shell.options import judge_by_table
from governance.shell.places import has_arrived, judge_read
from governance.shell.programs import BUILDS, PYTHON_MODULES
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.verdicts import Risk

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
    script = next((text for text in texts if not text.startswith("-")), "")
    if script.startswith("/dev/fd/"):
        printed = shell.scope.streams.get(script, UNKNOWN)
        if UNKNOWN in printed:
            shell.findings.ask(why("shell.runs_printed", shown=shown), Risk.HIGH)
        else:
            judge_code(name, printed, shell.around, shell.findings, shell.probe, shell=shell)
    elif script and has_arrived(script, shell.scope, shell.findings):
        shell.findings.ask(why("shell.runs_arrived", shown=shown), Risk.HIGH)
