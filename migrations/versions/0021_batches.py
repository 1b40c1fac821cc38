"""Batches: several questions of one kind that stand on one card."""

from alembic import op

from migrations.scripts import run_beside

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop them; what waits is decided by its code or in the console."""
    op.execute("drop table nexora_batch_copies")
    op.execute("drop table nexora_batches")
