"""What is remembered of people, agents and conversations, and which conversations were learnt from."""

from alembic import op

from migrations.scripts import run_beside

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop them, with everything that was remembered."""
    op.execute("drop table nexora_memories")
    op.execute("drop table nexora_memory_choices")
    op.execute("drop table nexora_memory_rests")
