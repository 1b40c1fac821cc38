"""One place for lock-outs: the columns of persons that nothing uses go."""

from alembic import op

from migrations.scripts import run_beside

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the columns, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Put the columns back, empty."""
    op.execute(
        "alter table nexora_users add column failed_logins integer not null default 0,"
        " add column locked_until timestamptz"
    )
