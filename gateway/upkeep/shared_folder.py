"""The folder that all gateways on one database share: workspaces, uploads, and copies of files on their way out.

In each of the three lies a mark, the same that the database knows. A gateway that finds another one, or none, while
others live would give people workspaces without their files; it does not start. Alone, it takes its folder for the
shared one from then on.
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from channels.base import NexoraError
from gateway.queue import neighbours
from gateway.queue.owners import has_ended
from governance.record.audit import Event
from governance.record.transaction import Store, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
FOLDERS = ("workspaces", "uploads", "outgoing")
MARK = ".nexora-shared"


class FolderElsewhere(NexoraError):
    """Other gateways on this database use another folder."""


async def claim(store: Store, folder: Path, owner: str, lease: timedelta) -> None:
    """Make sure that this is the folder of every gateway that lives, and be one of them from now on.

    A gateway that has not been seen for the length of `lease` lives no more. Raises FolderElsewhere with a sentence
    that says what to do, or NexoraError when the folder cannot be written.
    """
    async with store.transaction() as work:
        await work.execute(QUERIES["lock"])
        known = await work.fetchrow(QUERIES["known"])
        if known is None or not await asyncio.to_thread(is_marked, folder, known["mark"]):
            others = [row["owner"] for row in await work.fetch(QUERIES["others"], owner, lease)]
            if known is not None and (reason := why_elsewhere(folder, known["place"], others)):
                raise FolderElsewhere(reason)
            mark, place = uuid4().hex, f"{socket.gethostname()}:{folder}"
            await asyncio.to_thread(_put, folder, mark)
            await work.execute(QUERIES["adopt"], mark, place, store.now())
            if known is not None:
                detail = {"before": known["place"]}
                work.record(Event(tag="gateway:folder:changed", resource=place, detail=detail))
        await work.execute(neighbours.QUERIES["arrive"], owner)


def is_marked(folder: Path, mark: str) -> bool:
    """Whether all three bear this mark. Raises NexoraError when they cannot be read."""
    try:
        return all((folder / name / MARK).read_text(encoding="ascii").strip() == mark for name in FOLDERS)
    except (FileNotFoundError, UnicodeDecodeError):
        return False
    except OSError as error:
        raise NexoraError(f"The shared folder {folder} cannot be read: {error.strerror}.") from error


def why_elsewhere(folder: Path, place: str, others: Sequence[str]) -> str:
    """The sentence for whoever would be the second to use a folder of its own; empty when nobody else lives."""
    living = [owner for owner in others if not has_ended(owner)]
    if not living:
        return ""
    host, pid, *_ = (*living[0].rsplit(":", 4), "", "")
    return (
        f"Another gateway (process {pid} on {host}) works on this database with the files in {place}, and {folder} is "
        "another folder: people would miss their files here. Give all gateways one folder and name it as "
        "shared_folder in the settings of each, or stop the others first."
    )


def _put(folder: Path, mark: str) -> None:
    """Mark all three, made where they are missing. Raises NexoraError."""
    try:
        for name in FOLDERS:
            place = folder / name
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = place / f"{MARK}.{mark}"
            with draft.open("w", encoding="ascii") as file:
                file.write(f"{mark}\n")
                file.flush()
                os.fsync(file.fileno())
            draft.rename(place / MARK)
    except OSError as error:
        raise NexoraError(f"The shared folder {folder} cannot be written: {error.strerror}.") from error
