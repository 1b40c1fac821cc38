"""A record to tamper with, and the hands of somebody who owns the database."""

from governance.audit import checkpoint_file
from governance.audit.checkpoint_file import Checkpoint, checkpoint_of
from governance.audit.checkpoints import Checkpoints
from governance.audit.verify import verify
from governance.keys.keys import open_keys
from governance.record.audit import AuditLine, Event, digest_of
from governance.record.transaction import Store
from tests.unit.people_stage import HandClock

COLUMNS = list(AuditLine.__dataclass_fields__)
INSERT = f"insert into nexora_audit_events ({', '.join(COLUMNS)}) values ({', '.join(f'${n + 1}' for n in range(13))})"
CHECKPOINT_COLUMNS = list(Checkpoint.__dataclass_fields__)


async def checkpoints_of(store, home, **rest):
    """What writes the checkpoints of a gateway with that data folder."""
    return Checkpoints(store, home, await open_keys(store, home), **rest)


class Scene:
    """A record of two writers: one wrote ten lines, the other two; a checkpoint stands after five and at the end."""

    def __init__(self, pool, home):
        self.clock = HandClock()
        self.pool = pool
        self.home = home
        self.store = Store(pool, now=self.clock)
        self.other = Store(pool, now=self.clock)

    async def prepare(self):
        self.checkpoints = await checkpoints_of(self.store, self.home)
        for number in range(10):
            await self.write(number)
            if number == 4:
                await self.other.record(*(Event(tag="test:other:written") for _ in range(2)))
                await self.checkpoints.write()
        await self.checkpoints.write()
        rows = await self.pool.fetch("select writer, count(*) from nexora_audit_events group by 1 order by 2 desc")
        self.writer, self.small = (row["writer"] for row in rows)
        self.path = checkpoint_file.path_of(self.home)
        return self

    async def write(self, number=0):
        self.clock.move(minutes=1)
        event = Event(
            tag="test:line:written",
            actor="7",
            actor_name="alice",
            resource=str(number),
            address="web:1",
            user_agent="a browser",
            detail={"n": number},
        )
        await self.store.record(event)

    async def tamper(self, *statements):
        """What the owner of the tables can do and the application cannot: work without the triggers."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            for statement, *values in statements:
                await connection.execute(statement, *values)

    async def line(self, seq):
        row = await self.pool.fetchrow(
            "select * from nexora_audit_events where writer = $1 and seq = $2", self.writer, seq
        )
        return {name: row[name] for name in COLUMNS}

    async def put(self, *lines):
        for line in lines:
            await self.tamper(
                ("delete from nexora_audit_events where writer = $1 and seq = $2", line["writer"], line["seq"]),
                (INSERT, *line.values()),
            )

    async def chain(self):
        return [
            checkpoint_of(row) for row in await self.pool.fetch("select * from nexora_audit_checkpoints order by 1")
        ]

    async def put_chain(self, *checkpoints):
        insert = (
            "insert into nexora_audit_checkpoints (seq, at, heads, previous, signature) values ($1, $2, $3, $4, $5)"
        )
        await self.tamper(
            ("delete from nexora_audit_checkpoints",),
            *((insert, *(getattr(each, name) for name in CHECKPOINT_COLUMNS)) for each in checkpoints),
        )

    def file(self, *checkpoints):
        self.path.write_text("".join(f"{checkpoint_file.dump(each)}\n" for each in checkpoints))

    async def found(self):
        return {finding.kind: finding for finding in await verify(self.store, self.home)}


def resealed(line, **changes):
    """The line with these changes and a digest that fits them."""
    changed = {**line, **changes}
    return {**changed, "digest": digest_of(changed)}
