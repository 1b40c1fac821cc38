"""Signed checkpoints of the record, in the database and in a file outside it. They make a cut end visible.

The chains of `audit.py` tie each line to the one before, so nothing can be taken from their middle; a checkpoint says
how far each chain had come, so nothing can be taken from its end, and the file says which checkpoint was the last, so
that an older copy of the whole database is noticed. It writes no audit line and judges none: `audit_verify` does.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import structlog

from channels.base import NexoraError
from governance.audit import checkpoint_file
from governance.audit.checkpoint_file import Checkpoint, checkpoint_of
from governance.keys.audit_keys import SigningKey
from governance.keys.keys import Keyring, trusted_in_database
from governance.record.audit import GENESIS, canonical
from governance.record.transaction import Row, Store, Transaction, load_queries

log = structlog.get_logger(__name__)

_QUERIES = Path(__file__).with_name("checkpoints.sql")
_PAGE = 500
_OVERLAP = timedelta(minutes=5)
"""How far the clocks of two gateways, or the time of a line and its commit, may lie apart within one round."""
_OVERLAP_AT_START = timedelta(days=1)
_ROUNDS_BETWEEN_FULL = 60


class CheckpointNotWritten(NexoraError):
    """The checkpoint of the record could not be written."""


class Checkpoints:
    """Writes them; several gateways on one database take turns. The copy outside it lies in `home`."""

    def __init__(self, store: Store, home: Path, keys: Keyring, *, every_seconds: float = 60) -> None:
        self._store = store
        self._home = home
        self._path = checkpoint_file.path_of(home)
        self._every_seconds = every_seconds
        self._queries = load_queries(_QUERIES)
        self._turn = asyncio.Lock()
        self._keys = keys
        self._trusted = keys.trusted
        self._last: Checkpoint | None = None
        self._pinned: dict[str, int] = {}
        self._round = 0
        self._has_looked_back = False

    async def run(self) -> None:
        """Write one each minute in which something changed, until cancelled. A failure is logged and tried again."""
        while True:
            await self._try()
            await asyncio.sleep(self._every_seconds)

    async def finish(self) -> None:
        """The checkpoint of a clean stop, over every writer. A failure is logged: the stop goes on."""
        self._round = 0
        await self._try()

    async def write(self) -> Checkpoint | None:
        """Sign where every writer stands now; None when nothing has moved.

        Raises CheckpointNotWritten when the file cannot be used, DatabaseAway without a database.
        """
        async with self._turn:
            try:
                return await self._write()
            except OSError as error:
                raise CheckpointNotWritten(f"The checkpoint file {self._path} cannot be used: {error}.") from error

    async def _try(self) -> None:
        try:
            written = await self.write()
        except (NexoraError, asyncpg.PostgresError, TimeoutError) as error:
            log.error("audit_checkpoint_failed", reason=str(error))  # noqa: TRY400 - the sentence says it all
        except Exception:  # the record must go on being signed, whatever one round met
            log.exception("audit_checkpoint_failed")
        else:
            if written:
                log.debug("audit_checkpoint_written", seq=written.seq)

    async def _write(self) -> Checkpoint | None:
        self._last = await asyncio.to_thread(checkpoint_file.last_of, self._path)
        await self._copy_missing()
        async with self._store.transaction() as work:
            await work.execute(self._queries["lock"])
            await work.execute(self._queries["durable"])
            missing = await self._credible(await work.fetch(self._queries["after"], self._seq, _PAGE))
            self._follow(missing)
            heads = await self._moved(work)
            checkpoint = await self._sign(work, self._keys.signing, heads) if heads else None
        await self._append([*missing, *([checkpoint] if checkpoint else [])])
        if checkpoint:
            self._follow([checkpoint])
        self._round += 1
        return checkpoint

    @property
    def _seq(self) -> int:
        return self._last.seq if self._last else 0

    async def _copy_missing(self) -> None:
        """Bring the file up to what other gateways wrote, or to what a crash kept from it."""
        seq = self._seq
        while rows := await self._store.fetch(self._queries["after"], seq, _PAGE):
            seq = rows[-1]["seq"]
            credible = await self._credible(rows)
            await self._append(credible)
            self._follow(credible)

    async def _credible(self, rows: Sequence[Row]) -> list[Checkpoint]:
        """Those that a key of ours has signed; one that is forged must not be carried on."""
        if not all(self._trusted.knows(row["signature"]) for row in rows):  # a gateway may have brought its older key
            self._trusted = await trusted_in_database(self._store, self._keys.master)
        credible = []
        for checkpoint in map(checkpoint_of, rows):
            if self._trusted.believes(checkpoint.signature, checkpoint.text):
                credible.append(checkpoint)
            else:
                log.error("audit_checkpoint_not_believed", seq=checkpoint.seq)
        return credible

    async def _append(self, checkpoints: Sequence[Checkpoint]) -> None:
        await asyncio.to_thread(checkpoint_file.append, self._path, checkpoints)

    def _follow(self, checkpoints: Sequence[Checkpoint]) -> None:
        for checkpoint in checkpoints:
            self._last = checkpoint
            with suppress(ValueError):  # signed by us, so it can only be of a later version
                self._pinned.update({writer: seq for writer, (seq, _) in checkpoint.pins().items()})

    async def _moved(self, work: Transaction) -> dict[str, tuple[int, str]]:
        """The heads that no checkpoint holds yet, as far as this process knows.

        Naming one twice does no harm, leaving one out would: so the first round looks back a day, and now and then
        every writer is looked at, for a clock that jumped. After one that was set back, whose lines seem older than the
        last checkpoint, every round looks at all, or they would stay unsigned for so long that they seem inserted.
        """
        is_back = self._last is not None and self._store.now() < self._last.at
        if self._last is None or is_back or self._round % _ROUNDS_BETWEEN_FULL == 0:
            rows = await work.fetch(self._queries["all_heads"])
        else:
            rows = await work.fetch(self._queries["heads_since"], self._last.at - _OVERLAP)
        if self._last and not self._has_looked_back:
            old = self._last.at - _OVERLAP_AT_START
            self._pinned = {row["writer"]: row["seq"] for row in rows if row["at"] < old} | self._pinned
        self._has_looked_back = True
        moved = [row for row in rows if row["seq"] > self._pinned.get(row["writer"], 0)]
        return {row["writer"]: (row["seq"], row["digest"]) for row in moved}

    async def _sign(self, work: Transaction, key: SigningKey, heads: dict[str, tuple[int, str]]) -> Checkpoint:
        in_database = await work.fetchval(self._queries["last_seq"])
        if in_database < self._seq:
            log.error("audit_checkpoints_missing_in_database", last_in_file=self._seq, last_in_database=in_database)
        unsigned = Checkpoint(
            seq=max(in_database, self._seq) + 1,
            at=self._store.now(),
            heads=canonical(heads),
            previous=self._last.digest if self._last else GENESIS,
        )
        checkpoint = replace(unsigned, signature=key.sign(unsigned.text))
        values = [getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__]
        await work.execute(self._queries["insert"], *values)
        return checkpoint
