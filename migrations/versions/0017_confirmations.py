"""Confirmations: the codes by which the only admin of an installation confirms their own requests."""

from alembic import op

from migrations.scripts import run_beside

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; what waits for a code has to be pressed again."""
    op.execute("drop table nexora_confirmations")
