"""Commands in the background: a row says which gateway runs each, and how it ended."""

from alembic import op

from migrations.scripts import run_beside

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; what runs is not known any more."""
    op.execute("drop table nexora_background")
