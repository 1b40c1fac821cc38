"""The state of a fake Discord: a server with channels and threads, private conversations, people, messages."""

import itertools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.platforms.discord.rules import (
    CLOSED_TO_YOU,
    MISSING_ACCESS,
    NOT_YOURS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    DiscordError,
)

Json = dict[str, Any]
EPOCH_MS = 1_420_070_400_000
APP, BOT, OTHER_BOT, ALICE, BOB, CAROL = "9001", "1001", "1002", "2002", "2003", "2004"
GUILD, GROUP, CLOSED, BOT_ROLE = "3003", "4004", "4005", "3100"
PRIVATE = {ALICE: "5002", BOB: "5003"}
NAMES = {ALICE: "Alice", BOB: "Bob", CAROL: "Carol", BOT: "Nexora", OTHER_BOT: "Robot"}
MENTION_TYPES = {0, 19}


SETTLED: Json = {
    **{key: [] for key in ("emojis", "features", "guild_scheduled_events", "presences", "soundboard_sounds")},
    **{key: [] for key in ("stage_instances", "stickers", "voice_states")},
    **dict.fromkeys(("afk_channel_id", "banner", "icon", "public_updates_channel_id", "rules_channel_id"), None),
    **dict.fromkeys(("splash", "system_channel_id", "vanity_url_code"), None),
    **dict.fromkeys(("default_message_notifications", "explicit_content_filter", "mfa_level", "nsfw_level"), 0),
    **dict.fromkeys(("premium_tier", "system_channel_flags", "verification_level"), 0),
    "afk_timeout": 60,
    "owner_id": ALICE,
    "preferred_locale": "en-US",
    "premium_progress_bar_enabled": False,
}
"""What a server has as it was made."""


def user(number: str) -> Json:
    is_bot = number in {BOT, OTHER_BOT}
    shown: Json = {"id": number, "username": NAMES[number].lower(), "discriminator": "0", "avatar": None}
    return shown | {"global_name": None if is_bot else NAMES[number]} | ({"bot": True} if is_bot else {})


