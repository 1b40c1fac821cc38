"""How long each call took, which a person is shown beside it."""

from alembic import op

from migrations.scripts import run_beside

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it."""
    op.execute("alter table nexora_calls drop column seconds")
