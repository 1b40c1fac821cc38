"""Replaces text in a file, one place or several, all or none, so that no other byte changes; says what it did.

Where the old text fits nowhere or in several places nothing is changed, and the answer holds what is needed next: the
nearest lines and the first difference, or the lines that it fits.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, WithJsonSchema

from agents.files.texts import Form, LineEnds, decode, form_of_bytes
from agents.layers import Layers
from agents.toolbox.excerpts import MOST_SPANS, Row, Span, count_lines, excerpt, lines_between, told
from agents.toolbox.fitting import changed
from agents.toolbox.matching import LINE_END, MOST_PLACES, FoundPlaces, MatchStep, Several, find, line_of
from agents.toolbox.nearest import missing
from agents.toolbox.nearest_lines import nearest
from agents.toolbox.writing import MAX_WRITE_BYTES, MOST_CHANGED_BYTES, encoded, put, require_kept, told_form
from agents.tools.schema import ToolFailed
from agents.tools.tool import ToolContext, ToolResult
from governance.guard.paths import safe_read
from governance.masking.blots import may_blot

_TOLD_AS_DONE = 10
"""New text of so many characters is looked for in the file, in case the edit was made already."""


class Edit(BaseModel):
    """One replacement, also by the names that other tools have for its parts."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    old: str = Field(validation_alias=AliasChoices("old", "old_string", "old_str", "old_text", "search"))
    new: str = Field(validation_alias=AliasChoices("new", "new_string", "new_str", "new_text", "replace"))
    replace_all: bool = False


