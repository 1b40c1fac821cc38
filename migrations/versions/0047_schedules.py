"""What is to happen later or again and again, and what became of it each time."""

from alembic import op

from migrations.scripts import run_beside

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop them; nothing fires any more."""
    op.execute("drop table nexora_schedule_runs, nexora_schedules")
