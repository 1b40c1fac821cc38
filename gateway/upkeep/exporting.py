"""Takes lines of the record as a file into the private chat of an admin."""

import asyncio
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from channels.messages import File
from governance.audit.export import Exported, Form, WantedExport, export
from governance.people.people import Origin, Person
from governance.record.transaction import Store

MEDIA_TYPES: dict[Form, str] = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
MOST_IN_CHAT = 20_000
"""So many lines are a file for a chat; more are for the host's command line."""


async def export_to_chat(
    store: Store, outgoing: Path, wanted: WantedExport, by: Person, origin: Origin
) -> tuple[Exported, File]:
    """What was written, and the file to send, kept in the folder of copies on their way out. Raises TooManyLines."""
    name = file_name(wanted, store.now())
    place = outgoing / f".{uuid4().hex}"
    written = await export(store, wanted, place, by=by, origin=origin, name=name, most=MOST_IN_CHAT)
    kept = await asyncio.to_thread(_kept, written, outgoing)
    file = File(name=name, media_type=MEDIA_TYPES[wanted.form], size=written.size_bytes, locator=str(kept))
    return written, file


def _kept(written: Exported, outgoing: Path) -> Path:
    """Under its digest, as every file on its way out."""
    folder = outgoing / written.sha256
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return written.file.replace(folder / "bytes")


def file_name(wanted: WantedExport, now: datetime) -> str:
    """What an export is called."""
    return f"nexora-audit-{now:%Y%m%d-%H%M%S}.{wanted.form}"
