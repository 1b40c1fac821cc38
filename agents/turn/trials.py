"""Tries a call that asks only for what it would do inside its workspace, and takes over exactly what was looked at.

The call runs on a layer, without network, before anybody is asked. When nothing that it did needs a person, it is taken
over at once; else whoever decides sees what it really did, and approving merges that very layer without running
anything again. It refuses to merge what changed since.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from agents.layers import Changes, LayerBroken, LayerChanged, Layers, changed_beneath
from agents.tools.tool import ToolResult
from governance.guard.effects import MOST_PATHS, needs_person
from governance.values.reasons import Why

OUTPUT_CHARACTERS = 24_000
GONE = Why(word="why.trial_gone")
CHANGED = "It was not taken over, because {why}. Make the call again, to be asked anew."


class Trials:
    """The trials of one gateway, or of several that share the workspaces."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers

    def is_harmless(self, changes: Changes, workspace: Path) -> bool:
        """Whether all of it could have been done without a person: nothing that others obey, all of it can be undone.

        Blocks: it looks up every path.
        """
        if changes.left_out or changes.notes or changes.replaced_bytes > self._layers.most_kept_bytes:
            return False
        return not any(needs_person(each.path, workspace) for each in changes.changes if each.how != "removed")

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
        "notes": [note.stored for note in changes.notes],
        "output": result.text[:OUTPUT_CHARACTERS],
        "ok": result.ok,
        "digest": changes.digest,
        "base": [list(pair) for pair in changes.base],
    }


def _difference(trial: Mapping[str, Any], now: Changes) -> Why | None:
    if now.digest != trial["digest"]:
        return GONE
    changed = changed_beneath(dict(trial["base"]), dict(now.base))
    return Why(word="why.file_changed", fields={"path": changed[0]}) if changed else None


def _expected(trial: Mapping[str, Any]) -> Changes:
    base = tuple((str(path), str(stamp)) for path, stamp in trial["base"])
    return Changes(changes=(), digest=str(trial["digest"]), base=base)
