"""Capabilities that agents are given, who may use them, and who decides about them."""

from alembic import op

from migrations.scripts import run_beside

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Take them away; the two that were there before come back empty, as they were."""
    for table in ("capabilities", "capability_refusals", "capability_packages", "governance", "capability_policies"):
        op.execute(f"drop table nexora_{table}")
    op.execute("""
        create table nexora_capability_policies (
            kind text not null,
            action text not null,
            risk text not null check (risk in ('critical', 'high', 'low', 'medium')),
            verdict text not null check (verdict in ('allow', 'ask', 'refuse')),
            changed_at timestamptz not null default now(),
            primary key (kind, action, risk)
        )
    """)
    op.execute("""
        create table nexora_governance (
            key text primary key,
            value text not null,
            changed_at timestamptz not null default now()
        )
    """)
