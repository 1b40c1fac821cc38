"""Tries a call that asks only for what it would do inside its workspace, and takes over exactly what was looked at.

The call runs on a layer, without network, before anybody is asked. When nothing that it did needs a person, it is taken
over at once; else whoever decides sees what it really did, and approving merges that very layer without running
anything again. It refuses to merge what changed since.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from agents.layers import Changes, LayerBroken, LayerChanged, Layers
from agents.tools import ToolResult
from governance.effects import MOST_PATHS, needs_person
from governance.reasons import Why

_log = structlog.get_logger(__name__)
OUTPUT_CHARACTERS = 24_000
GONE = Why(word="why.trial_gone")
CHANGED = "It was not taken over, because {why}. Make the call again, to be asked anew."


class Trials:
    """The trials of one gateway, or of several that share the workspaces."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers

    def is_harmless(self, changes: Changes, workspace: Path) -> bool:
        """Whether nothing of it needs a person. Blocks: it looks up every path."""
        return is_harmless(changes, workspace, self._layers.most_kept_bytes)

    @property
    def are_possible(self) -> bool:
        """Whether calls run apart from their workspace here."""
        return self._layers.is_apart

    async def unfit(self, workspace: Path, call_id: UUID, trial: Mapping[str, Any]) -> Why | None:
        """Why a trial cannot be taken over any more; None when it can."""
        layer = await self._layers.pending(workspace, call_id)
        if layer is None:
            return GONE
        try:
            return _difference(trial, await layer.changes())
        except LayerBroken:
            return GONE
        finally:
            await layer.park()

    async def take_over(
        self, workspace: Path, call_id: UUID, trial: Mapping[str, Any], *, under: str = ""
    ) -> ToolResult:
        """Merge what was tried, under the code of an approval; the result is what it said when it was tried."""
        layer = await self._layers.pending(workspace, call_id)
        if layer is None:
            return ToolResult(text=CHANGED.format(why=GONE), ok=False)
        try:
            kept = await layer.merge(_expected(trial), under=under)
        except (LayerChanged, LayerBroken) as problem:
            await layer.discard()
            return ToolResult(text=CHANGED.format(why=str(problem) or GONE), ok=False)
        notes = "".join(f"\n({note})" for note in kept.notes)
        return ToolResult(text=f"{trial['output']}{notes}", ok=bool(trial["ok"]))

    async def throw_away(self, workspace: Path, call_id: UUID) -> None:
        """Nobody takes it over."""
        if (layer := await self._layers.pending(workspace, call_id)) is not None:
            await layer.discard()


def trial_of(changes: Changes, result: ToolResult) -> dict[str, Any]:
    """What a request keeps of a trial: what cards show, and by what a merge recognises it."""
    listed = changes.changes[:MOST_PATHS]
    return {
        "changes": [
            [each.how, each.path, each.kind, each.before_bytes, each.after_bytes, each.files] for each in listed
        ],
        "left_out": changes.left_out + len(changes.changes) - len(listed),
        "difference": changes.difference,
        "notes": list(changes.notes),
        "output": result.text[:OUTPUT_CHARACTERS],
        "ok": result.ok,
        "digest": changes.digest,
        "base": [list(pair) for pair in changes.base],
    }


def is_harmless(changes: Changes, workspace: Path, most_kept_bytes: int) -> bool:
    """Whether all of it could have been done without a person: nothing that others obey, all of it can be undone."""
    if changes.left_out or changes.notes or changes.replaced_bytes > most_kept_bytes:
        return False
    return not any(needs_person(each.path, workspace) for each in changes.changes if each.how != "removed")


def _difference(trial: Mapping[str, Any], now: Changes) -> Why | None:
    if now.digest != trial["digest"]:
        return GONE
    before, after = dict(trial["base"]), dict(now.base)
    changed = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    return Why(word="why.file_changed", fields={"path": changed[0]}) if changed else None


def _expected(trial: Mapping[str, Any]) -> Changes:
    base = tuple((str(path), str(stamp)) for path, stamp in trial["base"])
    return Changes(changes=(), digest=str(trial["digest"]), base=base)
