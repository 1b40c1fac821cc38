"""What a model may be asked for beside an answer and a title."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_OLD = ("title", "transcription", "turn")
_NEW = ("image", "memory", "proactive", "sampling", "speech", "summary", *_OLD)


def upgrade() -> None:
    """Let usage be of those purposes."""
    _purposes(_NEW)


def downgrade() -> None:
    """Count what was of a new purpose as spent on turns."""
    op.execute("update nexora_token_usage set purpose = 'turn' where purpose not in ('title', 'transcription', 'turn')")
    _purposes(_OLD)


def _purposes(names: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{name}'" for name in names)
    op.execute("alter table nexora_token_usage drop constraint nexora_token_usage_purpose_check")
    op.execute(
        f"alter table nexora_token_usage add constraint nexora_token_usage_purpose_check check (purpose in ({listed}))"
    )
