"""The keys of this installation: what signs sessions and checkpoints, and what is believed. They are in the database.

All gateways on one database thus have the same ones. Each is wrapped by the master key (`master_key.py`), which is
outside of it, so a thief of the database can neither sign in nor forge a checkpoint, and nobody without the master key
can add to what is believed. They are read once, at the start.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from channels.base import NexoraError
from governance.keys.audit_keys import SigningKey, TrustedKeys, new_private, public_keys, public_pem, signing_key
from governance.keys.in_files import KeysInFiles, find_files, put_aside
from governance.keys.master_key import (
    MasterKey,
    find_master_key,
    make_master_key,
    next_master_key,
    place_of,
    take_next_master_key,
)
from governance.record.audit import Event
from governance.record.transaction import Row, Store, Transaction, load_queries
from governance.sign_in.sessions import KEY_BYTES

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
SESSION, AUDIT, TRUSTED = "session", "audit", "trusted"
"""The names of the wrapped keys: of sessions (random bytes), of checkpoints (PKCS 8), and older public ones (PEM)."""
IN_DATABASE = "in the database"


class KeysLocked(NexoraError):
    """The master key that is here does not open the keys in the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The keys, opened. `trusted` is as it was then; `trusted_in_database` reads it anew."""

    session: bytes = field(repr=False)
    signing: SigningKey
    trusted: TrustedKeys
    master: MasterKey


async def open_keys(store: Store, home: Path, given: str = "") -> Keyring:
    """The keys of this database; made, or taken over from the files of older versions, where it has none.

    `given` is the master key of the settings, or empty. Raises KeysLocked, KeyChanged, MasterKeyWrong, KeyWeak or
    AuditKeyBroken with a sentence that says what to do, and then nothing has changed.
    """
    files = await asyncio.to_thread(find_files, home)
    _believed(files)  # what cannot be read is told before anything is made
    rows = await store.fetch(QUERIES["all"])  # before the master key, which is made before what it wraps is committed
    master = await asyncio.to_thread(_master_here, rows, home, given)
    held = _opened(rows, master, home)
    if not held and not files:  # the database is from before it took them over: put back, or migrated down and up
        files = await asyncio.to_thread(find_files, home, are_moved=True)
    if master is None or files or not {SESSION, AUDIT} <= held.keys():
        master, held = await _take_over(store, home, given, files)
    return Keyring(
        session=held[SESSION], signing=signing_key(held[AUDIT], IN_DATABASE), trusted=_trusted(held), master=master
    )


async def trusted_keys(store: Store, home: Path | None, given: str = "") -> TrustedKeys:
    """Every public key that is believed now. It changes nothing.

    `keys/audit.pub` in the data folder counts too, and suffices where there is no master key.
    Raises KeysLocked, KeyChanged, MasterKeyWrong, KeyWeak or AuditKeyBroken.
    """
    files = await asyncio.to_thread(find_files, home) if home else KeysInFiles()
    rows = await store.fetch(QUERIES["all"])
    master = find_master_key(home, given)
    if master is None and files:
        return _believed(files)
    held = _opened(rows, master, home)
    if home and not held and not files:
        files = await asyncio.to_thread(find_files, home, are_moved=True)
    return TrustedKeys({**_believed(files).keys, **_trusted(held).keys})


async def trusted_in_database(store: Store, master: MasterKey) -> TrustedKeys:
    """Every public key that the database holds now, for a gateway that runs. Raises KeysLocked or KeyChanged."""
    return _trusted(_opened(await store.fetch(QUERIES["all"]), master, None))


async def rewrap_keys(work: Transaction, old: MasterKey, new: MasterKey, now: datetime) -> int:
    """Have another master key wrap every key of the database; how many. Raises KeysLocked or KeyChanged."""
    await work.execute(QUERIES["lock"])
    held = _opened(await work.fetch(QUERIES["all"]), old, None)
    for name, key in held.items():
        await work.execute(QUERIES["put"], name, *new.wrap(name, key), new.id, now)
    return len(held)


def why_locked(rows: Sequence[Row], master: MasterKey | None, home: Path | None) -> str:
    """The sentence for whoever has another master key than the database asks for; empty when it is the right one."""
    wanted = sorted({row["master"] for row in rows} - {master.id if master else ""})
    if not wanted:
        return ""
    here = f"the one here is {master.id}" if master else "there is none here"
    place = place_of(home) if home else "keys/master.key in the data folder"
    return (
        f"The keys in the database need the master key {wanted[0]}, and {here}: copy keys/master.key from the data "
        f"folder of the gateway that made it to {place}, or give it as keys.master (NEXORA_MASTER_KEY)."
    )


def _master_here(rows: Sequence[Row], home: Path, given: str) -> MasterKey | None:
    """The master key; the next one, where a change of it had committed and was cut off before it had its place."""
    wanted = {row["master"] for row in rows}
    if not given and (following := next_master_key(home)) and wanted == {following.id}:
        take_next_master_key(home)
    return find_master_key(home, given)


def _opened(rows: Sequence[Row], master: MasterKey | None, home: Path | None) -> Mapping[str, bytes]:
    if reason := why_locked(rows, master, home):
        raise KeysLocked(reason)
    return {row["name"]: master.unwrap(row["name"], row["nonce"], row["wrapped"]) for row in rows if master}


async def _take_over(store: Store, home: Path, given: str, files: KeysInFiles) -> tuple[MasterKey, Mapping[str, bytes]]:
    """Complete what the database holds, one gateway after the other, and let go of the files once that is committed."""
    async with store.transaction() as work:
        await work.execute(QUERIES["lock"])
        known = await asyncio.to_thread(find_master_key, home, given)
        held = _opened(await work.fetch(QUERIES["all"]), known, home)
        master = await asyncio.to_thread(make_master_key, home) if known is None else known
        wanted = _completed(held, files)
        changed = sorted(name for name in wanted if wanted[name] != held.get(name))
        for name in changed:
            await work.execute(QUERIES["put"], name, *master.wrap(name, wanted[name]), master.id, store.now())
        detail = {"keys": changed, "master_key": master.id}
        if changed and files:
            work.record(Event(tag="gateway:keys:moved", detail=detail))
        elif changed and await work.fetchval(QUERIES["has_checkpoints"]):
            work.record(Event(tag="gateway:keys:made", detail=detail))
    if files:
        await asyncio.to_thread(put_aside, home)
    return master, wanted


def _completed(held: Mapping[str, bytes], files: KeysInFiles) -> Mapping[str, bytes]:
    """What the database is to hold: what it has, else what the files have, else what is made now."""
    session, audit = files.session or secrets.token_bytes(KEY_BYTES * 2), files.audit or new_private()
    wanted = {SESSION: session, AUDIT: audit, **held}
    older = {**_believed(files).keys, **_trusted(held).keys}
    older.pop(signing_key(wanted[AUDIT], IN_DATABASE).name, None)
    if older:
        wanted[TRUSTED] = "".join(public_pem(older[name]) for name in sorted(older)).encode()
    return wanted


def _believed(files: KeysInFiles) -> TrustedKeys:
    """The public keys of the files, with that of the private one. Raises AuditKeyBroken."""
    keys = public_keys(files.public, f"in {files.folder}/audit.pub")
    if files.audit:
        own = signing_key(files.audit, f"{files.folder}/audit.key")
        keys[own.name] = own.public
    return TrustedKeys(keys)


def _trusted(held: Mapping[str, bytes]) -> TrustedKeys:
    """The public keys among what the database holds, with that of the private one."""
    keys = public_keys(held.get(TRUSTED, b"").decode(), IN_DATABASE)
    if AUDIT in held:
        own = signing_key(held[AUDIT], IN_DATABASE)
        keys[own.name] = own.public
    return TrustedKeys(keys)
