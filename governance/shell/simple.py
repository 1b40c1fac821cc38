"""One simple command with its arguments resolved: what it would do, program by program."""

import itertools
import posixpath
import re
from collections.abc import Callable, Sequence

from governance.shell.elsewhere import judge_elsewhere
from governance.shell.filetools import FILE_RULES
from governance.shell.git import judge_git
from governance.shell.interpreters import INTERPRETERS, code_arguments, judge_code
from governance.shell.network import NETWORK
from governance.shell.never import never
from governance.shell.options import judge_by_table
from governance.shell.places import judge_read, judge_write
from governance.shell.programs import (
    BUILDS,
    CODE_FLAGS,
    OUTWARD_TARGETS,
    PROGRAMS,
    PYTHON_MODULES,
    SPEAKING_TARGETS,
    SUBCOMMANDS,
)
from governance.shell.scope import Input, Judging, Named, Word, clip
from governance.shell.wrappers import judge_wrapper
from governance.verdicts import Risk

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

_UPLOADS = re.compile(
    r"(?:^|=|[\w-])@(?!-$)[\w./~\0-]|^-[A-Za-z]*[TF]$|--(?:upload-file|post-file|body-file|form|data-binary|input-file)"
)


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
    if why := never(named, shell.scope, shell.around):
        shell.findings.refuse(why)
        return
    if name in shell.scope.functions and head.text == name:
        return
    contained = shell.around.contained
    if (contained and judge_elsewhere(name, named, given, shell)) or judge_wrapper(name, named, given, shell):
        return
    _by_program(name, named, given, shell)


def _by_program(name: str, named: Sequence[Word], given: Input, shell: Judging) -> None:
    rule = _RULES.get(name)
    if rule is not None:
        rule(name, named, given, shell)
    elif name in PROGRAMS:
        judge_by_table(name, PROGRAMS[name], named[1:], shell)
    elif name in BUILDS:
        _build(name, named, given, shell)
    elif name in SUBCOMMANDS:
        _subcommands(name, named, given, shell)
    else:
        _other(name, named, given, shell)


def _name(head: Word, shell: Judging) -> str:
    """The program that a first word names, empty when only the run would tell. Asks where the name is not plain."""
    text = head.text
    if not head.known or not text:
        shell.findings.ask("the program's name comes from a value that cannot be known before it runs", Risk.HIGH)
        return ""
    if head.expanded or head.glob:
        shell.findings.ask(f"the program's name, {clip(text)}, is put together by the shell", Risk.HIGH)
    if match := _BIN.fullmatch(posixpath.normpath(text)):
        return match[1]
    match = _LOCAL_BIN.fullmatch(text)
    if match and (match[1] in BUILDS or INTERPRETERS.fullmatch(match[1]) or match[1] in {"pip", "pip3", "npm"}):
        return match[1]
    return posixpath.basename(text) if text in _BUILD_SCRIPTS else text


