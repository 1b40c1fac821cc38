"""What a call really did when it was tried, as it is told to whoever decides. It decides only what needs a person."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from channels.locales import say
from governance.guard.paths import judge_path
from governance.values.reasons import why_of
from governance.values.safe_files import shown
from governance.values.verdicts import Allowed

MOST_PATHS = 200
"""So many changed paths a request keeps one by one."""
_MOST_NAMED = 6
_HOWS = ("added", "changed", "removed")
_KILO = 1024


def needs_person(path: str, workspace: Path) -> bool:
    """Whether a person decides about a change to this path: a name that others obey or under which secrets are kept."""
    return not isinstance(judge_path(path, workspace, writes=True), Allowed)


def summary(trial: Mapping[str, Any], language: str) -> str:
    """One line: what was added, changed and removed, with sizes, the first of each by name."""
    changes: Sequence[Sequence[Any]] = trial.get("changes", ())
    parts = [_told(how, [each for each in changes if each[0] == how], language) for how in _HOWS]
    if left_out := trial.get("left_out"):
        parts.append(say("effects.more", language, number=left_out))
    return say("effects.apart", language).join(part for part in parts if part) or say("effects.nothing", language)


def whole(trial: Mapping[str, Any], language: str) -> str:
    """Everything that is known of it: the summary, each change, the difference of texts, and what it said."""
    lines = [say("effects.head", language), summary(trial, language)]
    for each in trial.get("changes", ()):
        how = say(f"effects.line.{each[0]}", language)
        lines.append(f"{how} {shown(str(each[1]))} ({_size(_bytes(each))})")
    lines += [note.said(language) for stored in trial.get("notes", ()) if (note := why_of(str(stored)))]
    sections = ["\n".join(lines)]
    if difference := str(trial.get("difference", "")).rstrip():
        sections.append(difference)
    if output := str(trial.get("output", "")).rstrip():
        sections.append(f"{say('effects.output', language)}\n{output}")
    return "\n\n".join(sections)


def _told(how: str, changes: Sequence[Sequence[Any]], language: str) -> str:
    if not changes:
        return ""
    number = sum(int(each[5]) for each in changes)
    size = _size(sum(_bytes(each) for each in changes))
    named = ", ".join(shown(str(each[1])) for each in changes[:_MOST_NAMED])
    more = "…" if len(changes) > _MOST_NAMED else ""
    return say(f"effects.{how}", language, number=number, size=size, named=f"{named}{more}")


def _bytes(change: Sequence[Any]) -> int:
    """The size of what is there afterwards, or was there before it was removed."""
    return int(change[3] if change[0] == "removed" else change[4])


def _size(number: int) -> str:
    if number < _KILO:
        return f"{number} B"
    return f"{number / _KILO:.0f} kB" if number < _KILO * _KILO else f"{number / _KILO / _KILO:.1f} MB"
