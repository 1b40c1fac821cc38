"""What a call is about, in whatever words: hosts, paths, and programs with their sub-command. It judges nothing.

It reads the text and parses nothing: it serves to know a question again that was put otherwise before, never to say
what may run.
"""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from governance.guard.calls import ProposedCall
from governance.values.verdicts import Effect

HOST, PATH, RUN = "host:", "path:", "run:"
MOST, MOST_WORDS = 60, 500
"""So many targets of one call are kept, and so many words of it are looked at."""
LONGEST = 20_000
"""So many characters of a text are read."""
_URL = re.compile(
    r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+://(?:[^\s/@'\"]*+@)?(\[[0-9a-f:.]+\]|[^\s/:'\"?#)>@]++)[^\s'\"]*",
    re.IGNORECASE,
)
_AT_HOST = re.compile(r"(?<![\w.+-])[\w.+-]++@((?:[\w-]+\.)+[\w-]+)(:[^\s'\"]*)?")
_COMMANDS = re.compile(r"&&|\|\||[;|&\n(){}]")
_WORDS = re.compile(r"([^\s'\"`;|&<>(){}$=,\[\]]+)(\s*\()?")
_FILE_NAME = re.compile(r"[\w@+-]*(?:\.[\w@+-]+)*\.[A-Za-z][\w-]*")
_ASSIGNMENTS = re.compile(r"\s*(?:\w+=\S*\s+)*")
_PROGRAMS = ("/bin/", "/sbin/", "/usr/bin/", "/usr/local/bin/", "/usr/sbin/")
_WRAPPERS = frozenset(
    {"command", "env", "exec", "nice", "nohup", "setsid", "stdbuf", "sudo", "time", "timeout", "xargs"}
)
_WITH_SUBCOMMANDS = frozenset(
    {
        *("apt", "apt-get", "aws", "az", "brew", "bun", "cargo", "conda", "deno", "docker", "flyctl", "gcloud", "gh"),
        *("git", "glab", "go", "gradle", "helm", "heroku", "hg", "just", "kubectl", "make", "mvn", "npm", "npx", "oc"),
        *("pip", "pip3", "pipx", "pnpm", "podman", "poetry", "rails", "rclone", "svn", "systemctl", "terraform"),
        *("tofu", "uv", "vault", "yarn"),
    }
)
_ABOUT_FILES = frozenset(
    {
        *("chgrp", "chmod", "chown", "cp", "dd", "install", "ln", "mv", "rm", "rmdir", "shred", "tee", "touch"),
        *("truncate", "unlink"),
    }
)


def targets_of(call: ProposedCall) -> frozenset[str]:
    """The targets of a call, each with the mark of its kind."""
    if call.effect in {Effect.READS, Effect.WRITES}:
        found: Iterable[str] = _paths([call.subject_value], call)
    elif call.effect is Effect.RUNS and call.subject == "command":
        found = _of_command(call.subject_value[:LONGEST], call)
    else:
        texts = [value for value in call.arguments.values() if isinstance(value, str)]
        found = [RUN + call.tool, *(each for text in texts for each in _of_text(text, call))]
    return frozenset(sorted(set(found))[:MOST])


def is_same(refused: frozenset[str], asked: frozenset[str]) -> bool:
    """Whether what is asked is about what was refused: a host or a path of it, or else the same program."""
    before, now = _objects(refused), _objects(asked)
    if any(_overlap(one, other) for one in before for other in now):
        return True
    runs = {each for each in refused & asked if each.startswith(RUN)}
    return bool(runs) and not (before and now)


def _objects(targets: frozenset[str]) -> list[str]:
    return [each for each in targets if not each.startswith(RUN)]


def _overlap(one: str, other: str) -> bool:
    """Whether it is the same host, the same path, or a path within the other."""
    if one == other:
        return True
    within = one.startswith(PATH) and other.startswith(PATH)
    return within and (one.startswith(other.rstrip("/") + "/") or other.startswith(one.rstrip("/") + "/"))


def _of_command(text: str, call: ProposedCall) -> Iterator[str]:
    yield from _of_text(text, call)
    for piece in _COMMANDS.split(_without_hosts(text)):
        words = _words_of(piece)
        if not words:
            continue
        program = words[0].rsplit("/", 1)[-1]
        rest = [word for word in words[1:] if not word.startswith("-")]
        yield f"{RUN}{program} {rest[0]}" if program in _WITH_SUBCOMMANDS and rest else RUN + program
        if program in _ABOUT_FILES:
            yield from _paths(rest, call)


def _words_of(piece: str) -> list[str]:
    """The words of one command, without what only stands before it."""
    words = [found.group(1) for found in _WORDS.finditer(_ASSIGNMENTS.sub("", piece, count=1))]
    while words and words[0] in _WRAPPERS:
        words = words[1:]
        while words and (words[0].startswith("-") or words[0].isdigit()):
            words = words[1:]
    return words


def _of_text(text: str, call: ProposedCall) -> Iterator[str]:
    """The hosts and paths that a text names, in code as in a command."""
    for pattern in (_URL, _AT_HOST):
        for found in pattern.finditer(text):
            yield HOST + found.group(1).lower().rstrip(".")
    found_here = (found.group(1) for found in _WORDS.finditer(_without_hosts(text)) if not found.group(2))
    yield from _paths((word for word in islice(found_here, MOST_WORDS) if _names_a_file(word, call)), call)


def _without_hosts(text: str) -> str:
    return _AT_HOST.sub(" ", _URL.sub(" ", text))


def _names_a_file(word: str, call: ProposedCall) -> bool:
    if word.startswith(("-", *_PROGRAMS)):
        return False
    if "/" in word or word.startswith("~") or _FILE_NAME.fullmatch(word):
        return True
    return word not in {".", ".."} and os.path.lexists(call.workspace / word)


def _paths(words: Iterable[str], call: ProposedCall) -> Iterator[str]:
    """Paths from the workspace where they are in it, else from the root; the workspace itself is none."""
    for word in words:
        path = os.path.normpath(os.path.join(call.workspace, word)) if not word.startswith("~") else word  # noqa: PTH118
        inside = os.path.relpath(path, call.workspace) if not path.startswith("~") else path
        if inside != ".":
            yield PATH + (path if inside.startswith("..") else inside)
