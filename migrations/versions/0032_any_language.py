"""Languages by code: the database takes every code, and the catalogue of sentences says which there are."""

from migrations.scripts import run_beside

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let go of the list of languages, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Nothing: persons of a further language keep it, and an older program speaks English with them."""
