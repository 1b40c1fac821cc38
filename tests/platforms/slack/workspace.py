"""The state of a fake Slack workspace: people, rooms, messages, files; and the payloads that tell of them."""

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.slack.rules import SlackError

TEAM, OTHER_TEAM, APP, BOT, BOT_ID = "T0HOME", "T0AWAY", "A0NEXORA", "U0BOT", "B0BOT"
GROUP, CLOSED = "C0GROUP", "C0CLOSED"
START = int(time.time())
TRIGGER_SECONDS = 3.0


@dataclass
class User:
    id: str
    name: str
    team: str = TEAM
    locale: str = "en-US"

    def described(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """As a method tells of them; their language comes only to whoever asks for it."""
        profile = {"display_name": self.name, "real_name": f"{self.name} Real"}
        told = {"id": self.id, "team_id": self.team, "name": self.name.lower(), "profile": profile}
        return told | ({"locale": self.locale} if str(asked.get("include_locale")).lower() in {"1", "true"} else {})


@dataclass
class Message:
    ts: str
    room: str
    user: str
    text: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread_ts: str = ""
    metadata: dict[str, Any] | None = None
    streaming: bool = False
    only_for: str = ""
    files: list[str] = field(default_factory=list)
    edits: int = 0
    unfurls: bool = True

    @property
    def listed(self) -> dict[str, Any]:
        """As conversations.history lists it."""
        listed: dict[str, Any] = {
            "type": "message",
            "ts": self.ts,
            "user": self.user,
            "text": self.text,
            "blocks": self.blocks,
        }
        listed |= {"metadata": self.metadata} if self.metadata else {}
        return listed | ({"thread_ts": self.thread_ts} if self.thread_ts else {})


@dataclass
class StoredFile:
    id: str
    name: str
    content: bytes = b""
    media_type: str = "application/octet-stream"
    length: int = 0
    subtype: str = ""
    is_foreign: bool = False


def described(file: StoredFile, base: str) -> dict[str, Any]:
    """A file as events and the history show it: of one of another company only the id."""
    if file.is_foreign:
        return {"id": file.id, "mode": "file_access", "file_access": "check_file_info"}
    return known(file, base)


def known(file: StoredFile, base: str) -> dict[str, Any]:
    """A file as files.info shows it."""
    url = f"{base}/files-pri/{file.id}/{file.name}"
    shown = {"id": file.id, "name": file.name, "mimetype": file.media_type, "size": len(file.content)}
    shown |= {"mode": "hosted", "is_external": False, "subtype": file.subtype}
    return shown | {"url_private": url, "url_private_download": url}


class Workspace:
    """Alice and Bob of our team and Carol of another; a group they share with the bot, and one the bot is not in."""

    def __init__(self) -> None:
        people = [User("U0ALICE", "Alice"), User("U0BOB", "Bob"), User("U0CAROL", "Carol", OTHER_TEAM)]
        self.users = {user.id: user for user in people}
        self.rooms: dict[str, set[str]] = {GROUP: {*self.users, BOT}, CLOSED: {"U0ALICE"}}
        self.messages: list[Message] = []
        self.files: dict[str, StoredFile] = {}
        self.triggers: dict[str, tuple[str, float]] = {}
        """Whom a trigger may open a form for, and until when."""
        self.opens_forms = True
        self.forms: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.statuses: dict[tuple[str, str], str] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.prompts: dict[tuple[str, str], list[dict[str, str]]] = {}
        self._numbers = itertools.count(1)
        self.direct("U0ALICE")
        self.direct("U0BOB")

    def direct(self, user: str) -> str:
        """The bot's private room with that user, opened if need be."""
        if user not in self.users:
            raise SlackError("user_not_found")
        room = f"D0{user.removeprefix('U0')}"
        self.rooms.setdefault(room, {user, BOT})
        return room

    def number(self) -> int:
        return next(self._numbers)

    def trigger(self, user: str) -> str:
        """What lets an app open one form for that person, within three seconds."""
        name = f"{self.number()}.{self.number()}.trigger"
        self.triggers[name] = (user, time.monotonic() + TRIGGER_SECONDS)
        return name

    def view(self, given: dict[str, Any]) -> dict[str, Any]:
        """A view as it stands once Slack has taken it."""
        number = self.number()
        kept = {"callback_id": "", "private_metadata": "", **given, "id": f"V{number:05d}", "hash": f"{number}.hash"}
        return kept | {"team_id": TEAM, "app_id": APP, "bot_id": BOT_ID, "state": {"values": {}}}

    def ts(self) -> str:
        number = self.number()
        return f"{START + number}.{number:06d}"

    def room(self, body: dict[str, Any]) -> str:
        """The room that a call names; a user's id stands for the private room, as in Slack."""
        room = str(body.get("channel") or body.get("channel_id") or "")
        room = self.direct(room) if room in self.users else room
        if room not in self.rooms:
            raise SlackError("channel_not_found")
        if BOT not in self.rooms[room]:
            raise SlackError("not_in_channel")
        return room

    def add(self, message: Message) -> Message:
        if message.thread_ts and not any(
            old.ts == message.thread_ts and old.room == message.room for old in self.messages
        ):
            raise SlackError("thread_not_found")
        self.messages.append(message)
        if message.user == BOT:
            self.statuses.pop((message.room, message.thread_ts), None)
        return message

    def own(
        self, body: dict[str, Any], *, missing: str = "message_not_found", foreign: str = "cant_update_message"
    ) -> Message:
        """The bot's own message that a call names."""
        room = self.room(body)
        for message in self.messages:
            if message.room == room and message.ts == body.get("ts") and not message.only_for:
                if message.user != BOT:
                    raise SlackError(foreign)
                return message
        raise SlackError(missing)

    def at(self, ts: str) -> Message:
        return next(message for message in self.messages if message.ts == ts)

    def said_by_bot(self, room: str) -> list[Message]:
        return [m for m in self.messages if m.room == room and m.user == BOT and not m.only_for]


def callback(event: dict[str, Any], number: int) -> dict[str, Any]:
    """The Events API's outer form of an event."""
    return {
        "token": "legacy",
        "team_id": TEAM,
        "api_app_id": APP,
        "type": "event_callback",
        "event_id": f"Ev{number:08d}",
        "event_time": START + number,
        "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True}],
        "is_ext_shared_channel": False,
        "event": event,
    }


def message_event(message: Message, author: User, files: list[dict[str, Any]]) -> dict[str, Any]:
    """The event of a message that a person wrote."""
    event: dict[str, Any] = {
        "type": "message",
        "channel": message.room,
        "channel_type": "im" if message.room.startswith("D") else "channel",
        "user": author.id,
        "team": author.team,
        "text": message.text,
        "ts": message.ts,
        "event_ts": message.ts,
        "client_msg_id": f"client-{message.ts}",
        "blocks": [],
    }
    if author.team != TEAM:
        event |= {"user_team": author.team, "source_team": author.team}
    if message.thread_ts:
        event["thread_ts"] = message.thread_ts
    if files:
        event |= {"subtype": "file_share", "files": files, "upload": False}
    return event


def changed_event(message: Message, text: str, at: str) -> dict[str, Any]:
    """The event of a person's message that was rewritten."""
    previous = {**message.listed, "client_msg_id": f"client-{message.ts}"}
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": message.room,
        "hidden": True,
        "ts": at,
        "message": {**previous, "text": text, "edited": {"user": message.user, "ts": at}},
        "previous_message": previous,
    }


