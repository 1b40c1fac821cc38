"""Makes the embedded cluster anew in the place of one that is there, which is kept aside and put back on failure."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from channels.base import NexoraError
from gateway.database.embedded.server import EmbeddedPostgres


class ClusterThere(NexoraError):
    """There is a database already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A new, empty cluster that runs, and where the one before it is kept, if there was one."""

    dsn: str
    before: Path | None


def data_of(home: Path) -> Path:
    """Where the cluster of a data folder lies, whether it is there or not."""
    return (home / "postgres").resolve() / "data"


@asynccontextmanager
async def fresh_cluster(home: Path, stamp: str, *, replace: bool) -> AsyncIterator[Fresh]:
    """Within the block the new cluster runs; after it the new one stays, or the old one when the block failed.

    Raises ClusterThere when there is one and `replace` is false, HomeInUse when a gateway runs.
    """
    data = data_of(home)
    before = data.with_name(f"data-before-{stamp}") if data.exists() else None
    if before is not None and not replace:
        raise ClusterThere(
            f"There is a database in {data.parent} already, and nothing was changed. Add --replace to put it aside, "
            "or set NEXORA_HOME to another folder."
        )
    if before is not None:
        async with EmbeddedPostgres(home):  # whoever runs on it says so here, and what a crash left is written out
            pass
        data.rename(before)
    try:
        async with EmbeddedPostgres(home) as server:
            yield Fresh(dsn=server.dsn, before=before)
    except BaseException:
        if data.exists():
            shutil.rmtree(data)
        if before is not None:
            before.rename(data)
        raise
