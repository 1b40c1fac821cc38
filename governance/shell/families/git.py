"""What `git` would do. Reading and local history are free; what leaves the machine, loses work or runs helpers asks."""

import itertools
import re
import shlex
from collections.abc import Sequence

from governance.shell.contacts import speaks
from governance.shell.places import judge_read, judge_write
from governance.shell.scope import HOME, UNKNOWN, Findings, Scope, ShellSurroundings, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_FREE = _set(
    "add am annotate apply blame branch cat-file check-attr check-ignore checkout cherry cherry-pick "
    "commit count-objects describe diff diff-files diff-index diff-tree for-each-ref format-patch fsck gc "
    "grep hash-object help init log ls-files ls-tree merge merge-base merge-tree mv name-rev notes "
    "range-diff rebase reflog remote reset restore rev-list rev-parse revert rm shortlog show show-branch "
    "show-ref stash status switch symbolic-ref tag var verify-commit verify-tag version whatchanged "
    "worktree config bisect clean submodule archive"
)
_NETWORK = _set("clone fetch ls-remote pull push remote-update send-email svn p4 request-pull lfs")
_GLOBAL_PLAIN = frozenset(
    {"--no-pager", "--bare", "--no-optional-locks", "--literal-pathspecs", "--no-replace-objects"}
)
_HELPERS = (
    "--config-env",
    "--edit-description",
    "--exec",
    "--ext-diff",
    "--gpg-sign",
    "--open-files-in-pager",
    "--receive-pack",
    "--remote",
    "--show-signature",
    "--strategy",
    "--template",
    "--textconv",
    "--unsafe-paths",
    "--upload-pack",
)
_LOSES_WORK: dict[str, frozenset[str]] = {
    "branch": frozenset({"-D", "-d", "--delete", "-f", "--force", "-M"}),
    "checkout": frozenset({"-f", "--force", ".", "--", "-B"}),
    "clean": frozenset({"-f", "-fd", "-fdx", "-df", "-dfx", "-xfd", "-ffdx", "-fx", "-X", "--force"}),
    "gc": frozenset({"--prune=now", "--prune=all"}),
    "reflog": frozenset({"expire", "delete"}),
    "reset": frozenset({"--hard", "--merge", "--keep"}),
    "restore": frozenset({".", ":/", "*"}),
    "rm": frozenset({"-r", "-rf", "-f", "--force", "-fr"}),
    "stash": frozenset({"drop", "clear"}),
    "switch": frozenset({"-f", "--force", "--discard-changes", "-C"}),
    "tag": frozenset({"-d", "--delete", "-f", "--force"}),
    "worktree": frozenset({"add", "remove", "move", "prune"}),
}
_READ_ONLY_FORMS: dict[str, frozenset[str]] = {
    "config": frozenset({"--get", "--get-all", "--get-regexp", "--list", "-l", "get", "list"}),
    "remote": frozenset({"-v", "--verbose", "show", "get-url"}),
    "submodule": frozenset({"status", "summary"}),
    "bisect": frozenset({"start", "good", "bad", "skip", "log", "reset", "old", "new", "terms", "view"}),
}
_REWRITES = frozenset({"filter-branch", "filter-repo", "update-ref"})
"""Commands that make history anew or cut it off: what git keeps for undoing is gone after them."""
_UNDO = frozenset({"gc", "prune", "reflog"})
"""Commands whose losses are the means of undoing themselves."""
_EMPTIES = frozenset({"checkout", "clean", "mv", "restore", "rm"})
_SENDS = frozenset({"push", "send-email", "svn", "p4"})
_TAME_HELPERS = (
    "--edit-description",
    "--exec",
    "--gpg-sign",
    "--show-signature",
    "--strategy",
    "--template",
    "--remote",
)
_STEERS = re.compile(
    r"(?:core\.(?:hookspath|sshcommand|fsmonitor|pager|editor|askpass|attributesfile|gitproxy|worktree)|credential\b.*"
    r"|include(?:if\..*)?\.path|(?:diff|merge|filter|difftool|mergetool|browser|man|pager)\..*|gpg\.(?:.*\.)?program"
    r"|sequence\.editor|uploadpack\..*|remote\..*\.(?:uploadpack|receivepack|proxy|vcs)|url\..*|http\..*proxy|protocol\..*"
    r"|gc\.(?:reflogexpire|prune).*|core\.logallrefupdates|init\.templatedir|ssh\.variant|alias\.[^=]*=?!.*|submodule\..*\.update)",
    re.IGNORECASE | re.DOTALL,
)
"""Settings by which git runs another program, speaks to another machine, or hands out credentials."""
_HARMLESS_PAGERS = frozenset({"cat", "less", "", "true", "false", "delta", "vim", "vi", "nano"})


