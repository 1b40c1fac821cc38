"""The spine: people, permission, conversations, the bus and the record."""

from alembic import op

from migrations.scripts import run_beside

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table of the spine from the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Drop every table of the spine."""
    op.execute(
        """
        do $$ declare t text; begin
            for t in select tablename from pg_tables
                where schemaname = current_schema() and tablename like 'nexora\\_%' loop
                execute format('drop table %I cascade', t);
            end loop;
        end $$"""
    )
    op.execute("drop function if exists nexora_refuse_change() cascade")
