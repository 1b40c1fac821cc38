"""One simple command with its arguments resolved: what it would do, program by program."""

import itertools
import posixpath
import re
from collections.abc import Callable, Sequence

from governance.shell.git import judge_git
from governance.shell.interpreters import INTERPRETERS, code_arguments, judge_code
from governance.shell.network import NETWORK
from governance.shell.never import is_recursive, never
from governance.shell.options import judge_by_table
from governance.shell.places import judge_read, judge_write, resolved
from governance.shell.programs import BUILDS, CODE_FLAGS, OUTWARD_TARGETS, PROGRAMS, PYTHON_MODULES, SUBCOMMANDS
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.shell.textual import awk_only_prints, sed_never_leaves
from governance.shell.wrappers import judge_wrapper
from governance.verdicts import Risk

_BIN = re.compile(r"/(?:usr/)?(?:local/)?s?bin/([\w.+\[-]+)")
_LOCAL_BIN = re.compile(r"(?:\./)?(?:[\w.-]+/)*(?:node_modules/\.bin|\.?venv/bin|env/bin|vendor/bin)/([\w.-]+)")
_BUILD_SCRIPTS = frozenset({"./configure", "./gradlew", "./mvnw"})
_REGENERATED = re.compile(
    r"(?:.*/)?(?:build|dist|out|target|coverage|htmlcov|node_modules|__pycache__|\.(?:pytest|mypy|ruff)_cache|\.tox|\.nox"
    r"|\.cache|\.next|\.nuxt|\.parcel-cache|\.turbo|\.coverage|[\w.-]*\.egg-info|te?mp"
    r"|\*?\.?[\w-]*\.(?:pyc|pyo|o|obj|class|tmp|bak|orig|swp|log))/?",
)
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
    if judge_wrapper(name, named, given, shell):
        return
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
        shell.findings.ask(f"{clip(name + ' ' + outward)} is meant to reach beyond the workspace")
    if name in {"make", "gmake", "just", "task"} and any(
        re.match(r"(?:SHELL|MAKEFLAGS|\.SHELLFLAGS)\W?=", t) for t in texts
    ):
        shell.findings.ask(f"{clip(name + ' ' + ' '.join(texts))} replaces the shell that runs the recipes", Risk.HIGH)
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
        shell.findings.ask(f"{shown} may install, publish or change what lies outside the workspace")
        return
    if verb.startswith("run") and plain in OUTWARD_TARGETS:
        shell.findings.ask(f"{clip(f'{name} {verb} {plain}')} is meant to reach beyond the workspace")
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


