"""Kinds of requests by name: the database takes every name, and the gateway asks only what it knows."""

from migrations.scripts import run_beside

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let go of the list of kinds, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Nothing: requests of a further kind stay, as what is decided stays, so every name stays allowed."""
