"""One place for lock-outs: the columns of persons that nothing uses go."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the columns, by the SQL beside this file."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("a migration runs on a connection")
    await_only(driver.execute(script))


def downgrade() -> None:
    """Put the columns back, empty."""
    op.execute(
        "alter table nexora_users add column failed_logins integer not null default 0,"
        " add column locked_until timestamptz"
    )
