"""What is neither words nor a file, said in words, so that nobody is met with silence.

Facts: `associatedMessageType` of BlueBubbles Server (databases/transformers, ReactionIdToString: a "-" takes back) and
`balloonBundleId`, under which Messages keeps what an app within it sends.
"""

from typing import Any

Json = dict[str, Any]

PLACEHOLDER = "\ufffc"
"""Stands in the text where Messages shows something else."""
_TAPBACKS = {
    "love": "❤️ (loved)",
    "like": "👍 (liked)",
    "dislike": "👎 (disliked)",
    "laugh": "😂 (laughed at)",
    "emphasize": "‼️ (emphasised)",
    "question": "❓ (questioned)",
    "sticker": "a sticker",
}
_LINK = "com.apple.messages.URLBalloonProvider"
_APPS = {
    "PeerPaymentMessagesExtension": "money by Apple Cash",
    "HandwritingProvider": "handwriting",
    "DigitalTouchBalloonProvider": "a Digital Touch drawing",
    "Polls": "a poll",
    "GamePigeon": "a game",
    "SafetyMonitorApp": "a Check In",
    "FindMyMessagesApp": "a location",
}


def tapback(message: Json) -> str:
    """How somebody reacted; "" for one that is taken back, or for no reaction at all."""
    kind = str(message.get("associatedMessageType") or "")
    if not message.get("associatedMessageGuid") or not (kind in _TAPBACKS or kind.startswith("2")):
        return ""  # taken back, or a vote in a poll, which is a balloon
    emoji = str(message.get("associatedMessageEmoji") or "")
    return f"[tapback: {_TAPBACKS.get(kind) or emoji or 'an emoji'}]"


def balloon(message: Json) -> str:
    """What an app within Messages sent; "" for words, and for a link, whose address is in the words."""
    bundle = str(message.get("balloonBundleId") or "")
    if not bundle or bundle == _LINK:
        return ""
    known = next((words for name, words in _APPS.items() if name in bundle), "")
    return f"[{known or 'content of an app, ' + bundle.rpartition('.')[2]}; its content is not told]"


def words(message: Json) -> str:
    """What was written, with its subject above it."""
    text = str(message.get("text") or "").replace(PLACEHOLDER, "").strip()
    return "\n".join(filter(None, (str(message.get("subject") or "").strip(), text)))
