"""A number for each lease of a row of inbox and outbox, so that what a former holder does can be refused.

And when a lease was first seen past, so that whoever saw it need not live until it is over.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

QUEUES = ("nexora_inbox", "nexora_outbox")


def upgrade() -> None:
    """Add both to both queues; a constant default rewrites no table."""
    for queue in QUEUES:
        op.execute(
            f"alter table {queue} add column lease integer not null default 0, add column doubted_at timestamptz"
        )


def downgrade() -> None:
    """Drop both."""
    for queue in QUEUES:
        op.execute(f"alter table {queue} drop column lease, drop column doubted_at")
