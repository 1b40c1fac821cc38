"""Urgent lanes are named as such, and found without looking at what is not urgent."""

from alembic import op

from migrations.scripts import run_beside

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the lanes of what waits and make the indexes, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop the indexes and give what waits its old lane."""
    op.execute("drop index nexora_inbox_urgent")
    op.execute("drop index nexora_outbox_urgent")
    op.execute("update nexora_inbox set lane = substr(lane, 2) where state <> 'done' and starts_with(lane, '!')")
    op.execute("update nexora_outbox set lane = substr(lane, 2) where state <> 'done' and starts_with(lane, '!')")
