"""Which conversations of the console a program of their person has begun, by a token."""

from alembic import op

from migrations.scripts import run_beside

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; such conversations look like all others then."""
    op.execute("alter table nexora_conversations drop column of_program")
