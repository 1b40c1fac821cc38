"""Looking back: usage by day, and the indexes that the filters of the record and the page of people need."""

from alembic import op

from migrations.scripts import run_beside

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop them: the calls themselves are all there still."""
    op.execute("drop index nexora_accounts_asking")
    op.execute("drop index nexora_audit_events_actor_name")
    op.execute("drop index nexora_audit_events_tag")
    op.execute("drop table nexora_token_usage_days")
