"""Discord's messages and interactions to `Inbound`, purely: no call, no clock, no memory. What is not for us is None.

A message looks the same from the gateway and from the channel's history, and so does the event made of it.
Facts: discord.com/developers/docs/resources/message, .../interactions/receiving-and-responding.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from channels.discord.forms import reason_in
from channels.messages import (
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
    plain,
    words_of,
)

Json = Mapping[str, Any]

EPOCH_MS = 1_420_070_400_000
PERSONAL_TYPES = frozenset({0, 19})
"""A message and an answer; every other type is a notice that Discord writes."""
VOICE_MESSAGE = 1 << 13
FORWARD = 1
SLASH, COMPONENT, UNFINISHED, SUBMISSION = 2, 3, 4, 5
COMMAND = "command:"
UNTOLD = "[a message whose contents Discord does not tell to bots]"
_PRESSED = re.compile(r"ap\|([^|]{1,64})\|([a-z])(?:\|(?:why|say))?")
_MARK = re.compile(r"<(?:(@!?|@&|#)(\d{1,20})|a?:(\w{1,32}):\d{1,20}|/([^:<>]{1,100}):\d{1,20})>")
_UNSOUND = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot: the channel's name in the settings, its ids at Discord, and the roles that are the bot itself."""

    channel: str
    id: str
    application: str = ""
    roles: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlace:
    """Where something was said: the address, whether that is the private one with a person, and the room's name."""

    address: Address
    is_direct: bool
    name: str = ""


def moment(snowflake: str) -> datetime:
    """When an id was made; each of Discord's ids says so itself."""
    return datetime.fromtimestamp(((int(snowflake) >> 22) + EPOCH_MS) / 1000, UTC)


def snowflake(at: datetime) -> int:
    """The smallest id of that moment."""
    return max(0, int(at.timestamp() * 1000) - EPOCH_MS) << 22


def is_command(message: Ref) -> bool:
    """Whether a Ref names a slash command, which leaves no message of its own."""
    return message.id.startswith(COMMAND)


def normalise_message(message: Json, me: Me, place: RoomPlace) -> Inbound | None:
    """What a person wrote; raises KeyError, TypeError or ValueError on what is not a message at all."""
    author = message["author"]
    if author.get("bot") or author.get("system") or "webhook_id" in message or author["id"] == me.id:
        return None
    if message.get("type", 0) not in PERSONAL_TYPES:
        return None
    parts = tuple(_parts(message, me, place)) or ((Text(text=UNTOLD),) if place.is_direct else ())
    if not parts:
        return None
    number = str(int(message["id"]))
    return Inbound(
        event_id=f"message:{number}",
        at=moment(number),
        address=place.address,
        sender=_account(author, me, message.get("member")),
        parts=parts,
        is_direct=place.is_direct,
        to_me=place.is_direct or _is_to_me(message, parts, me),
        message=Ref(address=place.address, id=number),
        room_name=place.name,
    )


def normalise_edit(message: Json, me: Me, place: RoomPlace) -> Inbound | None:
    """What a person wrote anew; None where a preview or a pin changed the message, or only a part is told.

    Only an edit by its writer sets `edited_timestamp`; the same edit told again, as with its preview, has the same.
    """
    if not message.get("edited_timestamp") or "author" not in message:
        return None
    said = normalise_message(message, me, place)
    if said is None:
        return None
    at = datetime.fromisoformat(message["edited_timestamp"])
    return replace(
        said,
        event_id=f"{said.event_id}:edit:{at:%Y%m%dT%H%M%S%f}",
        at=at,
        corrects=Earlier(event_id=said.event_id, at=said.at),
    )


def normalise_press(interaction: Json, me: Me, place: RoomPlace) -> Inbound | None:
    """A button of ours that a person pressed, with the words of the form that it may have opened."""
    pressed = _PRESSED.fullmatch(str(interaction["data"].get("custom_id", "")))
    if interaction["type"] not in {COMPONENT, SUBMISSION} or pressed is None:
        return None
    number = str(int(interaction["id"]))
    message = Ref(address=place.address, id=str(int(interaction["message"]["id"])))
    reason = sound(reason_in(interaction))
    return Inbound(
        event_id=f"press:{number}",
        at=moment(number),
        address=place.address,
        sender=presser(interaction, me),
        parts=plain(reason) if reason else (),
        press=Press(id=pressed[1], choice=pressed[2], message=message, receipt=f"{number}:{interaction['token']}"),
        is_direct=place.is_direct,
        message=message,
        language=_language(interaction),
    )


def normalise_command(interaction: Json, me: Me, place: RoomPlace) -> Inbound | None:
    """The slash command with the words that were given to it."""
    if interaction["type"] != SLASH:
        return None
    number = str(int(interaction["id"]))
    words = " ".join(str(option.get("value", "")) for option in interaction["data"].get("options") or ()).strip()
    return Inbound(
        event_id=f"command:{number}",
        at=moment(number),
        address=place.address,
        sender=presser(interaction, me),
        parts=(Text(text=sound(words) or "/help"),),
        is_direct=place.is_direct,
        message=Ref(address=place.address, id=f"{COMMAND}{number}"),
        language=_language(interaction),
    )


