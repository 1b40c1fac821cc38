"""The spine: people, permission, conversations, the bus and the record."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table of the spine from the SQL beside this file."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    if driver is None or not driver.is_in_transaction():
        raise RuntimeError("a migration runs inside the transaction that gateway.database.migrate opens")
    await_only(driver.execute(script))  # asyncpg takes many statements at once only without SQLAlchemy's parameters


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
