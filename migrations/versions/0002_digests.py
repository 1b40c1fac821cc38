"""Digests: what a person missed, daily or weekly, in their own time zone."""

from alembic import op

from migrations.scripts import run_beside

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of digests from the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop the table of digests."""
    op.execute("drop table nexora_digests")
