"""Reads files of the workspace as a model needs it: any part of a text, documents as text, pictures to see."""

import asyncio
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from pydantic import Field

from agents.call_forms.values import as_path
from agents.files.documents.reader import Document, Documents, DocumentUnread
from agents.files.line_index import LineIndex, LineIndices
from agents.files.numbers import Numbers
from agents.files.texts import Form, form_of_bytes
from agents.models.pictures import LARGEST_BYTES, picture_of
from agents.sandbox.plans import SKILLS
from agents.skills.skills import PREFIX, Skills
from agents.toolbox.files import PATH
from agents.toolbox.kinds import document_of, kind_of, next_step, size_of
from agents.toolbox.nearest import missing
from agents.toolbox.picture_facts import facts_of
from agents.toolbox.view import LineView, WantedLines, viewed
from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed, tool
from agents.tools.tool import Tool, ToolContext, ToolResult
from governance.guard.paths import NotOrdinary, safe_open
from governance.values.verdicts import Effect

_HEAD_BYTES = 64
_NAMED = 20


def _as_readable(value: Any, workspace: Path) -> Any:
    """As every path; one below the folder of skills, as commands know it, names a file of a skill."""
    path = as_path(value, workspace)
    below = isinstance(path, str) and path.startswith(f"{SKILLS}/")
    return f"{PREFIX}{path.removeprefix(SKILLS).lstrip('/')}" if below else path


_PATH = ArgumentHabit(PATH.names, _as_readable)
_START = ArgumentHabit("offset start first_line from_line line_start begin_line line view_start")
_END = ArgumentHabit(
    "end last_line to_line line_end stop_line view_end",
    counts="limit lines line_count max_lines num_lines",
    since="start_line",
)
_CALLED = "read cat open_file view view_file read_files file_read fs_read"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """An open file, how it begins and how large it is."""

    file: BinaryIO
    head: bytes
    size: int


def reading_tool(skills: Skills | None = None, indices: LineIndices | None = None) -> Tool:
    """`read_file`, which knows the files that it read last, and reads those of `skills` as well."""
    indices, documents = indices or LineIndices(), Documents()

    async def read_file(
        context: ToolContext,
        path: Annotated[str, _PATH],
        start_line: Annotated[int, _START, Field(description="negative: from the end")] = 1,
        end_line: Annotated[int, _END] = 0,
        column: Annotated[int, Field(ge=1)] = 1,
    ) -> ToolResult:
        """Read a text file, document or picture."""
        wanted = WantedLines(start=start_line, end=end_line, column=column)
        elsewhere = await skills.file(context, path) if skills else None
        opened = await asyncio.to_thread(_opened, *(elsewhere or (context.workspace, path)))
        with opened.file:
            if kind := document_of(path, opened.head):
                try:
                    document = await documents.text(opened.file.fileno(), kind)
                except DocumentUnread as problem:
                    raise ToolFailed(f"{path} cannot be read as text: {problem}") from problem
                return await asyncio.to_thread(_of_document, document, kind, opened.size, wanted, path)
            return await asyncio.to_thread(_read, opened, indices, wanted, path)

    return tool(read_file, effect=Effect.READS, subject="path", also_called=_CALLED)


def _opened(workspace: Path, path: str) -> _Opened:
    """The file; raises ToolFailed with the next step where there is none."""
    try:
        opened = safe_open(workspace, path, os.O_RDONLY)
    except FileNotFoundError as problem:
        raise ToolFailed(missing(workspace, path)) from problem
    except NotADirectoryError as problem:
        raise ToolFailed(f"a part of {path} is a file, not a folder; {missing(workspace, path)}") from problem
    except NotOrdinary as problem:
        raise ToolFailed(f"{problem}, but a device, pipe or socket, which cannot be read; choose another") from problem
    about = os.fstat(opened)
    if stat.S_ISDIR(about.st_mode):
        try:
            raise ToolFailed(_about_folder(opened, path))
        finally:
            os.close(opened)
    file = open(opened, "rb")  # noqa: PTH123, SIM115  # a descriptor, closed by whoever reads
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    return _Opened(file=file, head=head, size=about.st_size)


def _about_folder(opened: int, path: str) -> str:
    names = sorted(os.listdir(opened))
    if not names:
        return f"{path} is an empty folder"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{path} is a folder with {', '.join(names[:_NAMED])}{more}; name a file; list_files shows all"


def _read(opened: _Opened, indices: LineIndices, wanted: WantedLines, path: str) -> ToolResult:
    if not opened.size:
        return ToolResult(text=f"{path} · empty (0 B). write_file fills it.")
    kind = kind_of(opened.head)
    if kind.endswith("picture"):
        return _picture(opened, kind, path)
    index = None if opened.head.startswith(b"%PDF") else indices.of(opened.file)
    if index is None:
        size = size_of(opened.size)
        raise ToolFailed(f"{path} is not text but {kind} of {size}; {next_step(kind)}")
    return _under(_first_line(index, path), viewed(opened.file, index, wanted, path))


def _under(first: str, view: LineView) -> ToolResult:
    """The view under its first line."""
    text = "\n".join((first, *view.rows, *view.notes))
    return ToolResult(text=text, numbers=(Numbers(skipped=1, count=len(view.rows), first=view.first),))


def _first_line(index: LineIndex, path: str) -> str:
    count = f"{index.lines} {'line' if index.lines == 1 else 'lines'}"
    form = index.form
    facts = [
        path,
        count if index.is_complete else f"more than {count}, not all counted",
        size_of(index.size),
        f"{form.label}, in part damaged" if form.is_damaged else form.label,
        str(form.line_ends),
        *(["the last line has no line end"] if index.ends_open and index.lines > 1 else []),
    ]
    return " · ".join(facts)


def _of_document(document: Document, kind: str, size: int, wanted: WantedLines, path: str) -> ToolResult:
    first = " · ".join([path, f"text of a {kind}", size_of(size), *document.facts])
    if not document.text:
        return ToolResult(text=first)
    index = LineIndex(form_of_bytes(document.text) or Form(), len(document.text))
    with io.BytesIO(document.text) as file:
        index.count(file, lambda: False)
        return _under(f"{first} · {index.lines} lines", viewed(file, index, wanted, path))


def _picture(opened: _Opened, kind: str, path: str) -> ToolResult:
    content = opened.file.read(LARGEST_BYTES + 1)
    facts = " · ".join([path, *facts_of(content, kind), size_of(opened.size)])
    picture = picture_of(content)
    if picture is None:
        raise ToolFailed(f"{facts}; it cannot be shown: {_unshown(opened.size)}")
    return ToolResult(
        text=f"{facts}\n(shown while you answer this; read it again to see it again)", pictures=(picture,)
    )


def _unshown(size: int) -> str:
    limit = LARGEST_BYTES >> 20
    return f"at most {limit} MB can" if size > LARGEST_BYTES else "convert it to PNG or JPEG first"
