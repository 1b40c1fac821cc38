"""Commands that carry another command: wrappers, shells, eval, xargs, find.

The inner one is judged as if it stood alone. A wrapper that changes who runs it, where, or with which arguments asks
besides.
"""

import itertools
import re
from collections.abc import Callable, Sequence

from governance.shell.contacts import speaks
from governance.shell.decoders import DECODERS
from governance.shell.environment import judge_assignment
from governance.shell.families.filling import judge_filled
from governance.shell.families.finding import judge_find
from governance.shell.families.launching import judge_runner
from governance.shell.families.running import judge_script
from governance.shell.intent import judge_commands_given
from governance.shell.network import NETWORK
from governance.shell.never import SHELLS
from governance.shell.options import judge_outputs
from governance.shell.places import judge_names, judge_read, judge_write
from governance.shell.programs import RUNNERS
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_TRANSPARENT: dict[str, tuple[str, int]] = {
    "builtin": ("", 0),
    "chronic": ("", 0),
    "chrt": ("TPD", 1),
    "command": ("", 0),
    "coproc": ("", 0),
    "exec": ("a", 0),
    "ionice": ("cnt", 0),
    "nice": ("n", 0),
    "nohup": ("", 0),
    "setsid": ("", 0),
    "stdbuf": ("ioe", 0),
    "taskset": ("", 1),
    "time": ("f", 0),
    "timeout": ("ks", 1),
    "unbuffer": ("", 0),
}
"""Wrappers that change nothing that matters: their short options with a value, and their own plain arguments."""

_ASKING: dict[str, tuple[str, int, Risk]] = {
    "at": ("fqt", 9, Risk.HIGH),
    "bwrap": ("", 0, Risk.HIGH),
    "chroot": ("", 1, Risk.HIGH),
    "dbus-run-session": ("", 0, Risk.MEDIUM),
    "doas": ("uC", 0, Risk.HIGH),
    "docker": ("", 9, Risk.HIGH),
    "entr": ("", 0, Risk.MEDIUM),
    "env": ("uCS", 0, Risk.MEDIUM),
    "fakeroot": ("", 0, Risk.MEDIUM),
    "flock": ("wE", 1, Risk.MEDIUM),
    "ltrace": ("eopu", 0, Risk.HIGH),
    "nsenter": ("tSG", 0, Risk.HIGH),
    "parallel": ("jS", 0, Risk.MEDIUM),
    "pkexec": ("", 0, Risk.HIGH),
    "proxychains": ("f", 0, Risk.HIGH),
    "runuser": ("uglc", 0, Risk.HIGH),
    "script": ("cmEIOBT", 9, Risk.HIGH),
    "setpriv": ("", 0, Risk.HIGH),
    "ssh": ("", 9, Risk.HIGH),
    "strace": ("eopus", 0, Risk.HIGH),
    "su": ("cgs", 9, Risk.HIGH),
    "sudo": ("ugCpRhTrtD", 0, Risk.HIGH),
    "systemd-run": ("pu", 0, Risk.HIGH),
    "torsocks": ("", 0, Risk.HIGH),
    "unshare": ("", 0, Risk.HIGH),
    "watch": ("n", 0, Risk.MEDIUM),
    "xargs": ("IndPLsEa", 0, Risk.MEDIUM),
}
"""Wrappers that ask besides: as above, 9 where no plain tail can be told, and the risk."""

_BY_SHELL = frozenset({"watch"})
"""Those that give their words to a shell."""
_SPEAKS = frozenset({"proxychains", "ssh", "torsocks"})
"""Those that speak to other machines themselves."""

_PRIVILEGED = frozenset(
    {"at", "bwrap", "chroot", "doas", "nsenter", "pkexec", "proxychains", "runuser", "setpriv", "su", "sudo",
     "systemd-run", "torsocks", "unshare"},
)  # fmt: skip
"""Those by which a command acts as somebody else, later, or by hidden ways: they ask in the sandbox too."""
_SSH_VALUED = "bcDEeFIiJLlmOopQRSWw"
_SHOWS_FILES = frozenset({"cat", "head", "tail", "echo", "printf"})
"""Programs that print what stands in a file, or what they are told."""
_HIJACKS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=.*", re.DOTALL)
_SAFE_SCRIPT = re.compile(r"(?:.*/)?(?:\.?venv|env)/bin/activate")


