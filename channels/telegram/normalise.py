"""An update as the platform sends it, made into an Inbound. Pure; builds no SDK object, which would cost 60 µs each.

Nobody is credited whom the platform does not name: bots, anonymous administrators and posts of channels are not heard.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from channels.messages import (
    STOP,
    Account,
    Address,
    Earlier,
    File,
    FileKind,
    Inbound,
    Mention,
    Part,
    Press,
    Quote,
    Ref,
    Text,
    words_of,
)
from channels.telegram import entities
from channels.telegram.described import described, in_short, story
from channels.telegram.entities import NamedEntity, mention_of, shown, sound

Json = dict[str, Any]

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "stopped_message_generation")
DIGITS = 7
"""So many hexadecimal digits of the id of a button become the number of a draft, which is of 32 bits."""
_PRESSED = re.compile(r"ap\|([^|]{1,32})\|([a-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot itself: the channel's name in the settings, and who the platform says it is.

    `moved` has the first id of each group by the one that it got as a supergroup.
    """

    channel: str
    id: int
    username: str
    moved: dict[str, str] = field(default_factory=dict)


def normalise(update: Json, me: Me) -> Inbound | None:
    """The event, or None when it is not for us; raises KeyError or TypeError when it is not an update at all."""
    if "message" in update:
        return _message(update["message"], me)
    if "edited_message" in update:
        return _correction(update["edited_message"], me)
    if "callback_query" in update:
        return _press(update["callback_query"], me)
    if "stopped_message_generation" in update:
        return _stopped(update["stopped_message_generation"], update["update_id"], me)
    return None


def draft_of(stop: str) -> int:
    """The number of the draft of an answer whose button has that id; never 0, which the platform refuses."""
    return int(stop[:DIGITS], 16) + 1


def address_of(message: Json, me: Me) -> Address:
    """The chat under its first id, and the topic where the message stands in one."""
    thread = str(message["message_thread_id"]) if message.get("is_topic_message") else ""
    room = str(message["chat"]["id"])
    return Address(channel=me.channel, room=me.moved.get(room, room), thread=thread)


def _message(message: Json, me: Me) -> Inbound | None:
    sender = message.get("from")
    if not sender or sender["is_bot"] or "sender_chat" in message:
        return None
    address = address_of(message, me)
    parts = tuple(_parts(message, address, me))
    if not parts:
        return None
    is_direct = message["chat"]["type"] == "private"
    return Inbound(
        event_id=f"{me.id}:{message['chat']['id']}:{message['message_id']}",
        at=datetime.fromtimestamp(message["date"], UTC),
        address=address,
        sender=_account(sender, me.channel),
        parts=parts,
        is_direct=is_direct,
        to_me=is_direct or _is_to_me(message, parts, me),
        message=Ref(address=address, id=str(message["message_id"])),
        room_name=sound(message["chat"].get("title", "")),
        album=str(message.get("media_group_id", "")),
        language=str(sender.get("language_code", "")),
    )


def _correction(message: Json, me: Me) -> Inbound | None:
    """What a person edited. A live location moves by itself, and what was sent through a bot is edited by that bot.

    The platform also tells changes that nobody made and that cannot be seen (core.telegram.org/bots/api#update), and
    counts edits in seconds, so the event is named by what was said as well.
    """
    said = _message(message, me)
    if said is None or "edit_date" not in message or "via_bot" in message or "location" in message:
        return None
    digest = hashlib.sha256(f"{said.text}\0{[file.size for file in said.files]}".encode()).hexdigest()[:8]
    return replace(
        said,
        event_id=f"{said.event_id}:edit:{message['edit_date']}:{digest}",
        at=datetime.fromtimestamp(message["edit_date"], UTC),
        corrects=Earlier(event_id=said.event_id, at=said.at),
    )


def _press(query: Json, me: Me) -> Inbound | None:
    pressed = _PRESSED.fullmatch(query.get("data", ""))
    if pressed is None or "message" not in query or query["from"]["is_bot"]:
        return None
    message = query["message"]
    address = address_of(message, me)
    ref = Ref(address=address, id=str(message["message_id"]))
    return Inbound(
        event_id=f"{me.id}:press:{query['id']}",
        at=datetime.fromtimestamp(message.get("date", 0), UTC),
        address=address,
        sender=_account(query["from"], me.channel),
        press=Press(id=pressed[1], choice=pressed[2], message=ref, receipt=query["id"]),
        is_direct=message["chat"]["type"] == "private",
        message=ref,
        language=str(query["from"].get("language_code", "")),
    )


def _stopped(stopped: Json, number: int, me: Me) -> Inbound:
    """A press of the button that the platform puts below a draft, by whomever that private chat is with.

    It says neither when nor by whom, and nothing answers it.
    """
    chat = stopped["chat"]
    thread = str(stopped.get("message_thread_id") or "")
    return Inbound(
        event_id=f"{me.id}:stopped:{number}",
        at=datetime.fromtimestamp(0, UTC),
        address=Address(channel=me.channel, room=str(chat["id"]), thread=thread),
        sender=_account(chat, me.channel),
        press=Press(id=f"{stopped['draft_id'] - 1:0{DIGITS}x}", choice=STOP),
    )


def _account(user: Json, channel: str) -> Account:
    name = " ".join(filter(None, (user.get("first_name"), user.get("last_name"))))
    return Account(channel=channel, id=str(user["id"]), name=sound(name or user.get("username", "")))


