"""Runs the SQL that stands beside a revision, whole, in the transaction in which every revision runs."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only


def run_beside(revision: str) -> None:
    """Run the `.sql` file of the revision at that path (its `__file__`). Raises RuntimeError outside a transaction."""
    script = Path(revision).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    if driver is None or not driver.is_in_transaction():
        raise RuntimeError("a migration runs inside the transaction that gateway.database.pool.migrate opens")
    await_only(driver.execute(script))  # asyncpg takes many statements at once only without SQLAlchemy's parameters
