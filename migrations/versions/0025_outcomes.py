"""What became of the call that a message answers, beside it: whether it ran is no longer read from its words."""

from alembic import op

from migrations.scripts import run_beside

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it."""
    op.execute("alter table nexora_messages drop column outcome")
