"""Hidden: the values for which references stand in what models read, wrapped by the master key."""

from alembic import op

from migrations.scripts import run_beside

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; references in what was said before stand for nothing then."""
    op.execute("drop table nexora_hidden")
