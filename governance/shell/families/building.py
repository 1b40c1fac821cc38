"""Tests, builds and package tools: by what they launch, by whom they speak to, and by what reaches other people."""

import itertools
import re
from collections.abc import Sequence

from governance.shell.contacts import speaks
from governance.shell.options import judge_by_table
from governance.shell.places import has_arrived, judge_write, resolved
from governance.shell.programs import BUILDS, CODE_FLAGS, OUTWARD_TARGETS, SPEAKING_TARGETS, SUBCOMMANDS
from governance.shell.scope import Input, Judging, Listed, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_LATER = frozenset({"docker", "helm", "kubectl", "systemctl", "terraform"})
"""Programs whose other subcommands have a rule elsewhere."""
_FETCHES = frozenset(
    {
        "add", "audit", "ci", "clone", "create", "dedupe", "download", "fetch", "generate-lockfile", "get", "i", "info",
        "init", "install", "lock", "mod", "new", "outdated", "pull", "remove", "require", "restore", "search", "sync",
        "tool", "uninstall", "update", "upgrade", "vendor", "view", "wheel", "rm", "un", "dlx", "exec", "pip", "venv",
        "python", "cache", "toolchain", "component", "target", "work", "generate", "nuget", "pub", "env", "activate",
        "config", "set", "why", "pack", "link", "rebuild", "prune", "fund", "docs", "repo", "bin", "run", "self",
        "compile", "export", "use", "show", "hash", "index", "inspect", "help", "version", "dedup", "import", "patch",
    },
)  # fmt: skip
"""Verbs of package tools that fill or tidy the workspace, and speak to a registry at most."""
_FOREIGN = re.compile(
    r"--(?:extra-)?index-url|--registry|--source|--trusted-host|-i|--find-links|-f|--default-index|--index"
)
_REGISTRY = re.compile(r"https://([A-Za-z0-9.-]+)(?::(\d{1,5}))?(?:/[^\s?#@]*)?")
_HTTPS = 443
_KNOWN_REGISTRIES = re.compile(
    r"https://(?:[\w.-]+\.)?(?:pypi\.org|pythonhosted\.org|npmjs\.org|yarnpkg\.com|npmmirror\.com|tsinghua\.edu\.cn|aliyun\.com"
    r"|ustc\.edu\.cn|tencent\.com|huaweicloud\.com|douban\.com|pytorch\.org|crates\.io|golang\.org|rubygems\.org|nvidia\.com)(?:[/:].*)?"
)

_HOSTED = re.compile(r"(?:github|gitlab|bitbucket|gist|sourcehut):[\w.~-]+(?:/[\w./?=#~-]+)?")
_REPOSITORY = re.compile(r"\w[\w-]*/[\w.-]+(?:#\S+)?")


def judge_build(name: str, words: Sequence[Word], given: Input, shell: Judging) -> None:
    """A test, a check or a build of the workspace, which runs whatever the workspace holds."""
    texts = [word.text for word in words[1:]]
    outward = next((text for text in texts if text in OUTWARD_TARGETS), "")
    if outward:
        _outward(f"{name} {outward}", outward, shell)
    if name in {"make", "gmake", "just", "task"}:
        _made(name, texts, given, shell)
    for flag, word in itertools.pairwise(words[1:]):
        if flag.text == "-o" and not word.text.startswith("-"):
            judge_write(word, shell.scope, shell.around, shell.findings, clip(name))
    if shell.around.contained and any(text.startswith("/dev/fd/") for text in texts):
        shell.findings.ask(why("shell.obeys_input", by=clip(name)), Risk.HIGH)
    if {"-f-", "-f/dev/stdin", "/dev/stdin"} & set(texts) or ("-" in texts and name in {"make", "gmake"}):
        shell.findings.ask(why("shell.obeys_input", by=clip(name)), Risk.HIGH)
        for line in given.text.splitlines()[:50]:
            shell.probe(line.strip().lstrip("@-"))
    judge_by_table(name, BUILDS[name], words[1:], shell)
    _arrived(name, texts, shell)
    for text in texts:
        if " " in text and "=" not in text.split(" ", maxsplit=1)[0]:
            shell.probe(text)


def _arrived(name: str, texts: Sequence[str], shell: Judging) -> None:
    """Building what this very command has just fetched runs it."""
    folders = [".", *(after for flag, after in itertools.pairwise(texts) if flag in {"-C", "--directory", "--prefix"})]
    if shell.around.contained and any(has_arrived(folder, shell.scope, shell.findings) for folder in folders):
        shell.findings.ask(why("shell.runs_arrived", shown=clip(" ".join([name, *texts]))), Risk.HIGH)


def _made(name: str, texts: Sequence[str], given: Input, shell: Judging) -> None:
    """What `make` and its like are told besides their targets."""
    shown = clip(" ".join([name, *texts]))
    if any(re.match(r"(?:SHELL|MAKEFLAGS|\.SHELLFLAGS)\W?=", text) for text in texts):
        shell.findings.ask(why("shell.replaces_shell", shown=shown), Risk.HIGH)
    if name in {"make", "gmake"} and any(text.startswith("-E") for text in texts):
        shell.findings.ask(why("shell.recipe_argument", shown=shown), Risk.HIGH)
    if shell.around.contained and not given.given:
        _recipes(texts, shell)


