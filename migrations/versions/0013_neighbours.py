"""Neighbours: the gateways that live on this database, and which one of them listens on a channel."""

from alembic import op

from migrations.scripts import run_beside

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop them; what they hold is true for seconds only."""
    op.execute("drop table nexora_listeners, nexora_gateways")
