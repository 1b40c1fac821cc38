"""`find`: where it looks, for what, and what it does with every file that it finds."""

import posixpath
import re
from collections.abc import Sequence
from itertools import pairwise

from governance.shell.places import judge_read, judge_write, resolved
from governance.shell.scope import HOME, UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.secret_names import is_secret
from governance.values.verdicts import Risk

_NAMES = frozenset({"-name", "-iname", "-path", "-ipath", "-wholename"})
_NARROWS = frozenset({"-atime", "-cmin", "-ctime", "-empty", "-iregex", "-mmin", "-mtime", "-newer", "-regex", "-size"})
_SETUID = re.compile(r"[-/]?(?:[2467]000|[ug]\+?=?s|u=s,g=s|[2467]\d{3})")
_SECRET_NAMES = re.compile(
    r"(?:.*\.)?(?:pem|key|p12|pfx|kdbx?|ppk|keystore|jks|ovpn)|.*(?:id_[rde]|\.env|passw|shadow|secret|credential|token|wallet"
    r"|history|\.ssh|\.aws|authorized_keys).*",
    re.IGNORECASE,
)
"""What credentials are called; looked for outside the workspace, it is they that are looked for."""


def judge_find(words: Sequence[Word], _: Input, shell: Judging) -> None:
    """Judge where it looks and what it does."""
    starts = True
    at = 1
    while at < len(words):
        text = words[at].text
        starts = starts and (not text.startswith(("-", "(", "!", "\\")) or text in {"-H", "-L", "-P"})
        if starts and not text.startswith("-"):
            judge_read(words[at], shell.scope, shell.around, shell.findings, clip("find"))
        elif UNKNOWN in text and text.startswith(UNKNOWN):
            shell.findings.unsure(why("shell.unknown_argument", shown=clip("find")))
        if starts and "/" in resolved(text, shell.scope):
            shell.findings.unsure(why("shell.find_everywhere"))
        if at + 1 < len(words):
            _sought(words, text, words[at + 1].text, shell)
        if text in {"-exec", "-execdir", "-ok", "-okdir"}:
            at = _executes(words, at, shell)
        elif text == "-delete":
            _removes(words, shell)
        elif text in {"-fprint", "-fprint0", "-fls", "-fprintf"} and at + 1 < len(words):
            judge_write(words[at + 1], shell.scope, shell.around, shell.findings, clip("find " + text))
        elif text == "-files0-from":
            shell.findings.unsure(why("shell.find_told"))
        at += 1


def _sought(words: Sequence[Word], test: str, value: str, shell: Judging) -> None:
    """Looking for files of secrets, or for what runs with another user's rights, asks by itself."""
    shown = clip(f"find {test} {value}")
    if test in _NAMES and _for_secrets(words, value):
        shell.findings.ask(why("shell.finds_secrets", shown=shown), Risk.HIGH)
    if test == "-perm" and _SETUID.fullmatch(value) and shell.around.contained:
        shell.findings.ask(why("shell.finds_setuid", shown=shown), Risk.HIGH)


def _for_secrets(words: Sequence[Word], name: str) -> bool:
    away = any(start.text.startswith(("/", HOME, "..")) for start in _starts(words))
    return is_secret("/" + name) or (away and _SECRET_NAMES.fullmatch(name.strip("*")) is not None)


def _executes(words: Sequence[Word], at: int, shell: Judging) -> int:
    end = next((i for i in range(at + 1, len(words)) if words[i].text in {";", "+"}), len(words))
    tail = words[at + 1 : end]
    shown = clip(f"find {words[at].text} " + " ".join(word.text for word in tail))
    risky = {"rm", "sh", "bash", "chmod", "mv", "shred", "curl", "dd"} & {posixpath.basename(w.text) for w in tail}
    shell.findings.unsure(why("shell.runs_for_each", shown=shown), Risk.HIGH if risky else Risk.MEDIUM)
    if tail:
        if posixpath.basename(tail[0].text) in {"rm", "shred", "unlink"}:
            _removes(words, shell)
        shell.run(_filled(tail, words), Input())
    return end


def _removes(words: Sequence[Word], shell: Judging) -> None:
    """What `find` would remove can be had back in the workspace; with nothing to narrow it down it still asks."""
    starts = _starts(words)
    narrowed = any(word.text in _NAMES or word.text in _NARROWS for word in words)
    said = why("shell.find_removes", shown=clip(" ".join(word.text for word in words)))
    name = _named(words)
    for start in starts:
        judge_write(start, shell.scope, shell.around, shell.findings, clip("find"))
        if name != UNKNOWN:
            shell.run([Word(text="rm"), Word(text="-r"), Word(text=f"{start.text.rstrip('/')}/{name}")], Input())
    whole = {shell.around.workspace} & {path for start in starts for path in resolved(start.text, shell.scope)}
    history = any(re.fullmatch(r"(?:\./)?\.git(?:/.*)?", start.text) for start in starts)
    if (
        history
        or (whole and not narrowed)
        or (shell.around.contained and any(start.text.startswith(HOME) for start in starts))
    ):
        shell.findings.ask(said, Risk.HIGH, inside=True)
    else:
        shell.findings.loses(said, Risk.HIGH)


def _starts(words: Sequence[Word]) -> list[Word]:
    starts: list[Word] = []
    for word in words[1:]:
        if word.text.startswith(("-", "(", "!", "\\")) and word.text not in {"-H", "-L", "-P"}:
            break
        if not word.text.startswith("-"):
            starts.append(word)
    return starts or [Word(text=".")]


def _filled(tail: Sequence[Word], words: Sequence[Word]) -> list[Word]:
    """What is run, with the folder that is searched, and what is looked for, where `find` puts a name."""
    found = f"{_starts(words)[0].text.rstrip('/')}/{_named(words)}"
    return [Word(text=found, glob=True) if word.text == "{}" else word for word in tail]


def _named(words: Sequence[Word]) -> str:
    """The name that is looked for, where one name is all there is to find."""
    names = [after.text for word, after in pairwise(words) if word.text == "-name"]
    is_one = len(names) == 1 and not any(word.text in {"!", "-not", "-o", "-or"} for word in words)
    return names[0] if is_one and not set("*?[/") & set(names[0]) and UNKNOWN not in names[0] else UNKNOWN
