"""One-time links by which a person keeps one secret; what each is for stands beside its code."""

from alembic import op

from migrations.scripts import run_beside

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the table of codes by the SQL beside this file."""
    run_beside(__file__)


def downgrade() -> None:
    """Forget such links and what they were for."""
    op.execute("delete from nexora_codes where purpose = 'keep_secret'")
    op.execute("alter table nexora_codes drop column subject")
    op.execute("alter table nexora_codes drop constraint nexora_codes_purpose_check")
    op.execute(
        "alter table nexora_codes add constraint nexora_codes_purpose_check "
        "check (purpose in ('first_admin', 'link_from_chat', 'link_from_console', 'set_password'))"
    )
