"""Shared folder: the mark of the folder in which every gateway on this database finds the files of people."""

from alembic import op

from migrations.scripts import run_beside

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file; the first start marks its folder."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; the marks that stay in the folders are read by nobody."""
    op.execute("drop table nexora_shared_folder")
