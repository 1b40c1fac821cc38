"""Teams: persons under a name, of which rules may speak."""

from alembic import op

from migrations.scripts import run_beside

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop it, with the rules that speak of teams."""
    op.execute("delete from nexora_governance where who_kind = 'team'")
    op.execute("alter table nexora_governance drop constraint nexora_governance_who_kind_check")
    op.execute(
        "alter table nexora_governance add constraint nexora_governance_who_kind_check "
        "check (who_kind in ('agent', 'everyone', 'person', 'role', 'room'))"
    )
    op.execute("drop table nexora_team_members")
