"""What servers of others ask the person for whom a call runs."""

from alembic import op

from migrations.scripts import run_beside

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; cards that are still to be seen lead nowhere then."""
    op.execute("drop table nexora_server_questions")