def _sed(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    scripts: list[str] = []
    files: list[Word] = []
    in_place = False
    at = 1
    while at < len(words):
        text = words[at].text
        if text in {"-e", "--expression"} and at + 1 < len(words):
            scripts.append(words[at + 1].text)
            at += 1
        elif text.startswith("--expression="):
            scripts.append(text.partition("=")[2])
        elif text.startswith("-") and len(text) > 1:
            in_place = in_place or text.startswith(("-i", "--in-place")) or bool(re.fullmatch(r"-[nErsz]*i.*", text))
            if not re.fullmatch(
                r"-[nErsuz]*(?:i[\w.]*)?|--(?:quiet|silent|posix|regexp-extended|debug|in-place(?:=[\w.]*)?)", text
            ):
                shell.findings.ask(f"{clip(f'{name} {text}')} is an option that may run or write something")
        else:
            files.append(words[at])
        at += 1
    if not scripts and files:
        scripts.append(files.pop(0).text)
    for script in scripts:
        _sed_script(name, script, shell)
    judge = judge_write if in_place else judge_read
    for file in files:
        judge(file, shell.scope, shell.around, shell.findings, clip(name))


def _sed_script(name: str, script: str, shell: Judging) -> None:
    understood, reads, writes = sed_never_leaves(script)
    if UNKNOWN in script or not understood:
        shell.findings.ask(
            f"{clip(name + ' ' + script)} may run a command or write a file from inside its script", Risk.HIGH
        )
    for path in reads:
        judge_read(path, shell.scope, shell.around, shell.findings, clip(name))
    for path in writes:
        judge_write(path, shell.scope, shell.around, shell.findings, clip(name))


def _awk(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    rest = list(words[1:])
    while rest and rest[0].text.startswith("-") and rest[0].text != "-":
        flag = rest.pop(0).text
        if flag in {"-F", "-v"} and rest:
            rest.pop(0)
        elif not re.fullmatch(r"-F.+|-v\w+=.*|--csv|--", flag, re.DOTALL):
            shell.findings.ask(f"{clip(f'{name} {flag}')} is an option that may run or write something")
    if not rest:
        return
    program = rest.pop(0).text
    if UNKNOWN in program or not awk_only_prints(program):
        shell.findings.ask(
            f"{clip(f'{name} {program}')} may run a command or write a file from inside its program", Risk.HIGH
        )
        for quoted in re.findall(r'"([^"]*)"', program):
            shell.probe(quoted)
    for word in rest:
        if not re.fullmatch(r"\w+=.*", word.text):
            judge_read(word, shell.scope, shell.around, shell.findings, clip(name))


def _tar(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    texts = [word.text for word in words[1:]]
    letters = texts[0].lstrip("-") if texts and not texts[0].startswith("--") else ""
    makes = bool({"c", "r", "u", "A"} & set(letters)) or "--create" in texts
    plain = [word for word in words[2 if letters else 1 :] if not word.text.startswith("-")]
    risky = ("--checkpoint-action", "--use-compress-program", "--to-command", "--info-script", "--new-volume-script",
             "--rsh-command", "--rmt-command", "--absolute-names", "--index-file", "--files-from")  # fmt: skip
    for text in texts:
        short = bool(re.fullmatch(r"-?[A-Za-z]+", text)) and text is texts[0] and {"I", "F", "P", "T"} & set(text)
        alone = re.match(r"-[IFPT]", text)
        long = text.startswith("--") and any(one.startswith(text.partition("=")[0]) and len(text) > 4 for one in risky)  # noqa: PLR2004  # two letters after the dashes
        if short or alone or long:
            shell.findings.ask(f"{clip(f'{name} {text}')} is an option that may run or overwrite something", Risk.HIGH)
    if any(word.glob and word.text[:1] in "*?[" for word in plain):
        shell.findings.ask(f"{clip(' '.join(w.text for w in words))} lets file names become options of {clip(name)}")
    for index, word in enumerate(plain):
        judge = judge_read if (makes and index) or "t" in letters else judge_write
        judge(word, shell.scope, shell.around, shell.findings, clip(name))


def _rm(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    """Single named files of the workspace are free, and folders that a build makes anew; the rest asks."""
    flags = [word.text for word in words[1:] if word.text.startswith("-")]
    files = [word for word in words[1:] if not word.text.startswith("-") and word.text]
    for word in files:
        judge_write(word, shell.scope, shell.around, shell.findings, clip(name))
        whole = shell.around.workspace in [re.sub(r"/\*+$", "", path) for path in resolved(word.text, shell.scope)]
        shown = clip(f"{name} {' '.join(flags)} {word.text}")
        if whole or re.fullmatch(r"(?:\./)?\.git/?", word.text):
            shell.findings.ask(f"{shown} would remove the whole workspace or its history", Risk.HIGH)
        elif (any(map(is_recursive, flags)) or word.glob) and not _REGENERATED.fullmatch(word.text):
            shell.findings.ask(f"{shown} would remove more than single files, and that cannot be undone")


def _chmod(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    texts = [
        word.text
        for word in words[1:]
        if not re.fullmatch(r"-[RcfvhHLP]+|--(?:recursive|verbose|changes|silent)", word.text)
    ]
    if not texts:
        return
    if re.fullmatch(r"[2467]\d{3}|0[2467]\d{3}|.*[+=]\w*s\w*", texts[0]) or texts[0].startswith("--"):
        shell.findings.ask(f"{clip(f'{name} {texts[0]}')} would let others act as the owner of a file", Risk.HIGH)
    for text in texts[1:]:
        judge_write(text, shell.scope, shell.around, shell.findings, clip(name))


def _git(_: str, words: Sequence[Word], __: Input, shell: Judging) -> None:
    judge_git(words[1:], shell.scope, shell.around, shell.findings)


def _ps(name: str, words: Sequence[Word], _: Input, shell: Judging) -> None:
    if any(re.fullmatch(r"(?=[a-zA-Z]*e)[a-zA-Z]+|-[a-zA-Z]*E", word.text) for word in words[1:]):
        shown = clip(" ".join(word.text for word in words))
        shell.findings.ask(f"{shown} would show the environment of other programs", Risk.HIGH)
    judge_by_table(name, PROGRAMS[name], words[1:], shell)


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
        shell.findings.ask(f"{shown} may send data of this machine to another one", Risk.HIGH)
    else:
        shell.findings.ask(f"{shown} speaks to another machine")
    for flag, word in itertools.pairwise(words):
        if flag.text in {"-o", "-O", "--output", "--output-document", "-c", "--cookie-jar", "-D", "-P"} and name in {
            "curl",
            "wget",
        }:
            judge_write(word, shell.scope, shell.around, shell.findings, clip(name))


_RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], None]] = {
    "alias": _ask_when_given,
    "awk": _awk,
    "bsdtar": _tar,
    "chmod": _chmod,
    "enable": _ask_when_given,
    "gawk": _awk,
    "git": _git,
    "gsed": _sed,
    "gtar": _tar,
    "hash": _ask_when_given,
    "mawk": _awk,
    "nawk": _awk,
    "ps": _ps,
    "python": _python,
    "python3": _python,
    **{f"python3.{minor}": _python for minor in range(8, 16)},
    "rm": _rm,
    "sed": _sed,
    "tar": _tar,
    "unlink": _rm,
}