def _is_to_me(message: Json, parts: tuple[Part, ...], me: Me) -> bool:
    replied = _replied(message)
    return any(isinstance(part, Mention) and part.is_me for part in parts) or (
        replied is not None and replied.get("from", {}).get("id") == me.id
    )


def _replied(message: Json) -> Json | None:
    """The message that this one answers. In a topic, every message seems to answer the note that opened it."""
    replied: Json | None = message.get("reply_to_message")
    return None if replied is None or "forum_topic_created" in replied else replied


def _parts(message: Json, address: Address, me: Me) -> Iterator[Part]:
    words = list(_words(message, me))
    files = list(_files(message))
    if "forward_origin" in message and (words or files):
        yield from _passed_on(message["forward_origin"], words, me)
    elif words or files:
        yield from _quotes(message, address, me)
        yield from words
    yield from files


def _passed_on(origin: Json, words: list[Part], me: Me) -> Iterator[Quote]:
    """Another's words, in which nothing is a command and nobody is called; of files alone, whose they were."""
    author = _author(origin, me)
    if words or author is not None:
        yield Quote(text=words_of(words) or "[sent the file that is passed on here]", author=author)


def _author(origin: Json, me: Me) -> Account | None:
    """Who said it first; without an id where they hide it (core.telegram.org/bots/api#messageorigin)."""
    match origin.get("type"):
        case "user":
            return _account(origin["sender_user"], me.channel)
        case "hidden_user":
            return Account(channel=me.channel, id="", name=sound(origin["sender_user_name"]))
        case "chat" | "channel" as kind:
            chat = origin["sender_chat" if kind == "chat" else "chat"]
            return Account(channel=me.channel, id=str(chat["id"]), name=sound(chat.get("title", "")))
    return None


def _quotes(message: Json, address: Address, me: Me) -> Iterator[Quote | File]:
    """What is answered, its picture as well; it may stand in another chat."""
    replied, elsewhere = _replied(message), message.get("external_reply")
    chosen = message.get("quote", {}).get("text", "")
    if replied is not None:
        text = chosen or replied.get("text") or replied.get("caption") or in_short(replied)
        author = _account(replied["from"], me.channel) if "from" in replied else None
        yield Quote(text=sound(text), author=author, ref=Ref(address=address, id=str(replied["message_id"])))
        yield from _pictures(replied)
    elif elsewhere is not None:
        yield Quote(text=sound(chosen or in_short(_content(elsewhere))), author=_author(elsewhere["origin"], me))
        yield from _pictures(elsewhere)
    elif "reply_to_story" in message:
        yield Quote(text=sound(story(message["reply_to_story"])))
    elif chosen:
        yield Quote(text=sound(chosen))


def _content(elsewhere: Json) -> Json:
    """What is in a message of another chat, without where it stands."""
    return {key: value for key, value in elsewhere.items() if key not in {"origin", "has_media_spoiler"}}


def _pictures(message: Json) -> Iterator[File]:
    return (file for file in _files(message) if file.media_type.startswith("image/"))


def _words(message: Json, me: Me) -> Iterator[Part]:
    """Text or caption with what else is in it, cut at the mentions."""
    text = sound(message.get("text") or message.get("caption") or "")
    given = message.get("entities") or message.get("caption_entities") or ()
    named = [found for entity in given if (found := _named(entity, text, me)) is not None]
    yield from entities.words(text, given, named)
    if said := sound(described(message)):
        yield Text(text=f"\n{said}" if text else said)


def _named(entity: Json, text: str, me: Me) -> NamedEntity | None:
    """Words to keep and who is meant. A @name of somebody else stays text: the platform does not say whose it is."""
    myself = Account(channel=me.channel, id=str(me.id), name=me.username)
    if entity["type"] == "text_mention":
        account = _account(entity["user"], me.channel)
        is_me = account.id == myself.id
        return mention_of(myself if is_me else account, is_me=is_me, entity=entity)
    if entity["type"] in {"mention", "bot_command"}:
        command, _, name = shown(text, entity).partition("@")
        if name.lower() == me.username.lower():
            return mention_of(myself, is_me=True, entity=entity, kept=command)
    return None


def _files(message: Json) -> Iterator[File]:
    number = message.get("message_id", "elsewhere")
    if photos := message.get("photo") or message.get("live_photo", {}).get("photo"):
        largest = max(photos, key=lambda photo: photo["width"] * photo["height"])
        yield _file(largest, f"photo-{number}.jpg", "image/jpeg", FileKind.IMAGE)
    if "voice" in message:
        yield _file(message["voice"], f"voice-{number}.ogg", "audio/ogg", FileKind.VOICE)
    for kind, name, media_type in (
        ("document", f"document-{number}", "application/octet-stream"),
        ("audio", f"audio-{number}.mp3", "audio/mpeg"),
        ("video", f"video-{number}.mp4", "video/mp4"),
        ("video_note", f"video-{number}.mp4", "video/mp4"),
        ("live_photo", f"live-photo-{number}.mp4", "video/mp4"),
    ):
        if kind in message:
            yield _file(message[kind], name, media_type, FileKind.DOCUMENT)
    if "animation" in message and "document" not in message:
        yield _file(message["animation"], f"animation-{number}.mp4", "video/mp4", FileKind.DOCUMENT)
    for media in message.get("paid_media", {}).get("paid_media") or ():
        yield from _files({"message_id": number, **media})


def _file(given: Json, name: str, media_type: str, presented_as: FileKind) -> File:
    return File(
        name=sound(given.get("file_name") or name),
        media_type=given.get("mime_type") or media_type,
        size=given.get("file_size", 0),
        locator=given["file_id"],
        presented_as=presented_as,
    )
