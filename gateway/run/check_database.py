"""What `nexora check` asks of a database that answers: whether this gateway could use what the others left there."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from channels.base import NexoraError
from channels.home import home_language
from gateway.database.embedded.server import running_dsn
from gateway.database.pool import shown
from gateway.queue.neighbours import LEASE
from gateway.run.check import Row
from gateway.settings import sources as settings_sources
from gateway.settings.model import Settings
from gateway.settings.stored import StoredReference
from gateway.upkeep.shared_folder import QUERIES as FOLDER_QUERIES
from gateway.upkeep.shared_folder import is_marked, why_elsewhere
from governance.capabilities.capabilities import QUERIES as CAPABILITIES
from governance.capabilities.manifest import manifest_of
from governance.keys.keys import QUERIES, why_locked
from governance.keys.master_key import find_master_key
from governance.people.name_book import QUERIES as NAMES
from governance.people.name_book import called_of
from governance.people.names import doubts
from governance.record.passing import reason_of
from governance.secrets.names import Holder
from governance.secrets.store import QUERIES as SECRETS

PATIENCE_SECONDS = 5.0


def examine() -> list[Row]:
    """Rows about the keys and the shared folder, or that no database answers; none where none runs or it is empty."""
    configuration, _ = settings_sources.examine(os.environ)
    return asyncio.run(ask(configuration.settings, configuration.waits_for)) if configuration is not None else []


async def ask(settings: Settings, waits_for: Sequence[StoredReference] = ()) -> list[Row]:
    """The rows, for these settings, which wait for those secrets. It changes nothing."""
    dsn = settings.dsn or running_dsn(settings.home)
    if dsn is None:
        return []
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            connection = await asyncpg.connect(dsn)
            try:
                home = settings.home.resolve()
                shared = (settings.shared_folder or home).resolve()
                rows = [*await _keys(connection, home, settings.keys.given), *await _folder(connection, shared)]
                return [*rows, *await names_of(connection), *await secrets_of(connection, waits_for)]
            finally:
                await connection.close()
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        says = f"{shown(dsn)} cannot be reached: {reason_of(error)}. A start waits for it, for a while"
        return [Row(what="database", is_well=False, says=says)]


async def secrets_of(connection: asyncpg.Connection, waits_for: Sequence[StoredReference]) -> list[Row]:
    """Secrets that settings and capabilities refer to and cannot have, and those that nothing refers to."""
    if await connection.fetchval("select to_regclass('nexora_secret_holders')") is None:
        return []
    wanted = {(each.holder, each.name) for each in waits_for}
    for row in await connection.fetch(CAPABILITIES["all"]):
        secrets = manifest_of(json.loads(row["manifest"])).permissions.secrets if row["state"] == "active" else ()
        wanted |= {(Holder(row["kind"], row["name"]), name) for name in secrets}
    kept, held, used = set[str](), set[tuple[Holder, str]](), {name for _, name in wanted}
    ours: list[str] = []
    for row in await connection.fetch(SECRETS["everybodys"]):
        kept.add(row["name"])
        held |= {(Holder(*each.split(" ", 1)), row["name"]) for each in row["held"]}
        ours += [row["name"]] if row["owner"] is None else []
    rows = [
        Row(what="secrets", is_well=False, says=_lacking(holder, name, is_kept=name in kept))
        for holder, name in sorted(wanted - held)
    ]
    if unused := sorted(set(ours) - used):
        rows.append(Row(what="secrets", is_well=True, says=f"nothing that is set up refers to {', '.join(unused)}"))
    return rows


def _lacking(holder: Holder, name: str, *, is_kept: bool) -> str:
    if is_kept:
        allow = f"`nexora secret allow {name} {holder}`"
        return f"{holder} refers to the secret {name}, which it may not have; {allow}"
    return f"{holder} refers to the secret {name}, which is not kept; `nexora secret set {name} --for {holder}`"


async def names_of(connection: asyncpg.Connection) -> list[Row]:
    """Persons who can be mistaken for somebody else."""
    if await connection.fetchval("select to_regclass('nexora_users')") is None:
        return []
    people = [called_of(row) for row in await connection.fetch(NAMES["everybody"], None)]
    return [Row(what="names", is_well=False, says=says) for says in doubts(people, home_language())]


async def _keys(connection: asyncpg.Connection, home: Path, given: str) -> list[Row]:
    if await connection.fetchval("select to_regclass('nexora_keys')") is None:
        return []
    rows = await connection.fetch(QUERIES["all"])
    if not rows:
        return []
    try:
        master = find_master_key(home, given)
    except NexoraError as error:
        return [Row(what="keys", is_well=False, says=str(error))]
    reason = why_locked(rows, master, home)
    opened = f"in the database, opened by the master key {master.id}" if master else ""
    return [Row(what="keys", is_well=not reason, says=reason or opened)]


async def _folder(connection: asyncpg.Connection, shared: Path) -> list[Row]:
    if await connection.fetchval("select to_regclass('nexora_shared_folder')") is None:
        return []
    known = await connection.fetchrow(FOLDER_QUERIES["known"])
    if known is None:
        return []
    try:
        is_same = is_marked(shared, known["mark"])
    except NexoraError as error:
        return [Row(what="shared folder", is_well=False, says=str(error))]
    others = [row["owner"] for row in await connection.fetch(FOLDER_QUERIES["others"], "", LEASE)]
    reason = "" if is_same else why_elsewhere(shared, known["place"], others)
    return [Row(what="shared folder", is_well=not reason, says=reason or str(shared))]
