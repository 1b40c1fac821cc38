"""Transcription: tokens that were spent on turning a voice message into words."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let usage be of that purpose."""
    _purposes("'title', 'transcription', 'turn'")


def downgrade() -> None:
    """Count such usage as that of turns."""
    op.execute("update nexora_token_usage set purpose = 'turn' where purpose = 'transcription'")
    _purposes("'title', 'turn'")


def _purposes(names: str) -> None:
    op.execute("alter table nexora_token_usage drop constraint nexora_token_usage_purpose_check")
    op.execute(
        f"alter table nexora_token_usage add constraint nexora_token_usage_purpose_check check (purpose in ({names}))"
    )
