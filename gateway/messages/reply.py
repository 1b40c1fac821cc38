"""What is said back to somebody without an agent: one sentence, as an answer to what they said."""

from channels.locales import closest, written_in
from channels.messages import Inbound, Outbound, notice


def reply(key: str, inbound: Inbound, text: str, *, private: bool = False) -> Outbound:
    """The message that answers `inbound` and ends it. What is `private` is shown to the sender alone in a group."""
    is_for_one = private and (not inbound.is_direct or inbound.press is not None)
    return Outbound(
        key=key,
        address=inbound.address,
        parts=notice(text),
        answers=inbound.message,
        only_for=inbound.sender if is_for_one else None,
        receipt=inbound.press.receipt if inbound.press else "",
        ends=inbound.event_id,
        in_language=written_in(inbound.text, "") or closest(inbound.language, default=""),
    )
