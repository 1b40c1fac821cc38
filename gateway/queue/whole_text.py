"""Whole texts that go as a file: on the disk for as long as it takes to send them, and in words where that is refused.

What opens a request must arrive before its buttons do, so such a file is never simply left out.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from channels.base import Traits
from channels.messages import File, Outbound, Part, Ref
from channels.running.degrade import degrade

LEFT_OUT = "left out"
"""Stands for the id of a whole text whose file was refused."""


def parts_of(message: Outbound, traits: Traits, sent: Sequence[Ref]) -> list[Outbound]:
    """What to send of a message, in order; a whole text whose file was refused follows it in words.

    `sent` is what was sent of it so far, the file that was refused by its mark `LEFT_OUT`.
    """
    parts = degrade(message, traits)
    if not (sent and sent[0].id == LEFT_OUT):
        return parts
    in_words = replace(message, key=f"{message.key}:words", replaces=None, answers=None)
    return [parts[0], *degrade(in_words, replace(traits, max_file_bytes=0))]


def is_whole_text(part: Outbound) -> bool:
    """Whether this is the file with the whole text of a card."""
    return any(isinstance(each, File) and each.content for each in part.parts)


@asynccontextmanager
async def laid_down(part: Outbound) -> AsyncIterator[Outbound]:
    """The part with its file on this machine's disk, which nobody else may read, until the block ends."""
    if not is_whole_text(part):
        yield part
        return
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="nexora-")
    try:
        yield replace(part, parts=tuple([await _laid_down(each, Path(folder.name)) for each in part.parts]))
    finally:
        await asyncio.to_thread(folder.cleanup)


async def _laid_down(each: Part, folder: Path) -> Part:
    if not isinstance(each, File):
        return each
    place = folder / "text"
    await asyncio.to_thread(place.write_text, each.content, encoding="utf-8", newline="")
    return replace(each, locator=str(place))
