"""What a person can send on Telegram (core.telegram.org/bots/api#message), one payload for each field."""

from typing import Any

from tests.contract.kinds import COMMAND, Content

CAROL = {"id": 999, "is_bot": False, "first_name": "Carol", "last_name": "Jones"}
NEWS = {"id": -1009, "type": "channel", "title": "News", "username": "news"}
PHOTO = [
    {"file_id": "small", "file_unique_id": "s", "file_size": 1, "width": 90, "height": 60},
    {"file_id": "large", "file_unique_id": "l", "file_size": 9, "width": 900, "height": 600},
]
PLACE = {"latitude": 52.52, "longitude": 13.405}


def _file(**more: Any) -> dict[str, Any]:
    return {"file_id": "FILE", "file_unique_id": "f", "file_size": 9, **more}


def _marked(text: str, kind: str, marked: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "entities": [{"type": kind, "offset": text.index(marked), "length": len(marked), **more}]}


VIDEO = _file(width=640, height=480, duration=3, mime_type="video/mp4", file_name="clip.mp4")
ANIMATION = _file(width=64, height=48, duration=3, mime_type="video/mp4", file_name="cat.mp4")
STICKER = _file(type="regular", width=512, height=512, is_animated=False, is_video=False)
POLL = {
    "id": "5",
    "question": "Ship it?",
    "options": [{"text": "Yes", "voter_count": 0}, {"text": "No", "voter_count": 0}],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
}
CHECKLIST = {"title": "Release", "tasks": [{"id": 1, "text": "Tag", "completion_date": 9}, {"id": 2, "text": "Push"}]}
STORY = {"chat": NEWS, "id": 4}
GAME = {"title": "Tetris", "description": "Blocks fall", "photo": PHOTO}
INVOICE = {"title": "Tea", "description": "A cup", "start_parameter": "", "currency": "EUR", "total_amount": 250}
GIVEAWAY = {"chats": [NEWS], "winners_selection_date": 1764460800, "winner_count": 3, "prize_description": "a cup"}
WINNERS = {
    "chat": NEWS,
    "giveaway_message_id": 3,
    "winners_selection_date": 1764460800,
    "winner_count": 1,
    "winners": [CAROL],
}
ORIGINS: dict[str, dict[str, Any]] = {
    "user": {"type": "user", "date": 1, "sender_user": CAROL},
    "hidden_user": {"type": "hidden_user", "date": 1, "sender_user_name": "Carol Jones"},
    "chat": {"type": "chat", "date": 1, "sender_chat": {"id": -1008, "type": "supergroup", "title": "Carol Jones"}},
    "channel": {"type": "channel", "date": 1, "message_id": 3, "chat": {**NEWS, "title": "Carol Jones"}},
}
ANSWERED = {"message_id": 5, "from": CAROL, "chat": {"id": 777, "type": "private"}, "date": 1}
PREVIEW = {"type": "preview", "width": 9, "height": 9, "duration": 3}
PAID = {"star_count": 5, "paid_media": [{"type": "photo", "photo": PHOTO}, {"type": "video", "video": VIDEO}, PREVIEW]}

