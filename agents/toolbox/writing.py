"""Writes whole files and adds to them in the form that they have: encoding, byte order mark and line ends stay."""

import asyncio
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from agents.files.texts import Form, LineEnds, decode, encode, form_of, form_of_bytes
from agents.layers import Layers
from agents.toolbox.excerpts import count_lines, excerpt, told
from agents.toolbox.layered import about
from agents.tools.schema import ToolFailed
from agents.tools.tool import ToolContext, ToolResult
from governance.guard.paths import safe_open, safe_read
from governance.masking.blots import blotted, may_blot

MOST_CHANGED_BYTES = 16 << 20
"""The largest file that is changed or added to as a whole."""
MAX_WRITE_BYTES = 4 << 20
_MOST_LACKING = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A file as it is to be, and what is told of it; `seen` is what it was made from."""

    data: bytes
    told: ToolResult
    seen: bytes | None = None


async def write_file(
    layers: Layers, context: ToolContext, path: str, content: str, *, append: bool = False
) -> ToolResult:
    """Write a whole file, making folders; with `append` add to its end. Raises ToolFailed and what opening does."""
    if len(content.encode("utf-8", "replace")) > MAX_WRITE_BYTES:
        raise ToolFailed(
            f"that is more than {MAX_WRITE_BYTES >> 20} MB; write it in parts with append, or with a program"
        )
    made = await asyncio.to_thread(_appended if append else _whole, context.workspace, path, content)
    await put(layers, context, path, made.data, "write_file", seen=made.seen)
    return made.told


async def put(
    layers: Layers, context: ToolContext, path: str, data: bytes, tool: str, *, seen: bytes | None = None
) -> bool:
    """Put a whole file there, made from what was `seen`, keeping what it replaces; whether there was one before."""
    if why := await layers.lack(context.workspace, str(context.person.id)):
        raise ToolFailed(why)
    call = context.call or uuid4()
    return await layers.replace(context.workspace, path, data, call, about(context, path, tool), seen=seen)


def require_kept(before: str, after: str) -> None:
    """Raise ToolFailed where a mask would be written over a secret."""
    if line := blotted(before, after):
        raise ToolFailed(
            f"the line that begins with {line[:80]!r} holds a secret that you cannot read, and a mask would destroy "
            "it; keep its reference, as ‹secret:3fa2›, exactly as you read it, or leave that line as it is"
        )


def in_form(content: str, form: Form) -> str:
    """New text with the line ends of a file of that form; as it is where that has several kinds or none."""
    if form.line_ends not in {LineEnds.CR, LineEnds.CRLF, LineEnds.LF}:
        return content
    plain = content.replace("\r\n", "\n")
    ends = {LineEnds.CR: "\r", LineEnds.CRLF: "\r\n"}.get(form.line_ends, "\n")
    return plain if ends == "\n" else plain.replace("\n", ends)


def encoded(text: str, form: Form, path: str, new: str) -> bytes:
    """The bytes of a whole file; raises ToolFailed that names characters of `new` which its encoding does not have."""
    try:
        return encode(text, form)
    except UnicodeEncodeError as problem:
        lacking = [f"{sign} (U+{ord(sign):04X})" for sign in dict.fromkeys(new) if not _has(form.encoding, sign)]
        more = " and others" if len(lacking) > _MOST_LACKING else ""
        raise ToolFailed(
            f"{path} is {form.label}, which has no {', '.join(lacking[:_MOST_LACKING])}{more}; nothing was written. "
            f"Do without them, or turn the file into UTF-8 first: iconv -f {form.encoding} -t utf-8"
        ) from problem


def told_form(form: Form) -> str:
    """What was kept of a form that is not the usual one, to be put behind a sentence; else empty."""
    kept = [form.label] if form.label != "utf-8" else []
    kept += [form.line_ends.value] if form.line_ends in {LineEnds.CR, LineEnds.CRLF} else []
    return f" ({' · '.join(kept)}, as before)" if kept else ""


def _whole(workspace: Path, path: str, content: str) -> _Written:
    form, existed = _form_there(workspace, path)
    text = in_form(content, form)
    data = encoded(text.removeprefix("\ufeff") if form.bom else text, form, path, content)
    if existed and may_blot(content):
        _require_unblotted(workspace, path, content, form)
    lines = count_lines(content)
    size = f"{lines} {'line' if lines == 1 else 'lines'}, {len(data)} bytes"
    said = f"{'Replaced' if existed else 'Wrote'} {path}, {size}{told_form(form)}."
    return _Written(data=data, told=ToolResult(text=said))


def _appended(workspace: Path, path: str, content: str) -> _Written:
    try:
        data, size = safe_read(workspace, path, MOST_CHANGED_BYTES)
    except FileNotFoundError:
        return _whole(workspace, path, content)
    if size > len(data):
        raise ToolFailed(f"{path} has {size} bytes, too many to be added to here; use >> in the shell")
    form = form_of_bytes(data)
    if form is None:
        raise ToolFailed(f"{path} is not text, so no text can be added to it; write another file")
    before = decode(data, form)
    after = before + in_form(content, form)
    said = f"Added to {path}, which has {count_lines(after)} lines now{told_form(form)}:"
    there = excerpt(after, [(len(before), len(before) + 1)])
    return _Written(data=encoded(after, form, path, content), told=told(said, there), seen=data)


def _form_there(workspace: Path, path: str) -> tuple[Form, bool]:
    """The form of the file that is there, that of a new one where that is none or no text; and whether there is one."""
    try:
        opened = safe_open(workspace, path, os.O_RDONLY)
    except OSError:
        return Form(), False  # whatever is wrong with it is told when it is written
    with open(opened, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return Form(), False
        form = form_of(file)
    return form or Form(), True


def _require_unblotted(workspace: Path, path: str, content: str, form: Form) -> None:
    data, _ = safe_read(workspace, path, MOST_CHANGED_BYTES)
    require_kept(data[len(form.bom) :].decode(form.encoding, "replace"), content)


def _has(encoding: str, sign: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
