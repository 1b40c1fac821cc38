"""What a person can send in Messages, with the fields as the server tells them (MessageSerializer)."""

from typing import Any

from tests.contract.kinds import COMMAND, Content

PLUGIN = "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000"


def _reaction(kind: str, *says: str, **more: Any) -> Content:
    """A tapback on what the bot said."""
    payload = {
        "text": f"Reacted {kind} to “all is well”",
        "associatedMessageType": kind,
        "before": {"by": "", "text": "all is well", "key": "associatedMessageGuid"},
        **more,
    }
    return Content(name=f"tapback {kind}", payload=payload, says=("tapback", "all is well", *says))


def _app(name: str, bundle: str, *says: str) -> Content:
    return Content(name=name, payload={"balloonBundleId": bundle}, says=says)


def _file(name: str, file: str, media_type: str, arrives_as: str = "", **more: Any) -> Content:
    info = {"name": file, "media_type": media_type, **more.pop("info", {})}
    return Content(name=name, payload={"attachments": [info], **more}, files=(arrives_as or file,))


CONTENTS = (
    _reaction("love", "❤️"),
    _reaction("like", "👍"),
    _reaction("dislike", "👎"),
    _reaction("laugh", "😂"),
    _reaction("emphasize", "‼️"),
    _reaction("question", "❓"),
    _reaction("2006", "🎉", associatedMessageEmoji="🎉"),
    _reaction("sticker", "sticker"),
    Content(
        name="reply",
        payload={
            "text": "that one",
            "before": {"by": "", "text": COMMAND, "key": "threadOriginatorGuid"},
        },
        says=("that one",),
        is_others=True,
    ),
    Content(name="subject", payload={"subject": "The server", "text": "is slow"}, says=("The server\nis slow",)),
    Content(
        name="link",
        payload={"text": "https://x.org/a", "balloonBundleId": "com.apple.messages.URLBalloonProvider"},
        says=("https://x.org/a",),
    ),
    _app("handwriting", "com.apple.Handwriting.HandwritingProvider", "handwriting"),
    _app("digital touch", "com.apple.DigitalTouchBalloonProvider", "Digital Touch"),
    _app("cash", f"{PLUGIN}:com.apple.PassbookUIService.PeerPaymentMessagesExtension", "Apple Cash"),
    _app("poll", f"{PLUGIN}:com.apple.messages.Polls", "a poll"),
    _app("check in", f"{PLUGIN}:com.apple.SafetyMonitorApp.SafetyMonitorMessages", "Check In"),
    _app("unknown app", f"{PLUGIN}:org.example.Chess", "Chess", "not told"),
    _file("picture", "IMG_0001.HEIC", "image/heic", "IMG_0001.jpeg"),
    _file("film", "IMG_0002.MOV", "video/quicktime"),
    _file("voice", "Audio Message.caf", "audio/x-caf", "Audio Message.mp3", isAudioMessage=True),
    _file("contact", "Alice.vcf", "text/vcard"),
    _file("location", "CL.loc.vcf", "text/x-vlocation"),
    _file("sticker", "sticker.heic", "image/heic", "sticker.jpeg", info={"isSticker": True}),
)
