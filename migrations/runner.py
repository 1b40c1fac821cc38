"""The door to alembic: upgrade, downgrade, a new revision. Imported only when there is something to do.

Its settings live here instead of in an alembic.ini; it runs on asyncpg through SQLAlchemy's async engine.
"""

import re
from collections.abc import Callable
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.database.pool import MigrationFailed
from governance.record.passing import is_passing

HERE = Path(__file__).parent


def settings() -> Config:
    """What alembic would read from its file."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


async def upgrade(dsn: str, revision: str = "head") -> None:
    """Apply the revisions up to this one, all of them or none."""
    await _run(dsn, lambda config: command.upgrade(config, revision))


async def downgrade(dsn: str, revision: str) -> None:
    """Undo the revisions after this one, all of them or none; `base` empties the database."""
    await _run(dsn, lambda config: command.downgrade(config, revision))


async def _run(dsn: str, work: Callable[[Config], None]) -> None:
    config = settings()

    def on(connection: Connection) -> None:
        config.attributes["connection"] = connection
        work(config)

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(dsn, server_settings={"application_name": "nexora migrate"})

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(on)
    except (asyncpg.PostgresError, SQLAlchemyError) as error:
        told = getattr(getattr(error, "orig", None), "__cause__", None) or error
        if is_passing(told):
            raise told from error
        raise MigrationFailed(f"The schema could not be changed, so nothing was: {error}") from error
    finally:
        await engine.dispose()


def new_revision(title: str, number: str) -> Path:
    """An empty migration for a developer to fill in; returns its file."""
    command.revision(settings(), message=title, rev_id=number)
    return next((HERE / "versions").glob(f"{number}_{re.sub(r'[^a-z0-9]+', '_', title.lower())[:20]}*.py"))
