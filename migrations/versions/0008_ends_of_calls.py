"""Ends of calls: each call ends in exactly one of five ways, says why it did not run, and how its model named it."""

from alembic import op

from migrations.scripts import run_beside

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tell apart what was refused and what lapsed, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Call everything that did not run denied again, and everything that ran done."""
    op.execute("drop trigger nexora_calls_refused on nexora_calls")
    op.execute("drop function nexora_call_refused()")
    op.execute("alter table nexora_calls drop constraint nexora_calls_state_check")
    op.execute("update nexora_calls set state = 'denied' where state in ('lapsed', 'refused')")
    op.execute("update nexora_calls set state = 'done' where state = 'failed'")
    op.execute(
        "alter table nexora_calls add constraint nexora_calls_state_check"
        " check (state in ('approved', 'denied', 'done', 'pending', 'running', 'unknown'))"
    )
    op.execute("alter table nexora_calls drop column why, drop column asked_as")