def _build(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    texts = [word.text for word in words[1:]]
    outward = next((text for text in texts if text in OUTWARD_TARGETS), "")
    if outward:
        network = outward in SPEAKING_TARGETS
        shell.findings.ask(f"{clip(name + ' ' + outward)} is meant to reach beyond the workspace", network=network)
    if name in {"make", "gmake", "just", "task"} and any(
        re.match(r"(?:SHELL|MAKEFLAGS|\.SHELLFLAGS)\W?=", t) for t in texts
    ):
        shell.findings.ask(f"{clip(name + ' ' + ' '.join(texts))} replaces the shell that runs the recipes", Risk.HIGH)
    for flag, word in itertools.pairwise(words[1:]):
        if flag.text == "-o":
            judge_write(word, shell.scope, shell.around, shell.findings, clip(name))
    if name in {"make", "gmake"} and any(text.startswith("-E") for text in texts):
        shell.findings.ask(f"{clip(' '.join([name, *texts]))} gives a recipe as an argument", Risk.HIGH)
    if {"-f-", "-f/dev/stdin", "/dev/stdin"} & set(texts) or ("-" in texts and name in {"make", "gmake"}):
        shell.findings.ask(f"{clip(name)} would obey what another command prints", Risk.HIGH)
        for line in given.text.splitlines()[:50]:
            shell.probe(line.strip().lstrip("@-"))
    judge_by_table(name, BUILDS[name], words[1:], shell)
    for text in texts:
        if " " in text and "=" not in text.split(" ", maxsplit=1)[0]:
            shell.probe(text)


def _subcommands(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    verb = words[1].text if len(words) > 1 else ""
    plain = next((word.text for word in words[2:] if not word.text.startswith("-")), "")
    if verb not in SUBCOMMANDS[name]:
        if name in {"docker", "kubectl", "systemctl", "helm", "terraform"}:
            _other(name, words, given, shell)
            return
        shown = clip(" ".join([name, *(word.text for word in words[1:])]).strip())
        shell.findings.ask(f"{shown} may install, publish or change what lies outside the workspace", network=True)
        return
    if verb.startswith("run") and plain in OUTWARD_TARGETS:
        network = plain in SPEAKING_TARGETS
        shell.findings.ask(f"{clip(f'{name} {verb} {plain}')} is meant to reach beyond the workspace", network=network)
    risky = next((word.text for word in words[1:] if word.text.startswith(CODE_FLAGS.get(name, ("\n",)))), "")
    if risky:
        shell.findings.ask(
            f"{clip(f'{name} {risky}')} is an option by which it runs or obeys something else", Risk.HIGH
        )
    judge_by_table(name, BUILDS["make"], words[2:], shell)


def _python(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
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
    _interpreter(name, words, given, shell)


def _interpreter(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    texts = [word.text for word in words[1:]]
    if texts in (["--version"], ["-v"], ["-V"], ["--help"], ["-version"]):
        return
    codes = code_arguments(texts)
    for code in codes:
        judge_code(name, code, shell.around, shell.findings, shell.probe)
    if given.given and (not texts or texts[0].startswith("-")) and not codes:
        if given.fed_by:
            source = next((one for one in given.fed_by if one in NETWORK), "")
            what = "feeds a download to an interpreter" if source else "feeds an interpreter from a pipeline"
            shell.findings.ask(f"{clip(' | '.join((*given.fed_by, name)))} {what}", Risk.HIGH)
        judge_code(name, given.text, shell.around, shell.findings, shell.probe)
    risk = Risk.HIGH if any(text.startswith("/dev/fd/") for text in texts) else Risk.MEDIUM
    shown = clip(" ".join([name, *texts]))
    shell.findings.ask(f"{shown} runs code, which the guard has not read", risk)
    for word in words[1:]:
        if "/" in word.text and word.text not in codes and not word.text.startswith("-"):
            judge_read(word, shell.scope, shell.around, shell.findings, clip(name))


def _git(_: str, words: Sequence[Word], __: Input, shell: Judging) -> None:
    judge_git(words[1:], shell.scope, shell.around, shell.findings)


def _ask_when_given(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    if len(words) > 1 or name not in {"alias", "hash", "enable"}:  # alone they only list
        shell.findings.ask(
            f"{clip(' '.join(word.text for word in words))} changes what later commands mean or run", Risk.HIGH
        )


def _other(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    texts = [word.text for word in words[1:]]
    shown = clip(" ".join([name, *texts]))
    if name != "test" and texts in (["--version"], ["--help"]) and "/" not in name:
        return
    if INTERPRETERS.fullmatch(name):
        _interpreter(name, words, given, shell)
        return
    if name in _PERSISTS:
        shell.findings.ask(f"{shown} would change the system or what it runs later", Risk.CRITICAL)
    elif name in NETWORK:
        _network(name, words, given, shell)
    elif "/" in name:
        shell.findings.ask(f"{shown} runs a program of the workspace or an unknown place, which the guard has not read")
    else:
        shell.findings.ask(f"{clip(name)} is not among the programs that are known to be harmless")
    for at, word in enumerate(words[1:13], start=1):
        shell.probe(word.text if " " in word.text else " ".join(one.text for one in words[at:]))
    for word in words[1:]:
        if word.text.startswith(("/", ".")) or "=/" in word.text:
            path = word.text.partition("=")[2] if "=/" in word.text else word.text
            judge_read(path, shell.scope, shell.around, shell.findings, clip(name))


def _network(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    shown = clip(" ".join(word.text for word in words))
    sends = name in {"scp", "sftp", "rsync", "rclone", "s3cmd", "gsutil"} or any(
        _UPLOADS.search(w.text) for w in words[1:]
    )
    if sends or given.given:
        shell.findings.ask(f"{shown} may send data of this machine to another one", Risk.HIGH, network=True)
    else:
        shell.findings.ask(f"{shown} speaks to another machine", network=True)
    for flag, word in itertools.pairwise(words):
        if flag.text in {"-o", "-O", "--output", "--output-document", "-c", "--cookie-jar", "-D", "-P"} and name in {
            "curl",
            "wget",
        }:
            judge_write(word, shell.scope, shell.around, shell.findings, clip(name))


_RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], None]] = {
    **FILE_RULES,
    **dict.fromkeys(("alias", "enable", "hash"), _ask_when_given),
    "git": _git,
    **dict.fromkeys(("python", "python3", *(f"python3.{minor}" for minor in range(8, 16))), _python),
}