def _steers(setting: str) -> bool:
    """Whether a setting, as `name=value`, lets git run something or send things elsewhere."""
    name, _, value = setting.partition("=")
    if name.lower() in {"core.pager", "core.editor", "core.fsmonitor"} and value in _HARMLESS_PAGERS:
        return False
    return _STEERS.match(name) is not None or (name.lower().startswith("alias.") and value.lstrip().startswith("!"))


def _plants(verb: str, rest: Sequence[str], findings: Findings) -> bool:
    """Whether what is written makes git obey something later, or runs something now."""
    if not findings.contained:
        return True
    file = next((after for flag, after in itertools.pairwise(rest) if flag in {"-f", "--file"}), "")
    plain = [text for text in rest if not text.startswith("-") and text not in {"set", "add", file}]
    if verb == "config":
        return "--system" in rest or _steers("=".join(plain[:2]))
    return (verb == "remote" and "set-url" in rest) or (verb == "submodule" and "add" in rest)


_MESSAGE = _set(
    "-m --message --author --date --grep -S -G --format --pretty -e --since --until --after --before -n -L",
)


def judge_git(words: Sequence[Word], scope: Scope, around: ShellSurroundings, findings: Findings) -> None:
    """Judge the arguments after `git`."""
    texts = [word.text for word in words]
    at = _globals(texts, findings, scope, around)
    if at >= len(texts):
        return
    verb, rest = texts[at], texts[at + 1 :]
    if verb in _NETWORK:
        _judge_network(verb, rest, findings)
    elif verb not in _FREE:
        asks = findings.ask if verb in _REWRITES else findings.unsure
        asks(why("shell.git_unknown", shown=clip(f"git {verb}")))
        if findings.contained and verb not in _REWRITES:
            _judge_flags(verb, rest, scope, around, findings)
        return
    _judge_flags(verb, rest, scope, around, findings)
    _judge_paths(verb, rest, scope, around, findings)


def _globals(texts: Sequence[str], findings: Findings, scope: Scope, around: ShellSurroundings) -> int:
    at = 0
    while at < len(texts) and texts[at].startswith("-"):
        text = texts[at]
        if text == "-C" and at + 1 < len(texts):
            judge_write(texts[at + 1], scope, around, findings, clip("git -C"))
            at += 2
            continue
        if text in {"--version", "--help", "-v", "-h"}:
            return len(texts)
        if text.startswith("-c") and len(text) > len("-c"):
            asks = findings.ask if _steers(text[2:]) else findings.unsure
            asks(why("shell.git_steered", shown=clip(f"git {text}")), Risk.HIGH)
        elif text not in _GLOBAL_PLAIN:
            value = texts[at + 1] if text in {"-c", "--config-env"} and at + 1 < len(texts) else text
            asks = findings.ask if text.startswith("--exec-path=") or _steers(value) else findings.unsure
            asks(
                why("shell.git_steered", shown=clip(f"git {text} {value}" if value != text else f"git {text}")),
                Risk.HIGH,
            )
            at += text in {"-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"}
        at += 1
    return at


def _judge_network(verb: str, rest: Sequence[str], findings: Findings) -> None:
    forced = verb == "push" and any(
        text in {"-f", "--force", "--mirror", "--delete", "-d", "--prune", "--all", "--tags"}
        or text.startswith(("--force", "+", ":"))
        or (text.startswith("-") and not text.startswith("--") and bool({"f", "d"} & set(text)))
        for text in rest
    )
    helper = any("ext::" in text or "fd::" in text or text.startswith(("-u", "-c", "--config")) for text in rest)
    shown = clip(" ".join(["git", verb, *rest]))
    if forced:
        findings.ask(why("shell.git_forces", shown=shown), Risk.HIGH, network=True, elsewhere=True)
    elif helper and not (verb == "push" and "ext::" not in " ".join(rest)):
        findings.ask(why("shell.git_helper", shown=shown), Risk.HIGH, network=True)
    elif verb in _SENDS and "--dry-run" not in rest:
        findings.ask(why("shell.git_sends", shown=shown), network=True)
    else:
        speaks(shown, "git", rest, findings)


