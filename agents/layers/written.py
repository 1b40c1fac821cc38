"""A file that a tool writes in the workspace itself: where it really lies, and what an interrupted write left."""

import os
from dataclasses import replace
from pathlib import Path

from agents.layers.entries import Entry, EntryState
from agents.layers.layer import LayerChanged
from agents.layers.trees import tree_at
from governance.guard.paths import relative_to, safe_read


def settle_written(entry: Entry, workspace: Path) -> Entry:
    """A file was written, or not, if we were interrupted before; then nothing of it remains."""
    step = entry.steps[0]
    now, kept = workspace / step.path, entry.kept / step.path
    if not os.path.lexists(now) or (kept.exists() and now.exists() and kept.samefile(now)):
        entry.forget()
        return entry
    return entry.save(state=EntryState.MERGED, steps=(replace(step, stamp=tree_at(now).stamp),))


def require_seen(workspace: Path, path: str, seen: bytes | None) -> None:
    """Raise LayerChanged where a file is not what was seen of it; None stands for a file that nobody looked at."""
    if seen is not None and safe_read(workspace, path, len(seen) + 1)[0] != seen:
        raise LayerChanged(
            f"{path} was changed meanwhile by something else, so nothing was written; make the call again"
        )


def reached(workspace: Path, path: str) -> tuple[str, str]:
    """Where a path really leads below its workspace, and the first part of it that is not there yet, else all of it.

    Both are empty when it leads nowhere that can be written.
    """
    top = os.path.realpath(workspace)
    above, _, name = relative_to(workspace, path).rpartition("/")
    folder = os.path.realpath(os.path.join(top, above))  # noqa: PTH118  # strings, of which parts are compared
    if name in {"", ".", ".."} or not f"{folder}/".startswith(f"{top}/"):
        return "", ""
    inner = os.path.relpath(os.path.join(folder, name), top)  # noqa: PTH118  # as above
    made = inner
    while "/" in made and not os.path.lexists(os.path.join(top, made.rpartition("/")[0])):  # noqa: PTH118  # as above
        made = made.rpartition("/")[0]
    return inner, made
