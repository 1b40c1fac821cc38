"""Host rules: what commands wanted to reach, and what an admin has allowed."""

from alembic import op

from migrations.scripts import run_beside

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; what admins had allowed asks again."""
    op.execute("drop table nexora_host_rules")
