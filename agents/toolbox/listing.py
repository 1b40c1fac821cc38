"""Lists the files of the workspace: each of a few, and folder by folder with counts where there are many."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from agents.files.searching.globs import Glob
from agents.files.searching.walking import FolderContents, Passed, walk
from agents.toolbox.files import PATH
from agents.toolbox.found import shown_path
from agents.toolbox.kinds import size_of
from agents.toolbox.nearest import missing
from agents.toolbox.search import GlobArgument
from agents.tools.schema import ToolFailed
from agents.tools.tool import ToolContext
from governance.guard.paths import relative_to, safe_open

MOST_LISTED = 200
"""Where there are more, folders are told by their counts."""
LIST_SECONDS = 5.0
_NAMED = 5

ALSO_CALLED = "glob ls list list_dir list_directory list_folder find_files glob_files"
FolderArgument = Annotated[str, PATH, Field(description="folder")]


class ListedFile(NamedTuple):
    """A file by its path from the folder that is listed, or a link with where it leads."""

    path: str
    size: int
    target: str = ""


@dataclass(slots=True)
class Listed:
    """What lies below a folder. `files` is empty once there are more than can be listed; `folders` counts them all.

    `folders` gives for each folder of the first level the files below it and their bytes; `own` the folder's own.
    """

    base: str
    passed: Passed = field(default_factory=Passed)
    files: list[ListedFile] = field(default_factory=list)
    own: list[ListedFile] = field(default_factory=list)
    folders: dict[str, tuple[int, int]] = field(default_factory=dict)
    count: int = 0
    own_count: int = 0
    size: int = 0
    unfit: int = 0
    empty: list[str] = field(default_factory=list)

    def add(self, file: ListedFile) -> None:
        """Take up one more."""
        self.count += 1
        self.size += file.size
        if self.count <= MOST_LISTED:
            self.files.append(file)
        top, inside, _ = file.path.partition("/")
        if inside:
            count, size = self.folders.get(top, (0, 0))
            self.folders[top] = (count + 1, size + file.size)
        else:
            self.own_count += 1
            if len(self.own) < MOST_LISTED:
                self.own.append(file)


async def list_files(here: ToolContext, path: FolderArgument = ".", glob: GlobArgument = "") -> str:
    """List the files below a folder."""
    stop = threading.Event()
    try:
        listed = await asyncio.to_thread(_listed, here.workspace, path, glob, stop)
    finally:
        stop.set()  # a call that was cancelled leaves no thread behind
    return "\n".join((*_told(listed), _about(listed, glob)))


def _listed(workspace: Path, path: str, glob: str, stop: threading.Event) -> Listed:
    try:
        opened = safe_open(workspace, path, os.O_RDONLY)
    except FileNotFoundError:
        raise ToolFailed(missing(workspace, path)) from None
    try:
        if not os.path.isdir(opened):  # noqa: PTH112  # a descriptor, not a path
            raise ToolFailed(f"{path} is a file; read_file shows it")
        inner = relative_to(workspace, path)
        listed = Listed("" if inner == "." else f"{inner}/")
        pattern = Glob(glob) if glob else None
        until = time.monotonic() + LIST_SECONDS
        for level in walk(opened, listed.passed, until=until, is_stopped=stop.is_set):
            if not (level.files or level.folders or level.links or glob):
                listed.empty.append(level.place)
            for file in _files_of(level, listed, pattern):
                listed.add(file)
        return listed
    finally:
        os.close(opened)


def _files_of(level: FolderContents, listed: Listed, glob: Glob | None) -> Iterator[ListedFile]:
    for name in sorted((*level.files, *level.links)):
        path = f"{level.place}{name}"
        if glob and not (glob.fits(path) or glob.fits(f"{listed.base}{path}")):
            listed.unfit += 1
            continue
        try:
            about = os.stat(name, dir_fd=level.descriptor, follow_symlinks=False)
            target = os.readlink(name, dir_fd=level.descriptor) if name in level.links else ""
        except OSError:
            continue  # it is gone since
        yield ListedFile(path, 0 if target else about.st_size, target)


def _told(listed: Listed) -> Iterator[str]:
    if listed.count <= MOST_LISTED:
        yield from sorted(_line(listed, file) for file in listed.files)
        return
    for folder in sorted(listed.folders):
        count, size = listed.folders[folder]
        yield f"{shown_path(listed.base, folder)}/ · {_files(count)}, {size_of(size)}"
    yield from (_line(listed, file) for file in listed.own)
    if listed.own_count > len(listed.own):
        yield f"(and {listed.own_count - len(listed.own):,} more files in this folder; narrow it with glob)"


def _line(listed: Listed, file: ListedFile) -> str:
    name = shown_path(listed.base, file.path)
    return f"{name} -> {shown_path('', file.target)}" if file.target else f"{name} · {size_of(file.size)}"


def _about(listed: Listed, glob: str) -> str:
    """The last line: how much there is, and what is left out."""
    passed = listed.passed
    said = [f"{_files(listed.count)}, {size_of(listed.size)}"]
    if listed.count > MOST_LISTED:
        said.append("give a folder as path, or a glob, to see its files")
    if not listed.count and listed.unfit:
        said.append(f"of {_files(listed.unfit)} there none fits the glob {glob}")
    for what, places in (("not entered", passed.heavy), ("empty", listed.empty), ("cannot be read", passed.closed)):
        if places:
            said.append(f"{what}: {_named(listed, places)}")
    if passed.deep:
        said.append(f"not entered, as too deep: {len(passed.deep):,} folders")
    if passed.others:
        said.append(f"{passed.others:,} devices, pipes or sockets")
    if passed.is_cut:
        said.append(
            f"stopped after {LIST_SECONDS:g} s with more folders to go, so there is more; give a folder as path"
        )
    return "; ".join(said)


def _named(listed: Listed, places: Sequence[str]) -> str:
    more = f" and {len(places) - _NAMED:,} more" if len(places) > _NAMED else ""
    return f"{', '.join(shown_path(listed.base, place) or '.' for place in places[:_NAMED])}{more}"


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"
