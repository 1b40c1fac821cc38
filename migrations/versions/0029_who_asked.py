"""Who asked: requests name whoever asked by the sign-in name too, and no longer by what others read alone."""

from migrations.scripts import run_beside

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Write it beside the name that stands there, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Nothing: what stands there is read as it is by older programs too."""
