"""Approved calls that have not begun are found by their own index."""

from alembic import op

from migrations.scripts import run_beside

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop the index."""
    op.execute("drop index nexora_calls_approved")
