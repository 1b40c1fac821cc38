"""Room bindings: which agent answers in a group, and the requests that ask admins about it."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and let a request be of that kind, by the SQL beside this file."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("a migration runs on a connection")
    await_only(driver.execute(script))


def downgrade() -> None:
    """Drop the table. Requests of that kind stay, as what is decided stays, so the kind stays allowed."""
    op.execute("drop table nexora_room_bindings")
