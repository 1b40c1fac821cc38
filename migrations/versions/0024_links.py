"""Links that are confirmed: a request of another kind."""

from migrations.scripts import run_beside

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a request be of that kind, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Requests of that kind stay, as what is decided stays, so the kind stays allowed."""
