"""Questions: what was refused in a conversation, so that it is not asked again before a person speaks."""

from alembic import op

from migrations.scripts import run_beside

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; what was refused may be asked again."""
    op.execute("drop table nexora_refused_asks")
