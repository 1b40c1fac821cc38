"""Moved rooms: groups whose platform gave them another id."""

from alembic import op

from migrations.scripts import run_beside

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; rooms that moved begin a new conversation then."""
    op.execute("drop table nexora_moved_rooms")
