"""The spine: people, permission, conversations, the bus and the record."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table of the spine from the SQL beside this file."""
    connection = op.get_bind()
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    connection.connection.driver_connection.exec_script(script)  # type: ignore[union-attr]


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
