"""Keys: what signs sessions and checkpoints, wrapped by a master key that is outside of the database."""

from alembic import op

from migrations.scripts import run_beside

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file; the next start fills it from the files of the data folder."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; the files that older versions read are kept in the data folder as `keys/*.moved`."""
    op.execute("drop table nexora_keys")