def _judge_flags(verb: str, rest: Sequence[str], scope: Scope, around: ShellSurroundings, findings: Findings) -> None:
    for text in _without_messages(rest):
        helper = any(text == name or text.startswith(name + "=") or _abbreviates(text, name) for name in _HELPERS)
        pager = (verb == "grep" and text.startswith("-O")) or (
            verb == "rebase" and text.startswith("-x") and not findings.contained
        )
        if (helper and not (verb in {"merge", "rebase", "cherry-pick"} and text.startswith("--strategy"))) or pager:
            asks = findings.unsure if text.startswith(_TAME_HELPERS) else findings.ask
            asks(why("shell.git_helper", shown=clip(f"git {verb} {text}")), Risk.HIGH)
        elif text in _LOSES_WORK.get(verb, ()) and not (verb == "checkout" and text == "--" and rest[:1] != ["--"]):
            said = why("shell.git_loses", shown=clip(f"git {verb} {text}"))
            if findings.contained:
                judge_write(".", scope, around, findings, clip(f"git {verb}"))
            if verb in _UNDO or (verb, text) == ("stash", "clear"):
                findings.ask(said, inside=True)
            else:
                findings.loses(said)
    if verb == "prune" or (verb == "lfs" and rest[:1] == ["prune"]):
        findings.ask(why("shell.git_loses", shown=clip(f"git {verb} " + " ".join(rest))), inside=True)
    forms = _READ_ONLY_FORMS.get(verb)
    if forms is not None and rest and not forms & set(rest):
        risk = Risk.HIGH if verb in {"config", "bisect"} else Risk.MEDIUM
        said = why("shell.git_obeys", shown=clip(f"git {verb} " + " ".join(rest)))
        if _plants(verb, rest, findings):
            findings.ask(said, risk, inside=True)
        else:
            findings.unsure(said, risk)
    if verb == "rebase" and {"-i", "--interactive"} & set(rest):
        findings.unsure(why("shell.git_editor"))


def launched_by_git(texts: Sequence[str]) -> list[str]:
    """The commands that git is told to run: `bisect run`, `submodule foreach`, `rebase --exec`, `stash` aside."""
    found = [text.partition("=")[2] for text in texts if text.startswith("--exec=")]
    for at, text in enumerate(texts[:-1]):
        if text in {"foreach", "run"} and {"bisect", "submodule", "worktree"} & set(texts[:at]):
            told = [one for one in texts[at + 1 :] if one != "--recursive"]
            found.append(told[0] if len(told) == 1 else shlex.join(told))
        elif text in {"--exec", "-x"} and "rebase" in texts[:at]:
            found.append(texts[at + 1])
    return found


def _abbreviates(text: str, name: str) -> bool:
    head = text.partition("=")[0]
    return (
        len(head) > len("--up")
        and head.startswith("--")
        and name.startswith(head)
        and head not in {"--text", "--exclude"}
    )


def _without_messages(rest: Sequence[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for text in rest:
        if not skip and not text.startswith(("--message=", "--format=", "--pretty=", "--grep=", "--author=", "-m=")):
            kept.append(text)
        skip = text in _MESSAGE or (text.startswith("-") and not text.startswith("--") and text.endswith("m"))
    return kept


def _judge_paths(verb: str, rest: Sequence[str], scope: Scope, around: ShellSurroundings, findings: Findings) -> None:
    by = clip(f"git {verb}")
    for text in _without_messages(rest):
        if text.startswith("--outp") and "=" in text:
            judge_write(text.partition("=")[2], scope, around, findings, by)
        path = text.partition("=")[2] if text.startswith("--") else text.rpartition(":")[2]
        if not path or (text.startswith("-") and "=" not in text):
            continue
        if UNKNOWN in path:
            findings.unsure(why("shell.unknown_argument", shown=by))
        elif verb in _EMPTIES and findings.contained and path.startswith(("/", HOME)):
            judge_write(path, scope, around, findings, by)
        elif "://" not in text and (".." not in path or path.startswith("..")):
            judge_read(path, scope, around, findings, by)
    if verb in {"format-patch", "archive"} and "-o" in rest[:-1]:
        judge_write(rest[list(rest).index("-o") + 1], scope, around, findings, by)
