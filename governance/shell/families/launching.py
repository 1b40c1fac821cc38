"""Launchers of tools, as `npx` and `poetry run` are: judged by the tool that they launch and where it comes from.

A tool of the workspace is free like any other code of it. One that is told to be fetched first, from a registry or from
somebody's repository, is code that nobody here has seen.
"""

import itertools
import re
from collections.abc import Sequence

from governance.shell.contacts import speaks
from governance.shell.families.building import foreign_source
from governance.shell.programs import BUILDS, PROGRAMS, RUNNER_VERBS, RUNNERS
from governance.shell.scope import Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_VALUED = frozenset(
    {"-p", "--package", "--from", "--spec", "--with", "--with-editable", "--with-requirements", "--python", "-w",
     "--workspace", "--extra", "--group", "--env-file", "--directory", "--project", "--cwd", "-C", "--prefix"},
)  # fmt: skip
_COMMANDS = frozenset({"-c", "--call"})
_AGREES = frozenset({"-y", "--yes"})
_NAMES_SOURCE = frozenset({"-p", "--package", "--from", "--spec", "--with"})
_VERSION = re.compile(r"(?P<tool>@?[^@=]+)(?:@|==)(?P<version>.+)")
_OF_NPM = frozenset({"bunx", "npm", "npx", "pnpm", "pnpx", "yarn"})


def judge_runner(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """Judge a launcher by what it launches; False where these words launch nothing."""
    before = RUNNERS[name]
    if len(words) <= before + 1 or (before and words[1].text not in RUNNER_VERBS):
        return False
    if name in {"npm", "yarn", "pnpm"} and words[1].text == "run":
        return False
    tail = words[before + 1 :]
    options, launched = _parted(tail)
    tool, version = _tool(launched[0].text) if launched else ("", "")
    known = tool in BUILDS or re.fullmatch(r"python[\d.]*", tool) is not None
    shown = clip(" ".join(word.text for word in words))
    if not shell.around.contained:
        if known and not options:
            shell.run(launched, given)
        else:
            shell.findings.ask(why("shell.runner_installs", shown=shown, by=clip(name)), network=True)
        return True
    _fetched(name, words, options, (tool, version), shell)
    for flag, told in itertools.pairwise([word.text for word in tail]):
        if flag in _COMMANDS and name in _OF_NPM:
            shell.text(told)
    if launched:
        shell.run([Word(text=tool), *launched[1:]] if version else launched, given)
    if not known:
        speaks(shown, name, [word.text for word in words[1:]], shell.findings)
    return True


def _fetched(name: str, words: Sequence[Word], options: Sequence[str], tool: tuple[str, str], shell: Judging) -> None:
    """What has to come from elsewhere before it can run: out of a repository, or by a name that nobody here knows."""
    shown = clip(" ".join(word.text for word in words))
    sources = [after for flag, after in itertools.pairwise(options) if flag in _NAMES_SOURCE]
    sources += [one.partition("=")[2] for one in options if one.partition("=")[0] in _NAMES_SOURCE and "=" in one]
    of_npm = name in _OF_NPM
    registries = shell.around.registries
    source = foreign_source([word.text for word in words[1:]], registries) or foreign_source(
        ["", *sources, tool[0]], registries, of_npm=of_npm
    )
    bare, version = tool
    local = bare.startswith((".", "/")) or bare in BUILDS or bare in PROGRAMS
    if source:
        said = why("shell.foreign_registry", shown=shown, source=clip(source))
        shell.findings.ask(said, Risk.HIGH, network=True)
    elif bare and not local and (version or _AGREES & set(options)):
        shell.findings.ask(why("shell.launches_foreign", shown=shown, tool=clip(bare)), Risk.HIGH, network=True)


def _parted(tail: Sequence[Word]) -> tuple[list[str], Sequence[Word]]:
    """The launcher's own options, and the tool with its arguments."""
    at = 0
    while at < len(tail) and tail[at].text.startswith("-"):
        if tail[at].text == "--":
            return [word.text for word in tail[:at]], tail[at + 1 :]
        at += 2 if tail[at].text in _VALUED else 1
    return [word.text for word in tail[:at]], tail[at:]


def _tool(text: str) -> tuple[str, str]:
    """A tool by its name, and the version that is asked for."""
    match = _VERSION.fullmatch(text)
    return (match["tool"], match["version"]) if match and "://" not in text else (text, "")