def preview_event(message: Message, at: str) -> dict[str, Any]:
    """The event of a preview that Slack has put below a link."""
    event = changed_event(message, message.text, at)
    del event["message"]["edited"]
    event["message"]["attachments"] = [{"from_url": "https://x.example", "title": "X"}]
    return event


def deleted_event(message: Message) -> dict[str, Any]:
    """The event of a person's message that was removed."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "channel": message.room,
        "hidden": True,
        "ts": f"{message.ts}2",
        "deleted_ts": message.ts,
        "previous_message": message.listed,
    }


def bot_event(message: Message, bot_id: str) -> dict[str, Any]:
    """The event of a message that a bot wrote, ourselves included."""
    profile = {"id": bot_id, "name": "nexora" if bot_id == BOT_ID else "other", "team_id": TEAM}
    place = {"channel": message.room, "channel_type": "im", "event_ts": message.ts}
    return {**message.listed, **place, "bot_id": bot_id, "bot_profile": profile, "team": TEAM, "app_id": APP}


def button_on(blocks: list[dict[str, Any]], label: str) -> dict[str, Any]:
    """The button with that label."""
    buttons = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    button: dict[str, Any] | None = next((each for each in buttons if each["text"]["text"] == label), None)
    if button is None:
        raise AssertionError(f"no button {label!r}")
    return button


def press_event(message: Message, button: dict[str, Any], user: User, number: int, url: str) -> dict[str, Any]:
    """The payload of a button that was pressed on a message."""
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.room,
        "is_ephemeral": bool(message.only_for),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return {
        **interaction("block_actions", user),
        "container": container,
        "channel": {"id": message.room, "name": "directmessage"},
        "message": message.listed,
        "state": {"values": {}},
        "response_url": url,
        "actions": [action(button, number)],
    }


def home_press_event(view: dict[str, Any], button: dict[str, Any], user: User, number: int) -> dict[str, Any]:
    """The payload of a button that was pressed in somebody's home."""
    return {
        **interaction("block_actions", user),
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "state": {"values": {}},
        "actions": [action(button, number)],
    }


