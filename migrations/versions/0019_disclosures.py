"""Disclosures: who was shown the whole text of a request."""

from alembic import op

from migrations.scripts import run_beside

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; whoever had opened a whole text opens it again."""
    op.execute("drop table nexora_disclosures")