WORDS = (
    Content(
        name="text_link",
        payload=_marked("Read this page", "text_link", "this page", url="https://example.org/a"),
        says=("Read this page (https://example.org/a)",),
    ),
    Content(
        name="pre",
        payload=_marked("Why?\nprint(1)", "pre", "print(1)", language="python"),
        says=("Why?\n```python\nprint(1)\n```",),
    ),
    Content(name="code", payload=_marked("What does ls do?", "code", "ls"), says=("What does `ls` do?",)),
    Content(
        name="blockquote",
        payload=_marked(f"{COMMAND}\nsays Carol", "blockquote", COMMAND),
        says=(f"> {COMMAND}\nsays Carol",),
    ),
    Content(
        name="custom_emoji",
        payload=_marked("Good 👍", "custom_emoji", "👍", custom_emoji_id="5"),
        says=("Good 👍",),
    ),
)
FILES = (
    Content(name="animation", payload={"animation": ANIMATION, "document": ANIMATION}, files=("cat.mp4",)),
    Content(name="audio", payload={"audio": _file(duration=3, file_name="song.mp3")}, files=("song.mp3",)),
    Content(
        name="document",
        payload={"document": _file(file_name="a.txt"), "caption": "See"},
        says=("See",),
        files=("a.txt",),
    ),
    Content(name="photo", payload={"photo": PHOTO, "message_id": 900}, files=("photo-900.jpg",)),
    Content(
        name="live_photo",
        payload={"live_photo": _file(width=640, height=480, duration=3), "photo": PHOTO, "message_id": 900},
        files=("photo-900.jpg", "live-photo-900.mp4"),
    ),
    Content(name="video", payload={"video": VIDEO}, files=("clip.mp4",)),
    Content(
        name="video_note",
        payload={"video_note": _file(length=240, duration=3), "message_id": 900},
        files=("video-900.mp4",),
    ),
    Content(name="voice", payload={"voice": _file(duration=3), "message_id": 900}, files=("voice-900.ogg",)),
    Content(
        name="paid_media",
        payload={"paid_media": PAID, "message_id": 900},
        says=("paid media", "not bought"),
        files=("photo-900.jpg", "clip.mp4"),
    ),
)
NAMED = (
    Content(name="sticker", payload={"sticker": STICKER | {"emoji": "👍", "set_name": "Cats"}}, says=("👍", "sticker")),
    Content(name="sticker_without_emoji", payload={"sticker": STICKER}, says=("sticker",)),
    Content(name="story", payload={"story": STORY}, says=("story", "News")),
    Content(name="checklist", payload={"checklist": CHECKLIST}, says=("Release", "[x] Tag", "[ ] Push")),
    Content(
        name="contact",
        payload={"contact": {"phone_number": "+49 30 1", "first_name": "Carol", "last_name": "Jones"}},
        says=("Carol Jones", "+49 30 1"),
    ),
    Content(name="dice", payload={"dice": {"emoji": "🎲", "value": 4}}, says=("🎲", "4")),
    Content(name="game", payload={"game": GAME}, says=("Tetris", "Blocks fall")),
    Content(name="poll", payload={"poll": POLL}, says=("Ship it?", "- Yes", "- No")),
    Content(
        name="venue",
        payload={"venue": {"location": PLACE, "title": "Café", "address": "Main 1"}, "location": PLACE},
        says=("Café", "Main 1", "52.52, 13.405"),
    ),
    Content(name="location", payload={"location": PLACE}, says=("52.52, 13.405",)),
    Content(name="live_location", payload={"location": {**PLACE, "live_period": 900}}, says=("52.52, 13.405",)),
    Content(name="giveaway", payload={"giveaway": GIVEAWAY}, says=("giveaway", "a cup")),
    Content(name="giveaway_winners", payload={"giveaway_winners": WINNERS}, says=("giveaway",)),
    Content(name="invoice", payload={"invoice": INVOICE}, says=("Tea", "A cup", "2.50 EUR")),
    Content(name="a_kind_of_tomorrow", payload={"hologram": {"id": 1}}, says=("hologram",)),
)
OTHERS = (
    *(
        Content(
            name=f"forward_of_{kind}",
            payload={"text": COMMAND, "forward_origin": origin},
            says=(f"Carol Jones>{COMMAND}",),
            is_others=True,
        )
        for kind, origin in ORIGINS.items()
    ),
    Content(
        name="forwarded_photo",
        payload={"photo": PHOTO, "message_id": 900, "forward_origin": ORIGINS["user"]},
        says=("Carol Jones",),
        files=("photo-900.jpg",),
    ),
    Content(
        name="reply",
        payload={"text": "what is this?", "reply_to_message": {**ANSWERED, "text": COMMAND}},
        says=(f"Carol Jones>{COMMAND}", "what is this?"),
        is_others=True,
    ),
    Content(
        name="reply_to_photo",
        payload={"text": "what is this?", "reply_to_message": {**ANSWERED, "photo": PHOTO}},
        says=("what is this?",),
        files=("photo-5.jpg",),
    ),
    Content(
        name="reply_to_poll",
        payload={"text": "what is this?", "reply_to_message": {**ANSWERED, "poll": POLL}},
        says=("Ship it?", "what is this?"),
    ),
    Content(
        name="reply_to_document",
        payload={"text": "and this?", "reply_to_message": {**ANSWERED, "document": _file(file_name="a.pdf")}},
        says=("a.pdf", "and this?"),
    ),
    Content(
        name="external_reply",
        payload={"text": "hm", "external_reply": {"origin": ORIGINS["user"], "poll": POLL}},
        says=("Carol Jones", "Ship it?", "hm"),
    ),
    Content(
        name="external_quote",
        payload={
            "text": "hm",
            "external_reply": {"origin": ORIGINS["user"]},
            "quote": {"text": COMMAND, "position": 0, "is_manual": True},
        },
        says=(f"Carol Jones>{COMMAND}", "hm"),
        is_others=True,
    ),
    Content(name="reply_to_story", payload={"text": "hm", "reply_to_story": STORY}, says=("story", "News", "hm")),
)
CONTENTS = (*WORDS, *FILES, *NAMED, *OTHERS)
