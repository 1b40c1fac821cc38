"""What a grant "for this conversation" covers: a pattern made from one call, and whether another call falls under it.

A pattern never widens. A call is covered only when it is the same call, or when the pattern that it would make itself
is the very same; so a compound command, or one of higher risk, is covered by nothing but its own exact text. Of a plain
command only the options may differ that make a program say more or less: whatever a word decides belongs to it, the
subcommand of a subcommand (`manage.py check`, `manage.py flush`) and the target (`git push origin main`) as well.
"""

import posixpath
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from governance.guard.calls import CWD, ProposedCall, hashed
from governance.guard.destinations import HOSTS, NETWORK
from governance.record.audit import canonical
from governance.values.verdicts import Ask, Effect, Risk

_HARMLESS_ARGUMENTS = frozenset({"timeout", "timeout_seconds", "description", "reason"})
"""Arguments that do not change what a call does, by the names that tools give them."""

BACKGROUND = "background"
"""The argument by which a command goes on after its call."""

_PLAIN_SUBCOMMANDS: dict[str, frozenset[str]] = {
    "docker": frozenset({"images", "inspect", "logs", "ps", "stats"}),
    "git": frozenset({"fetch", "ls-remote", "pull", "push"}),
    "kubectl": frozenset({"describe", "get", "logs"}),
}
"""Subcommands whose further words are targets and nothing else."""
_SAYS_MORE_OR_LESS = frozenset({"--no-progress", "--progress", "--quiet", "--verbose", "-q", "-v", "-vv"})
"""Options that change nothing but what a program prints."""
_DIGITS = 32
"""Of a digest in a pattern, 128 bits: as many as nobody can find a second content for."""
_BOUND_WHOLE = frozenset({Effect.CHANGES, Effect.CONSULTS, Effect.NONE, Effect.SEARCHES, Effect.SENDS, Effect.UNKNOWN})
"""Effects whose every argument counts."""
_SCRIPT_RUNNERS = frozenset({"bash", "node", "perl", "php", "python", "python3", "ruby", "sh"})


def pattern_for(call: ProposedCall) -> str:
    """The pattern that a grant made from this call has, as `/grants` shows it.

    `command:git push origin main` a plain command of medium risk at most, but for options that only make it say more or
    less; `… [network github.com]` that it may reach these hosts too;
    `site:https://example.org` scheme, host and port of what is fetched; `path:…` one file, normalised;
    `exactly:…` this command, path or URL and no other; `arguments:…` these arguments and no others. Where it names
    files of the workspace, it ends in a digest of their content: `command:python run.py [content 3f2a…]`.
    """
    bound = set(call.arguments) - _HARMLESS_ARGUMENTS - {call.subject}
    if call.effect is Effect.RUNS:
        bound -= {NETWORK} if isinstance(call.arguments.get(NETWORK), bool) else set()
        bound -= {name for name in (BACKGROUND, CWD, HOSTS) if not call.arguments.get(name)}
    if call.effect in _BOUND_WHOLE or bound:
        # A write's content is what it is about, so a path pattern may ignore it; every other argument binds exactly.
        if call.effect is Effect.WRITES:
            return _path(call)
        return _with_content(f"arguments:{canonical(call.arguments)}", call.contents)
    if call.effect is Effect.RUNS:
        hosts = ", ".join(map(str, call.destinations or ()))
        return f"{_command(call)} [network {hosts}]" if hosts else _command(call)
    return _site(call) if call.effect is Effect.FETCHES else _path(call)


def covers(pattern: str, call: ProposedCall) -> bool:
    """Whether a grant with this pattern covers that call."""
    return bool(pattern) and pattern == pattern_for(call)


def _command(call: ProposedCall) -> str:
    exact = _with_content(f"exactly:{call.subject_value}", call.contents)
    said, words = call.as_read.said, call.as_read.words
    if not isinstance(said, Ask) or said.risk.rank > Risk.MEDIUM.rank or words is None or len(words) < 2:  # noqa: PLR2004  # program and subcommand
        return exact
    program, following = words[0], words[1]
    if following in _PLAIN_SUBCOMMANDS.get(program, ()):
        return f"command:{' '.join(_deciding(words))}" if _are_single(words) else exact
    if program in _SCRIPT_RUNNERS and not following.startswith(("-", "/")) and " " not in following:
        script = posixpath.normpath(following)
        if not _are_single(words):
            return exact
        contents = call.contents or {}
        return _with_content(
            f"command:{' '.join([program, script, *_deciding(words[2:])])}",
            {key: contents[key] for key in (script,) if key in contents},
        )
    return exact


def _deciding(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _SAYS_MORE_OR_LESS]


def _are_single(words: Sequence[str]) -> bool:
    """Whether the words can be joined with blanks and told apart again."""
    return all(word and not any(mark.isspace() for mark in word) for word in words)


def _with_content(pattern: str, contents: Mapping[str, str] | None) -> str:
    return f"{pattern} [content {hashed(canonical(contents))[:_DIGITS]}]" if contents else pattern


def _site(call: ProposedCall) -> str:
    url = call.subject_value
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"exactly:{url}"
    odd = parts.username is not None or not parts.hostname or any(letter in url for letter in "\\ \t\r\n")
    if parts.scheme not in {"http", "https"} or odd or not url.isascii():
        return f"exactly:{url}"
    return f"site:{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def _path(call: ProposedCall) -> str:
    path = call.subject_value
    if not path or "\0" in path:
        return f"arguments:{canonical(call.arguments)}"
    return f"path:{posixpath.normpath(posixpath.join(str(call.workspace), path))}"
