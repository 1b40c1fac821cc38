"""Sums of usage from which the days of every zone can be made."""

from alembic import op

from migrations.scripts import run_beside

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the new sums in the place of the old ones, by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Days of UTC again, which the gateway fills from the calls."""
    op.execute("drop table nexora_token_usage_quarters")
    op.execute("""
        create table nexora_token_usage_days (
            day date not null,
            user_id uuid not null references nexora_users (id),
            agent text not null,
            provider text not null,
            model text not null,
            channel text not null,
            conversation text not null,
            input_tokens bigint not null,
            output_tokens bigint not null,
            cached_tokens bigint not null,
            calls bigint not null,
            unpriced_calls bigint not null,
            estimated_calls bigint not null,
            cost_usd numeric(20, 8),
            primary key (day, user_id, agent, provider, model, channel, conversation)
        )
    """)
    op.execute("create index nexora_token_usage_days_user on nexora_token_usage_days (user_id, day)")