def _recipes(texts: Sequence[str], shell: Judging) -> None:
    """The recipes of a make file that this very command wrote."""
    named = [after for flag, after in itertools.pairwise(texts) if flag in {"-f", "--file"}]
    for file in named or ["Makefile", "makefile", "GNUmakefile"]:
        for path in resolved(file, shell.scope):
            for line in shell.findings.written.get(path, "").splitlines()[:50]:
                recipe = line.partition(";")[2] if not line.startswith("\t") else line
                if recipe.strip():
                    shell.text(recipe.strip().lstrip("@-+"), has_arguments=True)


def _outward(shown: str, target: str, shell: Judging) -> None:
    speaking = target in SPEAKING_TARGETS
    said = why("shell.reaches_beyond", shown=clip(shown))
    if speaking:
        shell.findings.ask(said, network=True)
    else:
        shell.findings.unsure(said)


def judge_subcommands(name: str, words: Sequence[Word], shell: Judging) -> bool:
    """Judge a program by its subcommand; False when another rule knows the program."""
    verb = words[1].text if len(words) > 1 else ""
    plain = next((word.text for word in words[2:] if not word.text.startswith("-")), "")
    if verb not in SUBCOMMANDS[name]:
        if name in _LATER:
            return False
        _fetches(name, verb, words, shell)
        return True
    if verb.startswith("run") and plain in OUTWARD_TARGETS:
        _outward(f"{name} {verb} {plain}", plain, shell)
    risky = next((word.text for word in words[1:] if word.text.startswith(CODE_FLAGS.get(name, ("\n",)))), "")
    if risky:
        shell.findings.ask(why("shell.obeys_other", shown=clip(f"{name} {risky}")), Risk.HIGH)
    if name == "go" and verb == "run" and "@" in plain:
        shell.findings.ask(why("shell.runs_arrived", shown=clip(f"go run {plain}")), Risk.HIGH, network=True)
    judge_by_table(name, BUILDS["make"], words[2:], shell)
    _arrived(name, [word.text for word in words[1:]], shell)
    return True


def _fetches(name: str, verb: str, words: Sequence[Word], shell: Judging) -> None:
    """A verb that installs or publishes: free in the sandbox where it only fills the workspace."""
    texts = [word.text for word in words[1:]]
    shown = clip(" ".join([name, *texts]).strip())
    said = why("shell.installs", shown=shown)
    tame = (
        not verb or verb.startswith("-") or verb in _FETCHES or not any(text in OUTWARD_TARGETS for text in texts[:2])
    )
    given = itertools.pairwise(["", *texts[1:]])
    plain = [text for flag, text in given if not text.startswith("-") and not _FOREIGN.fullmatch(flag)]
    adds = name in {"bun", "npm", "pnpm", "yarn"} and verb in {"add", "i", "install"}
    registries = shell.around.registries
    foreign = foreign_source(["", *texts[1:]], registries)
    if foreign := foreign or (foreign_source(["", *plain], registries, of_npm=True) if adds else ""):
        shell.findings.ask(why("shell.foreign_registry", shown=shown, source=clip(foreign)), Risk.HIGH, network=True)
    elif tame and not _plants_setting(verb, texts):
        speaks(shown, name, texts, shell.findings)
    else:
        shell.findings.ask(said, network=True)


def foreign_source(texts: Sequence[str], registries: Listed, *, of_npm: bool = False) -> str:
    """A source of packages that is no known registry, nor one of these; empty when there is none.

    npm takes `a/b` for a repository.
    """
    attached = [(text.partition("=")[0], text.partition("=")[2]) for text in texts]
    for flag, value in [*itertools.pairwise(texts), *attached]:
        if _FOREIGN.fullmatch(flag) and "://" in value and not _KNOWN_REGISTRIES.fullmatch(value):
            if _is_listed(value, registries):
                continue
            return value
    named = {value for flag, value in itertools.pairwise(texts) if _FOREIGN.fullmatch(flag)}
    direct = re.compile(r"(?:git\+|hg\+|svn\+)?(?:https?|ssh|ftp|git)(?:\+\w+)?://.*|--trusted-host.*|git@.*")
    found = (
        text
        for text in texts
        if (direct.fullmatch(text) and not _KNOWN_REGISTRIES.fullmatch(text))
        or _HOSTED.fullmatch(text)
        or (of_npm and _REPOSITORY.fullmatch(text))
    )
    return next((text for text in found if text not in named or not _is_listed(text, registries)), "")


def _is_listed(source: str, registries: Listed) -> bool:
    """Whether a registry is one of these; only by HTTPS, so that nobody on the way can put packages into it."""
    found = _REGISTRY.fullmatch(source)
    return found is not None and registries(found[1].lower(), int(found[2] or _HTTPS), "")


def _plants_setting(verb: str, texts: Sequence[str]) -> bool:
    """Whether a setting is written that later calls obey, as `npm config set script-shell`."""
    return (
        verb in {"config", "set", "env"}
        and not {"get", "list", "ls"} & set(texts[:2])
        and any(
            re.search(r"script-shell|registry|proxy|GOFLAGS|toolexec|index-url|GOPROXY|-w\b", text) for text in texts
        )
    )
