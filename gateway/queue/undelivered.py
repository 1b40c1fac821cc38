"""What stands in place of a message that its platform would not take: what it was, what lacks, and who can mend it."""

from dataclasses import replace

from channels.base import Lack, MessageRefused
from channels.locales import DEFAULT, say
from channels.messages import File, Outbound, notice
from governance.approvals.shown.copies import PRIVATE

NOTICE = "undelivered:"
"""Begins the key of such a notice; of a notice that is not taken either nobody is told again."""
LONGEST_REASON = 300


def notice_of(message: Outbound, error: BaseException) -> Outbound | None:
    """The notice, which goes where the message should have gone; None where nobody waits for it there."""
    if message.address.room.startswith(PRIVATE) or message.rewrites:
        return None
    return replace(
        message,
        key=f"{NOTICE}{message.key}",
        parts=notice(_sentence(message, error)),
        card=None,
        replaces=None,
        receipt="",
        in_language=message.language,
    )


def _sentence(message: Outbound, error: BaseException) -> str:
    language = message.language
    lack = error.lack if isinstance(error, MessageRefused) else None
    reason = str(error)[:LONGEST_REASON] if lack is None else told(lack, language)
    names = ", ".join(part.name for part in message.parts if isinstance(part, File))
    if names:
        return say("chat.undelivered_file", language, names=names, reason=reason)
    return say("chat.undelivered", language, reason=reason)


def told(lack: Lack, language: str) -> str:
    """What lacks, in the platform's word for it, and what an admin does about it."""
    repair = lack.repair.get(language) or lack.repair.get(DEFAULT, "")
    return say("chat.lacks", language, word=lack.word, repair=repair).strip()
