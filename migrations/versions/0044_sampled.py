"""Find what servers of others have asked of models."""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Have an index for those few."""
    op.execute("create index nexora_token_usage_sampled on nexora_token_usage (at) where purpose = 'sampling'")


def downgrade() -> None:
    """Look through all of them again."""
    op.execute("drop index nexora_token_usage_sampled")
