"""The command `nexora key rotate`: another master key wraps everything that the one before did, in one transaction.

No gateway may run meanwhile: one that holds the older key could neither read nor write what it wraps.
"""

import argparse
import sys
from pathlib import Path

from channels.base import NexoraError
from channels.home import home_language
from channels.locales import say
from gateway.queue.neighbours import LEASE
from gateway.run.admin import CLI, with_store
from gateway.settings.model import Settings
from gateway.upkeep.shared_folder import QUERIES as FOLDER_QUERIES
from governance.guard.hidden import rewrap_hidden
from governance.keys.keys import open_keys, rewrap_keys
from governance.keys.master_key import (
    MasterKey,
    make_next_master_key,
    place_of,
    take_next_master_key,
    write_new_master_key,
)
from governance.record.transaction import Store
from governance.secrets.store import Secrets


class KeyNotRotated(NexoraError):
    """The master key stays as it was."""


def rotate(chosen: argparse.Namespace) -> int:
    """Make a new master key and have it wrap all there is; say where it lies and what is left to do."""
    file = Path(chosen.to).absolute() if chosen.to else None
    place, new, count = with_store(lambda store, settings: change(store, settings, file))
    word = "elsewhere" if file else "done"
    sys.stdout.write(f"{say(f'terminal.key.{word}', home_language(), place=place, key=new.id, count=count)}\n")
    return 0


async def change(store: Store, settings: Settings, file: Path | None) -> tuple[Path, MasterKey, int]:
    """Where the new key lies, the key, and how many keys and values it wraps now. Raises a NexoraError.

    `file` is for the new key where the settings give the master key, for those are not ours to write.
    """
    if bool(settings.keys.given) != (file is not None):
        raise KeyNotRotated(
            "The settings give the master key (keys.master): name a new file for the next one, as --to next.key."
            if settings.keys.given
            else "The master key lies in the data folder, and so will the next one: leave out --to."
        )
    await _require_stopped(store)
    old = (await open_keys(store, settings.home, settings.keys.given)).master
    new = write_new_master_key(file) if file else make_next_master_key(settings.home)
    async with store.transaction() as work:
        count = await rewrap_keys(work, old, new, store.now())
        count += await Secrets(store, old).rewrap(work, new)
        count += await rewrap_hidden(work, old, new)
        detail = {"from": old.id, "to": new.id, "wrapped": count}
        work.record(CLI.event("master_key:rotated", None, detail=detail))
    if file is None:
        take_next_master_key(settings.home)
    return file or place_of(settings.home), new, count


async def _require_stopped(store: Store) -> None:
    running = [row["owner"] for row in await store.fetch(FOLDER_QUERIES["others"], "", LEASE)]
    if running:
        raise KeyNotRotated(
            f"A gateway runs on this database ({', '.join(sorted(running))}) with the master key of now: stop it, run "
            "this again, and start it with the new key."
        )
