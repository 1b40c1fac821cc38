"""Estimated usage: which calls of a model were counted by us, since their provider did not count them."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark them from now on; what was counted before stays as it was told then."""
    op.execute("alter table nexora_token_usage add column is_estimated boolean not null default false")


def downgrade() -> None:
    """Forget which they were."""
    op.execute("alter table nexora_token_usage drop column is_estimated")