def judge_wrapper(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """Judge it if it carries another command; says whether it did."""
    special = _SPECIAL.get(name)
    if special is not None:
        special(words, given, shell)
    elif name in SHELLS:
        _shell(words, given, shell)
    elif name in _TRANSPARENT:
        _transparent(name, words, given, shell)
    elif name in _ASKING:
        _asking(name, words, given, shell)
    else:
        if name in {"busybox", "toybox"} and len(words) > 1 and shell.around.contained:
            shell.run(words[1:], given)
            return True
        return name in RUNNERS and judge_runner(name, words, given, shell)
    return True


def _tail(words: Sequence[Word], valued: str, plain: int) -> Sequence[Word]:
    """What is left after the wrapper's own options and its `plain` arguments."""
    at = 1
    while at < len(words):
        text = words[at].text
        if text == "--":
            at += 1
            break
        if not text.startswith("-") or text == "-":
            break
        bare = re.fullmatch(r"-[A-Za-z]*([A-Za-z])", text)
        at += 2 if bare and bare[1] in valued else 1
    return words[at + plain :]


def _transparent(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    if name == "command" and len(words) > 1 and words[1].text in {"-v", "-V", "-pv"}:
        return
    if name in {"time", "exec"} and any(word.text in {"-o", "-a", "--output"} for word in words[1:2]):
        shell.findings.unsure(why("shell.wrapper_more", shown=clip(f"{name} {words[1].text}")))
        for option, target in itertools.pairwise(words):
            if option.text in {"-o", "--output"}:
                judge_write(target, shell.scope, shell.around, shell.findings, clip(name))
    tail = _tail(words, *_TRANSPARENT[name])
    if tail:
        shell.run(tail, given)


def _asking(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    valued, plain, risk = _ASKING[name]
    if len(words) == 2 and words[1].text in {"--version", "--help"}:  # noqa: PLR2004  # the name and one option
        return
    _asks_besides(name, words, risk, shell)
    tail = list(_tail(words, valued, 0 if plain == 9 else plain))  # noqa: PLR2004  # no plain tail
    if name in {"env", "sudo", "doas"}:
        _settings(name, tail, risk, shell)
    if tail and name in _BY_SHELL:
        shell.text(" ".join(word.text for word in tail), has_arguments=True)
    elif tail and plain != 9:  # noqa: PLR2004  # as above
        shell.run(tail, given if name != "xargs" else Input())
    if shell.around.contained:
        judge_outputs(name, words[1 : len(words) - len(tail)], shell)
        judge_commands_given(words, shell)
    if name == "xargs":
        judge_filled(words, tail, given, shell)
    elif name == "parallel" and given.given and (not tail or tail[0].text.startswith("-")) and shell.around.contained:
        _from_input("parallel", given, shell)
    _probe_words(words, tails=plain == 9, shell=shell)  # noqa: PLR2004  # as above


def _probe_words(words: Sequence[Word], *, tails: bool, shell: Judging) -> None:
    for word in words[1:]:
        if " " in word.text or tails:
            shell.probe(word.text)
    for at in range(1, min(len(words), 12)) if tails else ():
        shell.probe(" ".join(word.text for word in words[at:]))


def _settings(name: str, tail: list[Word], risk: Risk, shell: Judging) -> None:
    """Take the variables from the front of what `env` and its like run, and judge them."""
    while tail and _HIJACKS.fullmatch(tail[0].text):
        setting = tail.pop(0).text
        shell.findings.unsure(why("shell.sets_for_other", shown=clip(f"{name} {setting}")), risk)
        variable, _, value = setting.partition("=")
        judge_assignment(variable.rstrip("+"), value, shell.findings, for_command=name)


def _asks_besides(name: str, words: Sequence[Word], risk: Risk, shell: Judging) -> None:
    """What is to be said of the wrapper itself."""
    shown = clip(" ".join(word.text for word in words))
    risk_here, network = _asking_risk(name, words, risk), name in _SPEAKS
    said = why("shell.runs_through", shown=shown, by=clip(name))
    if name in _PRIVILEGED or risk_here is Risk.CRITICAL:
        shell.findings.ask(said, risk_here, network=network)
    elif name == "ssh" and shell.around.contained:
        _remote(words, shown, shell)
    else:
        shell.findings.unsure(said, risk_here, network=network)


def _asking_risk(name: str, words: Sequence[Word], risk: Risk) -> Risk:
    texts = [word.text for word in words]
    if name == "docker" and (
        {"--privileged", "--pid=host", "--net=host", "--network=host", "--cap-add=ALL", "--userns=host"} & set(texts)
        or any(re.match(r"(?:--volume=|-v)?/(?::|etc|root|var|home|proc)|.*docker\.sock", text) for text in texts)
    ):
        return Risk.CRITICAL
    if name in {"xargs", "parallel"} and {"rm", "sh", "bash", "kill", "shred", "mv", "chmod"} & set(texts):
        return Risk.HIGH
    return risk


def _shell(words: Sequence[Word], given: Input, shell: Judging) -> None:
    name = words[0].text
    texts = [word.text for word in words[1:]]
    if texts[:1] in (["--version"], ["--help"]):
        return
    if any(re.fullmatch(r"-[A-Za-z]*i[A-Za-z]*", text) for text in texts):
        shell.findings.unsure(why("shell.interactive", shown=clip(" ".join([name, *texts]))))
    options = [text for text in texts if re.fullmatch(r"[-+][A-Za-z]+|--\w[\w-]*", text)]
    if any(text.startswith(("--rcfile", "--init-file")) for text in texts):
        shell.findings.ask(why("shell.startup_file", by=clip(name)), Risk.HIGH)
    coded = next((at for at, text in enumerate(texts) if re.fullmatch(r"-[A-Za-z]*c[A-Za-z]*", text)), None)
    if coded is not None:
        rest = [text for text in texts[coded + 1 :] if not re.fullmatch(r"[-+][A-Za-z]+", text)]
        _ask_unknown(name, "".join(rest[:1]), shell)
        printed = any(word.printed and word.text in rest[:1] for word in words)
        if shell.around.contained and (printed or "".join(rest[:1]).lstrip().startswith("{}")):
            shell.findings.ask(why("shell.unknown_commands", by=clip(name)), Risk.HIGH)
        shell.text("".join(rest[:1]), has_arguments=len(rest) > 1)
        if shell.around.contained:
            passed = [Word(text=text) for text in rest[1:]]
            judge_names(passed, shell.scope, shell.around, shell.findings, clip(name))
        return
    files = [text for text in texts if text not in options and text not in {"-", "pipefail"}]
    if files and "-s" not in texts:
        _file(name, files[0], given, shell)
    else:
        _from_input(name, given, shell)


def _ask_unknown(name: str, code: str, shell: Judging) -> None:
    """In the sandbox the text is judged as far as it is known; what is unknown where a command begins asks there."""
    if UNKNOWN in code:
        shell.findings.unsure(why("shell.unknown_text", by=clip(name)), Risk.HIGH)


def _file(name: str, path: str, given: Input, shell: Judging) -> None:
    if path.startswith("/dev/fd/") or path in {"/dev/stdin", "/proc/self/fd/0"}:
        shell.findings.unsure(why("shell.runs_printed", shown=clip(f"{name} {path}")), Risk.HIGH)
        printed = shell.scope.streams.get(path)
        _from_input(name, given if printed is None else Input(text=printed, given=True), shell)
        return
    judge_read(path, shell.scope, shell.around, shell.findings, clip(name))
    _script(name, path, shell)


def _script(name: str, path: str, shell: Judging) -> None:
    """A script of the workspace is free in the sandbox, unless it has just arrived from elsewhere."""
    shown = clip(f"{name} {path}")
    shell.findings.unsure(why("shell.unread_script", shown=shown))
    if shell.around.contained:
        judge_script("sh", path, shown, shell)


def _from_input(name: str, given: Input, shell: Judging) -> None:
    fetched = next((program for program in given.fed_by if program in NETWORK), "")
    decoded = next((program for program in given.fed_by if program in DECODERS), "")
    shown = clip(f"{' | '.join((*given.fed_by, name))}")
    if shell.around.contained and _spelt_out(given, shell):
        shell.findings.ask(why("shell.feeds_decoded", shown=shown), Risk.HIGH)
    if fetched:
        shell.findings.ask(why("shell.feeds_download", shown=shown), Risk.HIGH)
    elif decoded:
        shell.findings.ask(why("shell.feeds_decoded", shown=shown), Risk.HIGH)
    elif given.fed_by:
        shell.findings.unsure(why("shell.feeds_pipeline", shown=shown))
    if not given.given or UNKNOWN in given.text:
        hidden = given.given and not set(given.fed_by) <= _SHOWS_FILES
        asks = shell.findings.ask if hidden else shell.findings.unsure
        asks(why("shell.unknown_commands", by=clip(name)), Risk.HIGH)
    if given.given:
        shell.text(given.text, has_arguments=True)


def _spelt_out(given: Input, shell: Judging) -> bool:
    """Whether the text that a shell is fed was written as numbers of its letters."""
    if not {"echo", "printf"} & set(given.fed_by[-1:]):
        return False
    printing = next(
        (one for one in reversed(shell.findings.named[-3:]) if one.words[0].text in {"echo", "printf"}), None
    )
    return printing is not None and any(_ESCAPED.search(word.text) for word in printing.words)


_ESCAPED = re.compile(r"(?:\\(?:x[0-9a-fA-F]{2}|0?[0-7]{3}|u[0-9a-fA-F]{4})){2}")


def _eval(words: Sequence[Word], _: Input, shell: Judging) -> None:
    code = " ".join(word.text for word in words[1:])
    if shell.around.contained and any(word.printed for word in words[1:]):
        shell.findings.ask(why("shell.unknown_commands", by=clip("eval")), Risk.HIGH)
    _ask_unknown("eval", code, shell)
    shell.here(code)


def _trap(words: Sequence[Word], _: Input, shell: Judging) -> None:
    if len(words) > 2 and words[1].text not in {"-l", "-p", "-", ""}:  # noqa: PLR2004  # an action and a signal
        _ask_unknown("trap", words[1].text, shell)
        shell.text(words[1].text, has_arguments=True)
        if {word.text for word in words[2:]} - {"EXIT", "0"}:
            shell.findings.unsure(why("shell.trap"))


def _source(words: Sequence[Word], given: Input, shell: Judging) -> None:
    path = words[1].text if len(words) > 1 else UNKNOWN
    if path in {"/dev/stdin", "/proc/self/fd/0"} and shell.around.contained:
        _from_input("source", given, shell)
        return
    if path.startswith("/dev/fd/"):
        printed = shell.scope.streams.get(path, "")
        asks = shell.findings.ask if UNKNOWN in printed else shell.findings.unsure
        asks(why("shell.runs_printed", shown=clip(f"source {path}")), Risk.HIGH)
        shell.text(printed)
        return
    judge_read(path, shell.scope, shell.around, shell.findings, clip("source"))
    if not _SAFE_SCRIPT.fullmatch(path):
        _script("source", path, shell)


def _cd(words: Sequence[Word], _: Input, shell: Judging) -> None:
    plain = [word.text for word in words[1:] if word.text == "-" or not word.text.startswith("-")]
    if plain and plain[0] != "-" and shell.around.contained:
        judge_read(plain[0], shell.scope, shell.around, shell.findings, clip("cd"))
    shell.scope.step_into(plain[0] if plain else "/~")


def _move(words: Sequence[Word], _: Input, shell: Judging) -> None:
    shell.scope.step_into(words[1].text if words[0].text == "pushd" and len(words) > 1 else "-")


def _remote(words: Sequence[Word], shown: str, shell: Judging) -> None:
    """A command for another machine asks, unless it is one that is known to be harmless on any."""
    tail = list(_tail(words, _SSH_VALUED, 1))
    texts = [word.text for word in words[1:]]
    tunnels = any(
        re.match(r"-[A-Za-z]*[LRDw]", text) or "ProxyCommand" in text or "LocalCommand" in text for text in texts
    )
    if tunnels:
        shell.findings.ask(why("shell.sends", shown=shown), Risk.HIGH, network=True)
    elif tail and not shell.harmless(" ".join(word.text for word in tail)):
        shell.findings.ask(why("shell.runs_remotely", shown=shown), Risk.HIGH, network=True, elsewhere=True)
    elif any(word.carries for word in words):
        shell.findings.ask(why("shell.sends", shown=shown), Risk.HIGH, network=True)
    speaks(shown, "ssh", texts[:1] if len(words) == 2 else texts, shell.findings)  # noqa: PLR2004  # the name and the host


_SPECIAL: dict[str, Callable[[Sequence[Word], Input, Judging], None]] = {
    ".": _source,
    "cd": _cd,
    "chdir": _cd,
    "eval": _eval,
    "find": judge_find,
    "popd": _move,
    "pushd": _move,
    "source": _source,
    "trap": _trap,
}
