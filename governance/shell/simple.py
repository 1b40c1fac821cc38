"""One simple command with its arguments resolved: which rule is for its program, and what is said where none is."""

import posixpath
import re
from collections.abc import Callable, Sequence

from governance.shell.arrivals import judge_arrivals, judge_cloned
from governance.shell.contacts import judge_speaking
from governance.shell.elsewhere import judge_elsewhere
from governance.shell.families.building import judge_build, judge_subcommands
from governance.shell.families.filetools import FILE_RULES
from governance.shell.families.git import judge_git, launched_by_git
from governance.shell.families.interpreters import INTERPRETERS
from governance.shell.families.running import judge_interpreter, judge_python, judge_script
from governance.shell.families.wrappers import judge_wrapper
from governance.shell.intent import judge_commands_given, judge_intent
from governance.shell.network import NETWORK
from governance.shell.never import never
from governance.shell.options import judge_by_table, judge_outputs
from governance.shell.places import judge_names, judge_read, judge_search
from governance.shell.programs import BUILDS, PROGRAMS, SUBCOMMANDS
from governance.shell.scope import HOME, Input, Judging, Named, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_BIN = re.compile(r"/(?:usr/)?(?:local/)?s?bin/([\w.+\[-]+)")
_LOCAL_BIN = re.compile(r"(?:\./)?(?:[\w.-]+/)*(?:node_modules/\.bin|\.?venv/bin|env/bin|vendor/bin)/([\w.-]+)")
_BUILD_SCRIPTS = frozenset({"./configure", "./gradlew", "./mvnw"})
_PERSISTS = frozenset(
    {
        "adduser", "at", "auditctl", "authconfig", "batch", "chkconfig", "chpasswd", "chsh", "crontab",
        "groupadd", "helm", "insmod", "iptables", "kubectl", "launchctl", "losetup", "modprobe", "mount",
        "nft", "passwd", "service", "setcap", "setenforce", "sysctl", "systemctl", "terraform", "ufw",
        "umount", "update-alternatives", "update-rc.d", "useradd", "usermod", "visudo",
    },
)  # fmt: skip
"""Programs that change the system, what it runs later, or a whole cluster."""
_LOOKS = frozenset(
    {
        "-L", "-S", "-V", "-a", "-l", "-n", "--all", "--failed", "--help", "--list", "--status-all", "--version",
        "api-resources", "cat", "cluster-info", "config", "describe", "diff", "env", "events", "explain", "fmt", "get",
        "graph", "history", "is-active", "is-enabled", "is-failed", "lint", "list", "list-timers", "list-unit-files",
        "list-units", "logs", "ls", "output", "plan", "print", "providers", "query", "repo", "search", "show",
        "status", "template", "top", "validate", "verbose", "version", "wait",
    },
)  # fmt: skip
"""What these programs are told when they only look."""
_RECURSES = frozenset({"ag", "ack", "cp", "du", "egrep", "fgrep", "grep", "rg", "rsync", "zip"})
_ALWAYS_RECURSES = frozenset({"ag", "ack", "rg"})
_TOKENS = re.compile(
    r"BEGIN[\w .*\\+\[\]-]*PRIVATE|AKIA|ASIA\[|gh[pousr]_|github_pat_|xox[baprs\[]|sk-(?:ant|live|proj|\[)|sk_live"
    r"|AIza|glpat-|eyJ"
)
"""What provider tokens and private keys begin with: who searches for that searches for secrets."""


_SECRET_WORDS = re.compile(r"passw|secret|api.?key|token|credential|private.?key", re.IGNORECASE)


def judge_simple(words: Sequence[Word], given: Input, shell: Judging) -> None:
    """Judge one simple command: the program's name, then its arguments."""
    head = words[0]
    shell.findings.named.append(Named(places=shell.scope.places, words=tuple(words)))
    name = _name(head, shell)
    if not name:
        for word in words[1:]:
            shell.probe(word.text)
        return
    named = [Word(text=name), *words[1:]]
    if reason := never(named, shell.scope, shell.around):
        shell.findings.refuse(reason)
        return
    if name in shell.scope.functions and head.text == name:
        if shell.around.contained:
            judge_names(named[1:], shell.scope, shell.around, shell.findings, clip(name))
        return
    if shell.around.contained:
        _judge_searches(name, named, shell)
        judge_arrivals(name, named, shell)
        said = len(shell.findings.verdicts)
        handled = judge_elsewhere(name, named, given, shell)
        if len(shell.findings.verdicts) == said:
            judge_intent(name, named, given, shell)
        if handled:
            return
    if not judge_wrapper(name, named, given, shell):
        _by_program(name, named, given, shell)


def _by_program(name: str, named: Sequence[Word], given: Input, shell: Judging) -> None:
    rule = _RULES.get(name)
    if rule is not None:
        rule(name, named, given, shell)
    elif name in PROGRAMS:
        judge_by_table(name, PROGRAMS[name], named[1:], shell)
    elif name in BUILDS or name in SUBCOMMANDS:
        _builds(name, named, given, shell)
    else:
        _other(name, named, given, shell)


def _builds(name: str, named: Sequence[Word], given: Input, shell: Judging) -> None:
    """A build or a package tool: what it builds, where it puts that, and what it is told to run besides."""
    if name in BUILDS:
        judge_build(name, named, given, shell)
    elif not judge_subcommands(name, named, shell):
        _other(name, named, given, shell)
        return
    if shell.around.contained:
        judge_outputs(name, named[1:], shell)
        judge_commands_given(named, shell)
        for word in named[1:]:
            variable, _, value = word.text.partition("=")
            if " " in value and variable.isidentifier():
                shell.weigh(value)


