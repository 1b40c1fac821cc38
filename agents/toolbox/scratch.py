"""The /tmp of a conversation, which lasts from one command to the next, and who git takes for the author there.

It lies beside the workspace and in no history, is bounded, and is removed by age. A call that a person approved begins
with an empty one: nobody has read what lies there, and any command may change it while the approval is waited for.
"""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agents.layers.entries import remove_tree
from agents.layers.trees import written_in
from agents.tools.tool import ToolContext
from governance.people.people import Person

MOST_BYTES, MOST_FILES = 256 << 20, 20_000
_EVERY_SECONDS = 1.0
_SHARE = 20
"""Measuring takes at most this part of the time."""
_FULL = f"/tmp held more than {MOST_BYTES >> 20} MB or {MOST_FILES} files, and was emptied"  # noqa: S108  # a word
_NO_NAME = re.compile(r"[^a-z0-9._-]+")


@dataclass(slots=True, kw_only=True)
class Lent:
    """What one call has of it. folder: its /tmp, None for one that goes with the call. identity: settings for git."""

    folder: Path | None
    identity: Path
    _next: float = field(default=0.0, init=False)

    async def over(self) -> str:
        """Why the command must end now, as a sentence; empty while it may go on."""
        if self.folder is None or time.monotonic() < self._next:
            return ""
        begun = time.monotonic()
        is_over = await asyncio.to_thread(self._is_over)
        self._next = time.monotonic() + max(_EVERY_SECONDS, _SHARE * (time.monotonic() - begun))
        return f"it was stopped because {_FULL}" if is_over else ""

    async def last(self) -> str:
        """Empty what grew too large, when the command has ended; that it was, as a sentence, unless it was not."""
        if self.folder is None or not await asyncio.to_thread(self._is_over):
            return ""
        await asyncio.to_thread(empty, self.folder)
        return _FULL

    def _is_over(self) -> bool:
        size, files = written_in(self.folder) if self.folder else (0, 0)
        return size > MOST_BYTES or files > MOST_FILES


class Scratches:
    """Those of all conversations, in one folder that all gateways share; each is named as its workspace is."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @asynccontextmanager
    async def lent(self, context: ToolContext) -> AsyncIterator[Lent]:
        """What a call has, until it has ended. A call that is only tried leaves nothing."""
        place = self._root / context.workspace.name
        lent = await asyncio.to_thread(_lend, place, context)
        try:
            yield lent
        finally:
            if lent.folder is not None and context.under:
                await asyncio.shield(asyncio.to_thread(_join, lent.folder, place / "tmp"))


def _lend(place: Path, context: ToolContext) -> Lent:
    lasting, identity = place / "tmp", place / "gitconfig"
    lasting.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.utime(place)
    if (text := _identity(context.person)) != (identity.read_text(encoding="utf-8") if identity.exists() else ""):
        fresh = place / f"gitconfig.{os.getpid()}"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(identity)
    if context.tries or not context.under:
        return Lent(folder=None if context.tries else lasting, identity=identity)
    own = place / f"call-{context.call.hex if context.call else 'none'}"
    own.mkdir(mode=0o700, exist_ok=True)
    return Lent(folder=own, identity=identity)


def _join(own: Path, lasting: Path) -> None:
    """Let what a call left be found by later ones, in the place of what has the same name."""
    for each in list(os.scandir(own)):
        _remove(lasting / each.name)
        Path(each.path).rename(lasting / each.name)
    remove_tree(own)


def empty(folder: Path) -> None:
    """Remove all that is in it; the folder stays, since others may stand in it. Blocks."""
    for each in list(os.scandir(folder)):
        _remove(Path(each.path))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)


def _identity(person: Person) -> str:
    """The settings of git that a repository's own and `~/.gitconfig` come before."""
    handle = _NO_NAME.sub("-", person.name.casefold()).strip("-.") or "person"
    name = re.sub(r'[\x00-\x1f\x7f"\\<>]+', " ", person.shown).strip() or handle
    return (
        f'[user]\n\tname = "{name}"\n\temail = {handle}@nexora.invalid\n'
        "[init]\n\tdefaultBranch = main\n[color]\n\tui = false\n[core]\n\tpager = cat\n"
    )