def member() -> Json:
    return {"roles": [], "joined_at": "2020-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}


def application() -> Json:
    """The bot's application, of which Alice is the owner."""
    shown: Json = {"id": APP, "name": "nexora", "description": "", "icon": None, "team": None, "verify_key": "00"}
    return shown | {"bot_public": False, "bot_require_code_grant": False, "owner": user(ALICE), "summary": ""}


def role(number: str, name: str, **given: Any) -> Json:
    """A role of the server; the lowest one is everybody's."""
    shown: Json = {"id": number, "name": name, "color": 0, "hoist": False, "position": 0, "permissions": "8"}
    return shown | {"managed": False, "mentionable": False, "flags": 0, **given}


@dataclass
class Channel:
    id: str
    type: int
    parent: str = ""
    last: str | None = None

    @property
    def shown(self) -> Json:
        shown: Json = {"id": self.id, "type": self.type, "name": f"c{self.id}", "last_message_id": self.last}
        if self.type == 1:
            whose = next(person for person, room in PRIVATE.items() if room == self.id)
            return shown | {"recipients": [user(whose)], "flags": 0}
        shown |= {"guild_id": GUILD, "parent_id": self.parent or None, "position": 0, "permission_overwrites": []}
        if self.type == 11:
            archive = {
                "archived": False,
                "auto_archive_duration": 1440,
                "archive_timestamp": "2026-01-01T00:00:00+00:00",
            }
            shown |= {"owner_id": ALICE, "message_count": 0, "member_count": 1, "thread_metadata": archive}
        return shown


@dataclass
class Message:
    """One message. `only_for` is the one person who sees it."""

    id: str
    channel: str
    author: str
    content: str = ""
    type: int = 0
    flags: int = 0
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    answers: str = ""
    edited: str | None = None
    allowed: Json | None = None
    only_for: str = ""
    extra: Json = field(default_factory=dict)


class Town:
    """Alice and Bob in one server with the bot, and each in private with it; Carol takes no private messages."""

    def __init__(self) -> None:
        self.channels = {
            channel.id: channel
            for channel in (Channel(GROUP, 0), Channel(CLOSED, 0), *(Channel(each, 1) for each in PRIVATE.values()))
        }
        self.messages: list[Message] = []
        self.files: dict[str, bytes] = {}
        self.gone: set[str] = set()
        self._numbers = itertools.count(1)

    def snowflake(self, at: float | None = None) -> str:
        milliseconds = int((time.time() if at is None else at) * 1000) - EPOCH_MS
        return str((milliseconds << 22) | (next(self._numbers) & 0x3FFFFF))

    def channel(self, number: str) -> Channel:
        """A channel that the bot may see."""
        channel = self.channels.get(number)
        if channel is None:
            raise DiscordError(*UNKNOWN_CHANNEL)
        if number == CLOSED:
            raise DiscordError(*MISSING_ACCESS)
        return channel

    def private(self, person: str) -> Channel:
        """The conversation of the bot with that person."""
        if person == CAROL:
            raise DiscordError(*CLOSED_TO_YOU)
        if person not in PRIVATE:
            raise DiscordError(400, 50033, "Invalid Recipient(s)")
        return self.channels[PRIVATE[person]]

    def thread(self) -> Channel:
        """A new thread in the group."""
        thread = Channel(self.snowflake(), 11, parent=GROUP)
        self.channels[thread.id] = thread
        return thread

    def add(self, message: Message) -> Message:
        self.messages.append(message)
        if not message.only_for:
            self.channels[message.channel].last = message.id
        return message

    def find(self, channel: str, number: str) -> Message:
        for message in self.messages:
            if message.id == number and message.channel == channel and not message.only_for:
                return message
        raise DiscordError(*UNKNOWN_MESSAGE)

    def own(self, channel: str, number: str) -> Message:
        message = self.find(channel, number)
        if message.author != BOT:
            raise DiscordError(*NOT_YOURS)
        return message

    def history(self, channel: str, after: int, limit: int) -> list[Message]:
        """As GET messages gives them: the first `limit` after that id, the newest of them first."""
        there = [m for m in self.messages if m.channel == channel and int(m.id) > after and not m.only_for]
        return list(reversed(there[:limit]))

    def shown(self, message: Message, *, with_content: bool = True) -> Json:
        """As the REST API shows a message; without its words where the intent for them is missing."""
        named = [number for number in NAMES if f"<@{number}>" in message.content or f"<@!{number}>" in message.content]
        shown: Json = {
            "id": message.id,
            "channel_id": message.channel,
            "author": user(message.author),
            "content": message.content if with_content else "",
            "timestamp": datetime.fromtimestamp(((int(message.id) >> 22) + EPOCH_MS) / 1000, UTC).isoformat(),
            "edited_timestamp": message.edited,
            "tts": False,
            "mention_everyone": False,
            "mentions": [user(number) for number in named],
            "mention_roles": [],
            "attachments": message.attachments if with_content else [],
            "embeds": [],
            "pinned": False,
            "type": message.type,
            "flags": message.flags,
            "components": message.components if with_content else [],
        }
        if message.answers:
            answered = next((m for m in self.messages if m.id == message.answers), None)
            shown["message_reference"] = {"type": 0, "message_id": message.answers, "channel_id": message.channel}
            shown["referenced_message"] = self.shown(answered) if answered else None
        return shown | message.extra

    def told(self, message: Message, *, with_content: bool) -> Json:
        """As the gateway tells of a message: in a server, who of its members wrote it."""
        calls_bot = f"<@{BOT}>" in message.content or f"<@&{BOT_ROLE}>" in message.content
        is_direct = self.channels[message.channel].type == 1
        shown = self.shown(message, with_content=with_content or calls_bot or is_direct)
        if not is_direct:
            shown |= {"guild_id": GUILD, "member": member()}
        return shown

    @property
    def guild(self) -> Json:
        """As GUILD_CREATE tells of the server; a bot is told of channels that it may not see, too."""
        channels = [channel.shown for channel in self.channels.values() if channel.type == 0]
        threads = [channel.shown for channel in self.channels.values() if channel.type == 11]
        roles = [role(GUILD, "@everyone"), role(BOT_ROLE, "Nexora", managed=True, tags={"bot_id": BOT})]
        return {
            "id": GUILD,
            "name": "home",
            "unavailable": False,
            **SETTLED,
            "roles": roles,
            "channels": channels,
            "threads": threads,
            "members": [],
            "member_count": 4,
        }
