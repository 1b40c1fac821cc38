"""What `git` would do. Reading and local history are free; what leaves the machine, loses work or runs helpers asks."""

from collections.abc import Sequence

from governance.shell.places import judge_read, judge_write
from governance.shell.scope import UNKNOWN, Findings, Scope, Surroundings, Word, clip
from governance.verdicts import Risk


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
_MESSAGE = _set(
    "-m --message --author --date --grep -S -G --format --pretty -e --since --until --after --before -n -L",
)


def judge_git(words: Sequence[Word], scope: Scope, around: Surroundings, findings: Findings) -> None:
    """Judge the arguments after `git`."""
    texts = [word.text for word in words]
    at = _globals(texts, findings, scope, around)
    if at >= len(texts):
        return
    verb, rest = texts[at], texts[at + 1 :]
    if verb in _NETWORK:
        _judge_network(verb, rest, findings)
    elif verb not in _FREE:
        findings.ask(f"{clip('git ' + verb)} is not among the harmless commands of git (it may also be an alias)")
        return
    _judge_flags(verb, rest, findings)
    _judge_paths(verb, rest, scope, around, findings)


def _globals(texts: Sequence[str], findings: Findings, scope: Scope, around: Surroundings) -> int:
    at = 0
    while at < len(texts) and texts[at].startswith("-"):
        text = texts[at]
        if text == "-C" and at + 1 < len(texts):
            judge_write(texts[at + 1], scope, around, findings, clip("git -C"))
            at += 2
            continue
        if text in {"--version", "--help", "-v", "-h"}:
            return len(texts)
        if text not in _GLOBAL_PLAIN:
            findings.ask(f"{clip('git ' + text)} changes what git runs or where it works", Risk.HIGH)
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
        findings.ask(f"{shown} may overwrite or delete what others have", Risk.HIGH, network=True)
    elif helper and not (verb == "push" and "ext::" not in " ".join(rest)):
        findings.ask(f"{shown} lets git run another program", Risk.HIGH, network=True)
    else:
        findings.ask(f"{clip(f'git {verb}')} speaks to another machine", network=True)


def _judge_flags(verb: str, rest: Sequence[str], findings: Findings) -> None:
    for text in _without_messages(rest):
        helper = any(text == name or text.startswith(name + "=") or _abbreviates(text, name) for name in _HELPERS)
        pager = (verb == "grep" and text.startswith("-O")) or (verb == "rebase" and text.startswith("-x"))
        if (helper and not (verb in {"merge", "rebase", "cherry-pick"} and text.startswith("--strategy"))) or pager:
            findings.ask(f"{clip(f'git {verb} {text}')} lets git run another program", Risk.HIGH)
        elif text in _LOSES_WORK.get(verb, ()) and not (verb == "checkout" and text == "--" and rest[:1] != ["--"]):
            findings.ask(f"{clip(f'git {verb} {text}')} may lose work that is not committed or referenced")
    forms = _READ_ONLY_FORMS.get(verb)
    if forms is not None and rest and not forms & set(rest):
        risk = Risk.HIGH if verb in {"config", "bisect"} else Risk.MEDIUM
        findings.ask(f"{clip(f'git {verb} ' + ' '.join(rest))} changes what git obeys or runs", risk)
    if verb == "rebase" and {"-i", "--interactive"} & set(rest):
        findings.ask("`git rebase -i` opens an editor")


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


def _judge_paths(verb: str, rest: Sequence[str], scope: Scope, around: Surroundings, findings: Findings) -> None:
    by = clip(f"git {verb}")
    for text in _without_messages(rest):
        if text.startswith("--output="):
            judge_write(text.partition("=")[2], scope, around, findings, by)
        path = text.partition("=")[2] if text.startswith("--") else text.rpartition(":")[2]
        if not path or (text.startswith("-") and "=" not in text):
            continue
        if UNKNOWN in path:
            findings.ask(f"{by} has an argument that cannot be known before it runs")
        elif "://" not in text and (".." not in path or path.startswith("..")):
            judge_read(path, scope, around, findings, by)
    if verb in {"format-patch", "archive"} and "-o" in rest[:-1]:
        judge_write(rest[list(rest).index("-o") + 1], scope, around, findings, by)
