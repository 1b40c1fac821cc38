"""Host questions: requests about hosts that were blocked, what was denied for good, and passes for one call."""

from alembic import op

from migrations.scripts import run_beside

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a request be of that kind, and keep its answers, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop the answers. Requests of that kind stay, as what is decided stays, so the kind stays allowed."""
    op.execute("drop table nexora_host_passes")
    op.execute("alter table nexora_host_rules drop column request_id, drop column denied_by, drop column denied_at")
