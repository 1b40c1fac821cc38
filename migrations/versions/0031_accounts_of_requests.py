"""By which account a request was asked for, and by which one it was ended, beside the persons."""

from alembic import op

from migrations.scripts import run_beside

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop them."""
    for side in ("requester", "ended"):
        for what in ("channel", "account", "account_name"):
            op.execute(f"alter table nexora_approval_requests drop column {side}_{what}")
