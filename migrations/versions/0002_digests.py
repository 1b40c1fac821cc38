"""Digests: what a person missed, daily or weekly, in their own time zone."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of digests from the SQL beside this file."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("a migration runs on a connection")
    await_only(driver.execute(script))


def downgrade() -> None:
    """Drop the table of digests."""
    op.execute("drop table nexora_digests")