def sound(text: str) -> str:
    """Halves of characters and zero bytes, which no database takes, replaced."""
    return text if text.isascii() and "\0" not in text else _UNSOUND.sub("\ufffd", text)


def _language(interaction: Json) -> str:
    """The language in which whoever pressed or commanded uses Discord, as `zh-CN`; messages do not tell it.

    Fact: discord.com/developers/docs/interactions/receiving-and-responding, "Interaction Object", `locale`.
    """
    return str(interaction.get("locale") or "")


def presser(interaction: Json, me: Me) -> Account:
    """Who Discord says it was: in a server the member, in private the user."""
    member = interaction.get("member")
    return _account(member["user"] if member else interaction["user"], me, member)


def _account(user: Json, me: Me, member: Json | None = None) -> Account:
    name = (member or {}).get("nick") or user.get("global_name") or user.get("username") or ""
    return Account(channel=me.channel, id=str(int(user["id"])), name=sound(name))


def _is_to_me(message: Json, parts: tuple[Part, ...], me: Me) -> bool:
    answered = message.get("referenced_message") or {}
    return any(isinstance(part, Mention) and part.is_me for part in parts) or (
        message.get("type") == 19 and answered.get("author", {}).get("id") == me.id  # noqa: PLR2004 -- an answer
    )


def _parts(message: Json, me: Me, place: RoomPlace) -> Iterator[Part]:
    words = list(_words(message, me))
    files = list(_files(message))
    quotes = list(_quotes(message, me, place))
    if words or files or _is_forward(message):
        yield from quotes
    yield from words
    yield from files


def _is_forward(message: Json) -> bool:
    return bool(message.get("message_reference", {}).get("type") == FORWARD)


def _quotes(message: Json, me: Me, place: RoomPlace) -> Iterator[Quote | File]:
    """What is answered, with its pictures, and what is passed on, with all of its files."""
    answered = message.get("referenced_message")
    if answered:
        ref = Ref(address=place.address, id=str(answered["id"]))
        text = "".join(part.text for part in _words(answered, me) if isinstance(part, Text))
        yield Quote(text=text, author=_account(answered["author"], me), ref=ref)
        yield from (file for file in _files(answered) if file.presented_as is FileKind.IMAGE)
    if _is_forward(message):
        for snapshot in message.get("message_snapshots") or ():
            passed_on = snapshot["message"]
            said = filter(None, (words_of(_words(passed_on, me)), *map(_embedded, passed_on.get("embeds") or ())))
            yield Quote(text="\n".join(said))
            yield from _files(passed_on)


def _embedded(embed: Json) -> str:
    """The words of what is embedded: title, text, fields, address."""
    fields = (f"{field.get('name', '')}: {field.get('value', '')}" for field in embed.get("fields") or ())
    lines = (embed.get("title"), embed.get("description"), *fields, embed.get("url"))
    return sound("\n".join(str(line) for line in lines if line))


def _words(message: Json, me: Me) -> Iterator[Part]:
    """The words cut at the mentions; emoji, channels and commands as a person reads them."""
    text = sound(message.get("content") or "")
    names = {str(user["id"]): user for user in message.get("mentions") or ()}
    buffer, end = "", 0
    for found in _MARK.finditer(text):
        buffer += text[end : found.start()]
        end = found.end()
        sign, number = found[1] or "", found[2] or ""
        if sign in {"@", "@!"} or (sign == "@&" and number in me.roles):
            if buffer:
                yield Text(text=buffer)
            buffer = ""
            yield _mention(number, names, me)
        else:
            buffer += f":{found[3]}:" if found[3] else f"/{found[4]}" if found[4] else found[0]
    if buffer := buffer + text[end:]:
        yield Text(text=buffer)
    if poll := message.get("poll"):
        choices = "".join(f"\n- {answer['poll_media'].get('text', '')}" for answer in poll.get("answers") or ())
        yield Text(text=sound(f"📊 {poll['question'].get('text', '')}{choices}"))
    for sticker in message.get("sticker_items") or ():
        yield Text(text=f":{sound(str(sticker.get('name', 'sticker')))}:")


def _mention(number: str, names: Mapping[str, Json], me: Me) -> Mention:
    if number == me.id or number in me.roles:
        return Mention(account=Account(channel=me.channel, id=me.id), is_me=True)
    user = names.get(number, {"id": number})
    return Mention(account=_account(user, me, user.get("member")))


def _files(message: Json) -> Iterator[File]:
    is_voice = bool(int(message.get("flags") or 0) & VOICE_MESSAGE)
    for attachment in message.get("attachments") or ():
        media_type = str(attachment.get("content_type") or "application/octet-stream").partition(";")[0]
        kind = FileKind.IMAGE if media_type.startswith("image/") else FileKind.DOCUMENT
        yield File(
            name=sound(str(attachment.get("filename") or attachment["id"])),
            media_type=media_type,
            size=int(attachment.get("size") or 0),
            locator=str(attachment["url"]),
            presented_as=FileKind.VOICE if is_voice and media_type.startswith("audio/") else kind,
        )
