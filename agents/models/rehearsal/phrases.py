"""What the rehearsal model understands: patterns of the catalogue, in every language. It calls nothing."""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from channels.locales import languages, say, written_in

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a person asked for: `call` with the tools that could do it, best first, or the name of a sentence.

    `arguments` are pairs of (names that a tool may use for it, best first) and the value.
    """

    name: str
    tools: Names = ()
    arguments: tuple[tuple[Names, str], ...] = field(default=())


SHELL: Names = ("shell", "run_command", "bash", "execute_shell_command")
READ: Names = ("read_file", "read")
WRITE: Names = ("write_file", "write")
LIST: Names = ("list_files", "list", "ls")
SEARCH: Names = ("search_files", "search", "grep")
FETCH: Names = ("fetch_url", "fetch")
TIME: Names = ("current_time", "get_current_time", "time", "now")
COMMAND: Names = ("command", "cmd")
PATH: Names = ("path", "file", "file_path", "folder", "directory")
CONTENT: Names = ("content", "text", "contents")
PATTERN: Names = ("pattern", "query", "text")
URL: Names = ("url", "address")


def _run(found: re.Match[str]) -> Intent:
    return Intent(name="call", tools=SHELL, arguments=((COMMAND, _unquoted(found["what"])),))


def _remove(found: re.Match[str]) -> Intent:
    paths = " ".join(shlex.quote(word) for word in _unquoted(found["what"]).split())
    return Intent(name="call", tools=SHELL, arguments=((COMMAND, f"rm -r -- {paths}"),))


def _read(found: re.Match[str]) -> Intent:
    return Intent(name="call", tools=READ, arguments=((PATH, _unquoted(found["what"])),))


def _write(found: re.Match[str]) -> Intent:
    content, path = _unquoted(found["content"]), _unquoted(found["what"])
    return Intent(name="call", tools=WRITE, arguments=((PATH, path), (CONTENT, content)))


def _search(found: re.Match[str]) -> Intent:
    return Intent(name="call", tools=SEARCH, arguments=((PATTERN, _unquoted(found["what"])),))


def _fetch(found: re.Match[str]) -> Intent:
    return Intent(name="call", tools=FETCH, arguments=((URL, found["what"]),))


def _named(name: str, tools: Names = ()) -> Callable[[re.Match[str]], Intent]:
    return lambda _: Intent(name=name, tools=tools)


_MEANT: Mapping[str, Callable[[re.Match[str]], Intent]] = {
    "run": _run,
    "remove": _remove,
    "write": _write,
    "list": _named("call", LIST),
    "read": _read,
    "search": _search,
    "fetch": _fetch,
    "time": _named("call", TIME),
    "greeting": _named("greeting"),
    "help": _named("help"),
}
"""What each pattern under `rehearsal.heard` in the catalogue means, in the order in which they are tried."""
_FETCH_FIRST = re.compile(r"https?://", re.IGNORECASE)
_TRAILING = "。！？!? \n"


@cache
def _patterns() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Name, language and pattern."""
    return tuple(
        (name, language, re.compile(say(f"rehearsal.heard.{name}", language), re.IGNORECASE | re.DOTALL))
        for name in _MEANT
        for language in languages()
    )


def intent_in(text: str) -> tuple[Intent, str]:
    """What the text asks for, and its language; `explain` when it is none of the phrases.

    Text beyond 4,000 characters is not read.
    """
    words = text.strip()[:4000].strip(_TRAILING)
    for name, language, pattern in _patterns():
        found = pattern.fullmatch(words)
        if found and not (name == "read" and _FETCH_FIRST.match(found["what"])):
            return _MEANT[name](found), language
    return Intent(name="explain"), written_in(words)


_PENDING = re.compile(r"\W*(?:(?:this|the|call|is|it) ){0,4}(?:pending|awaiting|waiting|waits) ?|等待|待审批|待批准")
_DENIED = re.compile(
    r"\W*(?:(?:this|the|call|is|was|it) ){0,4}(?:denied|refused|rejected|not allowed)\b|已拒绝|被拒绝|不允许"
)


def state_of(result: str) -> str:
    """`pending`, `denied` or `done`, by the first words of a call's result: the turn puts its own verdicts there."""
    start = result[:80].lower()
    if _PENDING.match(start):
        return "pending"
    return "denied" if _DENIED.match(start) else "done"


def _unquoted(text: str) -> str:
    """Without the quotation marks that people put around what they mean."""
    stripped = text.strip()
    for first, last in ("``", '""', "''", "“”", "「」", "‘’"):
        inner = stripped[1:-1]
        if len(stripped) > 1 and stripped[0] == first and stripped[-1] == last and first not in inner:
            return inner.strip()
    return stripped
