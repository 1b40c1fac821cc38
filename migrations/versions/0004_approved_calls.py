"""Approved calls that have not begun are found by their own index."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index, by the SQL beside this file."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("a migration runs on a connection")
    await_only(driver.execute(script))


def downgrade() -> None:
    """Drop the index."""
    op.execute("drop index nexora_calls_approved")