def _name(head: Word, shell: Judging) -> str:
    """The program that a first word names, empty when only the run would tell. Asks where the name is not plain."""
    text = head.text
    if not head.known or not text:
        shell.findings.ask(why("shell.unknown_program"), Risk.HIGH)
        return ""
    hides = head.printed or (head.composed and "/" not in text)
    if head.glob or (hides and shell.around.contained):
        shell.findings.ask(why("shell.composed_program", name=clip(text)), Risk.HIGH)
    elif head.expanded:
        shell.findings.unsure(why("shell.composed_program", name=clip(text)), Risk.HIGH)
    if match := _BIN.fullmatch(posixpath.normpath(text)):
        return match[1]
    match = _LOCAL_BIN.fullmatch(text)
    if match and (match[1] in BUILDS or INTERPRETERS.fullmatch(match[1]) or match[1] in {"pip", "pip3", "npm"}):
        return match[1]
    return posixpath.basename(text) if text in _BUILD_SCRIPTS else text


def _judge_searches(name: str, words: Sequence[Word], shell: Judging) -> None:
    """Going through all files below a folder of secrets, or for what secrets look like, asks as reading one does."""
    if name not in _RECURSES:
        return
    texts = [word.text for word in words[1:]]
    short = {letter for text in texts if re.fullmatch(r"-[A-Za-z]+", text) for letter in text}
    by = clip(name)
    recursive = name in _ALWAYS_RECURSES or bool({"r", "R", "a"} & short) or any("recursive" in text for text in texts)
    if not recursive or name == "du":
        return
    away = any(word.text.startswith(("/", HOME)) for word in words[2:])
    if away and any(_SECRET_WORDS.search(text) for text in texts[:-1]):
        shell.findings.ask(why("shell.searches_tokens", by=by, shown=clip(" ".join(texts))), Risk.HIGH)
    if name not in {"cp", "rsync", "zip"} and (token := next((text for text in texts if _TOKENS.search(text)), "")):
        shell.findings.ask(why("shell.searches_tokens", by=by, shown=clip(token)), Risk.HIGH)
    plain = [word for word in words[1:] if not word.text.startswith("-")]
    for word in plain[:-1] if name in {"cp", "rsync"} else plain[1:]:
        judge_search(word, shell.scope, shell.around, shell.findings, by)
    for text in texts:
        if text.startswith(("--include=", "--glob=", "--iglob=")):
            judge_read(text.partition("=")[2], shell.scope, shell.around, shell.findings, by)


def _git(_: str, words: Sequence[Word], __: Input, shell: Judging) -> None:
    judge_git(words[1:], shell.scope, shell.around, shell.findings)
    if shell.around.contained:
        judge_cloned(words, shell)
        for launched in launched_by_git([word.text for word in words[1:]]):
            shell.text(launched, has_arguments=True)


def _ask_when_given(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    if len(words) > 1 or name not in {"alias", "hash", "enable"}:  # alone they only list
        said = why("shell.changes_meaning", shown=clip(" ".join(word.text for word in words)))
        if name == "alias":
            shell.findings.unsure(said, Risk.HIGH)
            for word in words[1:]:
                shell.text(word.text.partition("=")[2], has_arguments=True)
        else:
            shell.findings.ask(said, Risk.HIGH)


def _other(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    texts = [word.text for word in words[1:]]
    shown = clip(" ".join([name, *texts]))
    if name != "test" and texts in (["--version"], ["--help"]) and "/" not in name:
        return
    if INTERPRETERS.fullmatch(name):
        judge_interpreter(name, words, given, shell)
        return
    if name in _PERSISTS:
        only_looks = shell.around.contained and _only_looks(name, texts)
        if not only_looks:
            shell.findings.ask(why("shell.changes_system", shown=shown), Risk.CRITICAL)
    elif name in NETWORK:
        judge_speaking(name, words, given, shell)
        if not shell.around.contained:
            judge_arrivals(name, words, shell)
    elif "/" in name:
        shell.findings.unsure(why("shell.unread_program", shown=shown))
        judge_script("sh", name, shown, shell)
    else:
        shell.findings.unsure(why("shell.unknown_to_us", name=clip(name)))
    _judge_words(name, words, shell)


def _only_looks(name: str, texts: Sequence[str]) -> bool:
    if name in {"mount", "at", "batch", "crontab"}:
        return texts in ([], ["-l"]) and (name == "mount" or bool(texts))
    if name == "sysctl":
        return "-w" not in texts and not any("=" in text for text in texts)
    plain = [text for text in texts if not text.startswith("-")]
    verbs = set(plain[:2] if name in {"service", "helm", "kubectl", "terraform"} else plain[:1]) | set(texts[:1])
    return bool(verbs & _LOOKS)


def _judge_words(name: str, words: Sequence[Word], shell: Judging) -> None:
    """What the arguments of a program without a rule may be: commands that nobody may run, and files."""
    for at, word in enumerate(words[1:13], start=1):
        shell.probe(word.text if " " in word.text else " ".join(one.text for one in words[at:]))
    judging = (shell.scope, shell.around, shell.findings)
    for word in words[1:]:
        if word.text.startswith(("/", ".", HOME)) or "=/" in word.text:
            path = word.text.partition("=")[2] if "=/" in word.text else word.text
            judge_read(path, *judging, clip(name))
    if shell.around.contained:
        judge_names(words[1:], *judging, clip(name))
        judge_outputs(name, words[1:], shell)
        judge_commands_given(words, shell)


_RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], None]] = {
    **FILE_RULES,
    **dict.fromkeys(("alias", "enable", "hash"), _ask_when_given),
    "git": _git,
    **dict.fromkeys(("python", "python3", *(f"python3.{minor}" for minor in range(8, 16))), judge_python),
}