_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"old": {"type": "string"}, "new": {"type": "string"}},
        "required": ["old", "new"],
    },
    "description": "further replacements, all or none",
}
Edits = Annotated[tuple[Edit, ...], WithJsonSchema(_SCHEMA)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A file with the edits made, and as it was."""

    data: bytes
    seen: bytes
    told: ToolResult


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unfit:
    """Why an edit cannot be made, and the lines that it may have meant."""

    said: str
    near: Sequence[Row] = ()


def together(old: str | None, new: str | None, edits: Sequence[Edit], *, replace_all: bool) -> list[Edit]:
    """All edits of a call in order, the first from its own `old` and `new`; raises ToolFailed where one is missing."""
    if edits and not old and not new:
        first = []
    elif old is None or new is None:
        raise ToolFailed(f"`{'old' if old is None else 'new'}` is missing; give both, as strings")
    else:
        first = [Edit(old=old, new=new)]
    return [each.model_copy(update={"replace_all": replace_all or each.replace_all}) for each in (*first, *edits)]


async def edit_file(layers: Layers, context: ToolContext, path: str, edits: Sequence[Edit]) -> ToolResult:
    """Make the edits one after the other, or none. Raises ToolFailed and what opening does."""
    made = await asyncio.to_thread(_made, context.workspace, path, edits, strict=bool(context.under))
    if isinstance(made, ToolResult):
        return made
    await put(layers, context, path, made.data, "edit_file", seen=made.seen)
    return made.told


def _made(workspace: Path, path: str, edits: Sequence[Edit], *, strict: bool) -> _Made | ToolResult:
    """The file with all edits made, or the whole answer where one cannot be; `strict`: only to the letter."""
    seen, before, form = _read(workspace, path)
    text = before
    steps: list[MatchStep] = []
    spans: list[Span] = []
    places = 0
    for number, edit in enumerate(edits, 1):
        which = f"Edit {number} of {len(edits)}, so none was made: " if len(edits) > 1 else ""
        found = _found(text, edit, path, strict=strict)
        if isinstance(found, _Unfit):
            return told(f"{which}{found.said}", found.near, ok=False)
        text, new_spans = changed(text, found)
        spans = [*_moved(spans, found, new_spans), *new_spans[:MOST_SPANS]]
        steps.append(found.step)
        places += len(new_spans)
    new = "".join(edit.new for edit in edits)
    if text == before:
        raise ToolFailed(f"nothing would change in {path}: {_why_nothing(edits)}")
    if may_blot(new):
        require_kept(before, text)
    whole = text.replace("\n", "\r") if form.line_ends is LineEnds.CR else text
    said = f"Replaced {places} {'place' if places == 1 else 'places'} in {path}{told_form(form)}.{_told_steps(steps)}"
    return _Made(seen=seen, data=encoded(whole, form, path, new), told=told(said, excerpt(text, spans) if text else ()))


def _read(workspace: Path, path: str) -> tuple[bytes, str, Form]:
    r"""The bytes of the file, its text, with `\n` for the ends of an old Macintosh, and its form."""
    try:
        data, size = safe_read(workspace, path, MOST_CHANGED_BYTES)
    except FileNotFoundError as problem:
        raise ToolFailed(f"{missing(workspace, path)}, write_file makes a new file") from problem
    if size > len(data):
        raise ToolFailed(f"{path} has {size} bytes, too many to edit here; use sed or a program in the shell")
    form = form_of_bytes(data)
    if form is None:
        raise ToolFailed(f"{path} is not text; change it with a program in the shell that knows its format")
    try:
        text = decode(data, form)
    except UnicodeDecodeError as problem:
        raise ToolFailed(
            f"{path} is {form.label} with bytes that an edit would not give back as they are; use sed in the shell"
        ) from problem
    return data, (text.replace("\r", "\n") if form.line_ends is LineEnds.CR else text), form


def _found(text: str, edit: Edit, path: str, *, strict: bool) -> FoundPlaces | _Unfit:
    """Where the edit belongs, or all that is needed to make it."""
    if not edit.old:
        return _Unfit(said="old is empty. Give the text to replace; write_file with append adds to the end.")
    if max(len(edit.old), len(edit.new)) > MAX_WRITE_BYTES:
        most = MAX_WRITE_BYTES >> 20
        return _Unfit(said=f"old or new is too long. At most {most} million characters are replaced at once.")
    found = find(text, edit.old, edit.new, every=edit.replace_all, strict=strict)
    if isinstance(found, FoundPlaces):
        return found
    if isinstance(found, Several):
        return _Unfit(said=_told_several(found, path, is_all=edit.replace_all))
    unfit = _near(text, edit, path)
    if strict and isinstance(find(text, edit.old, edit.new, every=edit.replace_all), FoundPlaces):
        so = f"{path} is not exactly so, and what was approved is done to the letter."
        return replace(unfit, said=f"{so} {unfit.said}")
    return unfit


def _told_several(several: Several, path: str, *, is_all: bool) -> str:
    if is_all and several.step is MatchStep.EXACT:
        return f"old fits more than {MOST_PLACES:,} places of {path}. Use sed in the shell for so many."
    inexact = "" if several.step is MatchStep.EXACT else f" {several.step.value.partition(',')[0]}"
    cure = "" if is_all or inexact else ", or set replace_all to replace every one"
    if len(several.lines) == 1:
        where = f"old fits {path}{inexact} in several places of line {several.lines[0]}"
        return f"{where}. Give more of that line{cure}."
    where = ", ".join(map(str, several.lines)) + (" and more" if several.is_more else "")
    return (
        f"old fits {path}{inexact} in several places, lines {where}. Add a line before or after it, or begin it with "
        f"its line number as read_file shows it{cure}."
    )


def _near(text: str, edit: Edit, path: str) -> _Unfit:
    """Why it fits nowhere, with the nearest lines."""
    said = [f"old is not in {path} ({count_lines(text)} lines)."]
    if len(edit.new.strip()) >= _TOLD_AS_DONE and text.count(edit.new) == 1:
        said.append(f"new is there already, at line {line_of(text, text.index(edit.new))}.")
    unescaped = edit.old.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
    if unescaped != edit.old and find(text, unescaped, edit.new):
        said.append(r"It would fit with line ends, tabs or quotes in the place of \n, \t or \" in yours.")
        return _Unfit(said=" ".join(said))
    near = nearest(text, edit.old)
    if near is None:
        said.append("Nothing there is much like it: read the file, or find the place with search_files.")
        return _Unfit(said=" ".join(said))
    lines = f"lines {near.first}-{near.last}" if near.last > near.first else f"line {near.first}"
    said.append(f"Nearest: {lines}; {near.difference}. Copy what is there:")
    around = excerpt(text, [lines_between(text, near.first, near.last)], around=1)
    return _Unfit(said=" ".join(said), near=around)


def _moved(spans: Sequence[Span], found: FoundPlaces, new_spans: Sequence[Span]) -> list[Span]:
    """Where earlier changes are now."""
    grown = [
        (place.start, (end - start) - (place.end - place.start))
        for place, (start, end) in zip(found.places, new_spans, strict=True)
    ]
    return [tuple(at + sum(by for start, by in grown if start < at) for at in span) for span in spans]  # type: ignore[misc]


def _told_steps(steps: Sequence[MatchStep]) -> str:
    """Which edits did not fit as they were, and how they did."""
    inexact = [(number, step) for number, step in enumerate(steps, 1) if step is not MatchStep.EXACT]
    if len(steps) == 1:
        return "".join(f" It was found {step.value}." for _, step in inexact)
    return "".join(f" Edit {number} was found {step.value}." for number, step in inexact)


def _why_nothing(edits: Sequence[Edit]) -> str:
    plain = [(LINE_END.sub("\n", edit.old), LINE_END.sub("\n", edit.new)) for edit in edits]
    if any(edit.old != edit.new for edit in edits) and all(old == new for old, new in plain):
        return r"edit_file keeps line ends; sed -i 's/\r$//' or sed -i 's/$/\r/' in the shell changes them"
    return "old and new come to the same"
