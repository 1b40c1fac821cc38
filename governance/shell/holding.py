"""What a file holds when a command comes to it, for languages that are judged by their text, such as SQL.

That is what the same command wrote into it, or what the workspace holds now, and only where nothing before it in the
command can have changed the file.
"""

import posixpath

from governance.shell.places import resolved
from governance.shell.programs import PROGRAMS, Takes
from governance.shell.scope import UNKNOWN, Findings, Input, Scope, ShellSurroundings

_COST = 60
"""Units of work for one file, so that files that name each other come to an end."""
_LOOKS = frozenset(
    {"cd", "clickhouse-client", "export", "mariadb", "mysql", "pg_isready", "psql", "set", "sqlite3", "sqlcmd", "true"}
) | {name for name, program in PROGRAMS.items() if program.takes in {Takes.DATA, Takes.READS}}
"""Programs that change no file of the workspace by themselves."""


def content_of(path: str, scope: Scope, around: ShellSurroundings, findings: Findings) -> str | None:
    """The text of a file; None where it cannot be told before the run."""
    findings.work_left -= _COST
    if findings.work_left <= 0 or not _untouched(findings):
        return None
    parts = [_held(one, around, findings) for one in resolved(path, scope)]
    known = [part for part in parts if part is not None]
    return "\n".join(known) if known and len(known) == len(parts) else None


def _held(path: str, around: ShellSurroundings, findings: Findings) -> str | None:
    """What stood in the file, with what the command has written there, be it instead or behind."""
    before, written = around.contents(path), findings.written.get(path)
    if path in findings.overwritten:
        return None
    return before if written is None else f"{before or ''}\n{written}"


def fed_text(given: Input, scope: Scope, around: ShellSurroundings, findings: Findings) -> str | None:
    """What a command reads: a text, a file, or a file that `cat` passes on; None where it cannot be told."""
    if UNKNOWN not in given.text:
        return given.text
    if given.source and not given.fed_by:
        return content_of(given.source, scope, around, findings)
    if given.fed_by != ("cat",):
        return None
    shown = next((one.words for one in reversed(findings.named[-3:]) if one.words[0].text == "cat"), ())
    files = [word.text for word in shown[1:]]
    parts = [content_of(file, scope, around, findings) for file in files if not file.startswith("-")]
    known = [part for part in parts if part is not None]
    return "\n".join(known) if known and len(known) == len(files) else None


def _untouched(findings: Findings) -> bool:
    """Whether nothing that this command does before can have changed a file, but for what it is known to write."""
    return all(one.is_input or posixpath.basename(one.words[0].text) in _LOOKS for one in findings.named)
