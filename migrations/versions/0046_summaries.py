"""What a conversation is shown of its earlier part, once that no longer fits."""

from alembic import op

from migrations.scripts import run_beside

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; the messages are all there."""
    op.execute("drop table nexora_summaries")
