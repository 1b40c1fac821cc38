"""What comes in bursts is kept together: strangers who are told of in one list, dead letters of one full lane."""

from alembic import op

from migrations.scripts import run_beside

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and their indexes, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop them again. What was not told of yet stands in /pending."""
    op.execute("drop index nexora_inbox_full")
    op.execute("alter table nexora_inbox drop column times")
    op.execute("alter table nexora_approval_requests drop column is_told")
