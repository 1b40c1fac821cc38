"""What a grant "for this conversation" covers: a pattern made from one call, and whether another call falls under it.

A pattern never widens. A call is covered only when it is the same call, or when the pattern that it would make itself
is the very same; so a compound command, or one of higher risk, is covered by nothing but its own exact text.
"""

import posixpath
from collections.abc import Mapping
from urllib.parse import urlsplit

from governance.audit import canonical
from governance.calls import ProposedCall, hashed
from governance.shell import judge_command
from governance.shell.plain import plain_words
from governance.verdicts import Ask, Effect, Risk

_HARMLESS_ARGUMENTS = frozenset({"timeout", "timeout_seconds", "description", "reason"})
"""Arguments that do not change what a call does, by the names that tools give them."""

_SUBCOMMAND_MEANS_ALL: dict[str, frozenset[str]] = {
    "docker": frozenset({"images", "inspect", "logs", "ps", "stats"}),
    "git": frozenset({"fetch", "ls-remote", "pull", "push"}),
    "kubectl": frozenset({"describe", "get", "logs"}),
}
_DIGITS = 32
"""Of a digest in a pattern, 128 bits: as many as nobody can find a second content for."""
_BOUND_WHOLE = frozenset({Effect.CHANGES, Effect.NONE, Effect.SENDS})
"""Effects whose every argument counts."""
_SCRIPT_RUNNERS = frozenset({"bash", "node", "perl", "php", "python", "python3", "ruby", "sh"})


def pattern_for(call: ProposedCall) -> str:
    """The pattern that a grant made from this call has, as `/grants` shows it.

    `command:git push` program and subcommand, for a plain command of medium risk whose subcommand says all;
    `site:https://example.org` scheme, host and port of what is fetched; `path:…` one file, normalised;
    `exactly:…` this command, path or URL and no other; `arguments:…` these arguments and no others. Where it names
    files of the workspace, it ends in a digest of their content: `command:python run.py [content 3f2a…]`.
    """
    if call.effect in _BOUND_WHOLE or set(call.arguments) - _HARMLESS_ARGUMENTS - {call.subject}:
        # A write's content is what it is about, so a path pattern may ignore it; every other argument binds exactly.
        if call.effect is Effect.WRITES:
            return _path(call)
        return _with_content(f"arguments:{canonical(call.arguments)}", call.contents)
    if call.effect is Effect.RUNS:
        return _command(call)
    return _site(call) if call.effect is Effect.FETCHES else _path(call)


def covers(pattern: str, call: ProposedCall) -> bool:
    """Whether a grant with this pattern covers that call."""
    return bool(pattern) and pattern == pattern_for(call)


def _command(call: ProposedCall) -> str:
    exact = _with_content(f"exactly:{call.subject_value}", call.contents)
    verdict = judge_command(call.subject_value, call.workspace, contained=True)
    words = plain_words(call.subject_value)
    if not isinstance(verdict, Ask) or verdict.risk.rank > Risk.MEDIUM.rank or words is None or len(words) < 2:  # noqa: PLR2004  # program and subcommand
        return exact
    program, following = words[0], words[1]
    if following in _SUBCOMMAND_MEANS_ALL.get(program, ()):
        return f"command:{program} {following}"
    if program in _SCRIPT_RUNNERS and not following.startswith(("-", "/")) and " " not in following:
        script = posixpath.normpath(following)
        contents = call.contents or {}
        return _with_content(
            f"command:{program} {script}", {key: contents[key] for key in (script,) if key in contents}
        )
    return exact


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
