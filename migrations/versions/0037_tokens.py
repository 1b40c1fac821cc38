"""Tokens by which programs of a person speak as that person, each kept as its digest."""

from alembic import op

from migrations.scripts import run_beside

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; whoever used a token has to be given another."""
    op.execute("drop table nexora_tokens")
