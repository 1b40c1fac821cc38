"""What is neither text nor a file, said in words, so that nobody is met with silence.

What a bot is not given is named, with the reason; so is what this version does not know yet.
Fields: core.telegram.org/bots/api#message.
"""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

_ENVELOPE = frozenset(
    [
        "author_signature",
        "business_connection_id",
        "caption",
        "caption_entities",
        "chat",
        "date",
        "direct_messages_topic",
        "edit_date",
        "effect_id",
        "entities",
        "external_reply",
        "forward_date",
        "forward_from",
        "forward_from_chat",
        "forward_from_message_id",
        "forward_origin",
        "forward_sender_name",
        "forward_signature",
        "from",
        "guest_bot_caller_chat",
        "guest_bot_caller_user",
        "guest_query_id",
        "has_media_spoiler",
        "has_protected_content",
        "is_automatic_forward",
        "is_from_offline",
        "is_paid_post",
        "is_topic_message",
        "link_preview_options",
        "media_group_id",
        "message_id",
        "message_thread_id",
        "paid_star_count",
        "quote",
        "reply_markup",
        "reply_to_checklist_task_id",
        "reply_to_message",
        "reply_to_poll_option_id",
        "reply_to_story",
        "sender_boost_count",
        "sender_business_bot",
        "sender_chat",
        "sender_tag",
        "show_caption_above_media",
        "suggested_post_info",
        "text",
        "via_bot",
    ]
)
"""What says who, where and how, and is nothing by itself."""
_NOTICES = frozenset(
    [
        "boost_added",
        "channel_chat_created",
        "chat_background_set",
        "chat_owner_changed",
        "chat_owner_left",
        "chat_shared",
        "checklist_tasks_added",
        "checklist_tasks_done",
        "connected_website",
        "delete_chat_photo",
        "direct_message_price_changed",
        "forum_topic_closed",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "giveaway_completed",
        "giveaway_created",
        "gift",
        "gift_upgrade_sent",
        "group_chat_created",
        "left_chat_member",
        "managed_bot_created",
        "message_auto_delete_timer_changed",
        "migrate_from_chat_id",
        "migrate_to_chat_id",
        "new_chat_members",
        "new_chat_photo",
        "new_chat_title",
        "paid_message_price_changed",
        "passport_data",
        "pinned_message",
        "poll_option_added",
        "poll_option_deleted",
        "proximity_alert_triggered",
        "refunded_payment",
        "successful_payment",
        "suggested_post_approval_failed",
        "suggested_post_approved",
        "suggested_post_declined",
        "suggested_post_paid",
        "suggested_post_refunded",
        "supergroup_chat_created",
        "unique_gift",
        "users_shared",
        "video_chat_ended",
        "video_chat_participants_invited",
        "video_chat_scheduled",
        "video_chat_started",
        "web_app_data",
        "write_access_allowed",
    ]
)
"""What the platform tells of the chat itself: nobody said it."""
_FILES = frozenset(["animation", "audio", "document", "live_photo", "photo", "video", "video_note", "voice"])
_UNITS = frozenset({"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "UGX", "VND", "VUV", "XAF", "XTR"})
"""Currencies without a smaller part."""


def described(message: Json) -> str:
    """What was sent, in words; empty for text, files and notices of the platform."""
    for kind, say in _SAID.items():
        if kind in message:
            return say(message[kind])
    if _FILES & message.keys() or _NOTICES & message.keys() or "text" in message:
        return ""
    unknown = sorted(message.keys() - _ENVELOPE)
    return f"[{unknown[0]}: a kind of message that cannot be read here]" if unknown else ""


def in_short(message: Json) -> str:
    """The same of a message that is only answered, its files by their names."""
    names = (str(message[kind].get("file_name", kind)) for kind in ("document", "audio", "video") if kind in message)
    return described(message) or ", ".join(f"[file: {name}]" for name in names)


def story(found: Json) -> str:
    """A story, which no bot is shown."""
    return f"[a story of {_chat(found.get('chat', {}))}, which the platform does not show to bots]"


def _chat(chat: Json) -> str:
    name = chat.get("title") or " ".join(filter(None, (chat.get("first_name"), chat.get("last_name"))))
    return str(name or chat.get("username") or "somebody")


def _sticker(sticker: Json) -> str:
    pack = f" of {sticker['set_name']}" if sticker.get("set_name") else ""
    return f"{sticker.get('emoji', '')} [sticker{pack}]".strip()


def _place(place: Json) -> str:
    return f"📍 {place['latitude']}, {place['longitude']}"


def _venue(venue: Json) -> str:
    return f"{_place(venue['location'])}\n{venue.get('title', '')}, {venue.get('address', '')}"


def _contact(contact: Json) -> str:
    names = (contact.get("first_name"), contact.get("last_name"), contact["phone_number"])
    card = f"\n{contact['vcard']}" if contact.get("vcard") else ""
    return f"👤 {' '.join(filter(None, names))}{card}"


def _poll(poll: Json) -> str:
    choices = "".join(f"\n- {option['text']}" for option in poll.get("options") or ())
    return f"📊 {poll['question']}{choices}"


def _checklist(checklist: Json) -> str:
    tasks = (
        f"\n- [{'x' if task.get('completion_date') else ' '}] {task['text']}" for task in checklist.get("tasks") or ()
    )
    return f"{checklist.get('title', '')}{''.join(tasks)}"


def _dice(dice: Json) -> str:
    return f"{dice.get('emoji', '')} {dice.get('value', '')}"


def _game(game: Json) -> str:
    return f"🎮 {game.get('title', '')}: {game.get('description', '')}"


def _invoice(invoice: Json) -> str:
    currency, total = str(invoice.get("currency", "")), int(invoice.get("total_amount", 0))
    amount = str(total) if currency in _UNITS else f"{total / 100:.2f}"
    return f"🧾 {invoice.get('title', '')}: {invoice.get('description', '')} ({amount} {currency})"


def _paid_media(paid: Json) -> str:
    hidden = sum(media.get("type") not in {"live_photo", "photo", "video"} for media in paid.get("paid_media") or ())
    unread = f"; {hidden} of it not bought, so it cannot be read" if hidden else ""
    return f"[paid media for {paid.get('star_count', 0)} stars{unread}]"


def _giveaway(giveaway: Json) -> str:
    prize = giveaway.get("prize_description") or "prizes"
    return f"[a giveaway of {prize} to {giveaway.get('winner_count', 0)} people]"


_SAID: dict[str, Callable[[Json], str]] = {
    "sticker": _sticker,
    "venue": _venue,
    "location": _place,
    "contact": _contact,
    "poll": _poll,
    "checklist": _checklist,
    "dice": _dice,
    "game": _game,
    "giveaway": _giveaway,
    "giveaway_winners": _giveaway,
    "invoice": _invoice,
    "paid_media": _paid_media,
    "story": story,
}
"""A venue stands before the location that it brings along."""
