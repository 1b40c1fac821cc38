"""Approved scripts: their text, as it was approved last."""

from alembic import op

from migrations.scripts import run_beside

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; every script is shown whole again."""
    op.execute("drop table nexora_approved_scripts")
