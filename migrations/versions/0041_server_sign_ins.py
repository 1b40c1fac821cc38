"""Sign-ins to servers of others that people have begun, each with its verifier sealed."""

from alembic import op

from migrations.scripts import run_beside

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it; whoever was about to sign in begins again."""
    op.execute("drop table nexora_server_sign_ins")
