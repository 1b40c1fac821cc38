"""The time zone of a person, by its IANA name; empty for whoever has named none and whose channel tells none."""

from alembic import op

from migrations.scripts import run_beside

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it: everybody reads the deployment's zone again."""
    op.execute("alter table nexora_users drop column time_zone")