def submission_event(view: dict[str, Any], words: dict[str, str], user: User) -> dict[str, Any]:
    """The payload of a form that was sent off; `words` by the id of the block."""
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    values = {
        block["block_id"]: {
            block["element"]["action_id"]: {"type": "plain_text_input", "value": words.get(block["block_id"])}
        }
        for block in inputs
    }
    return {**interaction("view_submission", user), "view": {**view, "state": {"values": values}}, "response_urls": []}


def interaction(kind: str, user: User) -> dict[str, Any]:
    """What all payloads of interactions have."""
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": user.team},
        "api_app_id": APP,
        "token": "legacy",
        "team": {"id": TEAM, "domain": "home"},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def action(button: dict[str, Any], number: int) -> dict[str, Any]:
    return button | {"block_id": "b1", "action_ts": f"{START + number}.{number:06d}"}


def home_event(user: str, room: str, number: int) -> dict[str, Any]:
    """The event of somebody who opened the home."""
    return {
        "type": "app_home_opened",
        "user": user,
        "channel": room,
        "tab": "home",
        "event_ts": f"{START + number}.0001",
    }


def pane_event(user: str, room: str, thread: str, *, changed: bool = False) -> dict[str, Any]:
    """The event of somebody who began a conversation in the pane, or looks at another channel beside it."""
    context = {"channel_id": GROUP, "team_id": TEAM, "enterprise_id": None}
    return {
        "type": "assistant_thread_context_changed" if changed else "assistant_thread_started",
        "assistant_thread": {"user_id": user, "context": context, "channel_id": room, "thread_ts": thread},
        "event_ts": thread,
    }


def command_event(text: str, user: User, room: str, number: int, reply_url: str) -> dict[str, str]:
    """The form of a slash command."""
    return {
        "token": "legacy",
        "team_id": user.team,
        "team_domain": "home",
        "channel_id": room,
        "channel_name": "directmessage" if room.startswith("D") else "group",
        "user_id": user.id,
        "user_name": user.name.lower(),
        "command": "/nexora",
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": reply_url,
        "trigger_id": f"{number}.{number}.trigger",
    }
