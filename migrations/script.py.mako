"""${message}."""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say what changes, and keep the version before this one running: add first, remove in a later release."""
    op.execute("")


def downgrade() -> None:
    """Say what is undone."""
    op.execute("")
