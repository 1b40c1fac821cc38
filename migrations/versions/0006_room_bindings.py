"""Room bindings: which agent answers in a group, and the requests that ask admins about it."""

from alembic import op

from migrations.scripts import run_beside

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and let a request be of that kind, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop the table. Requests of that kind stay, as what is decided stays, so the kind stays allowed."""
    op.execute("drop table nexora_room_bindings")
