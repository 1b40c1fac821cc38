"""Secrets, each sealed by a key of its own that the master key wraps, and who is entitled to each."""

from alembic import op

from migrations.scripts import run_beside

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop them; what was kept in them has to be given anew."""
    op.execute("drop table nexora_secret_holders")
    op.execute("drop table nexora_secrets")
